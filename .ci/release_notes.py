"""Print the changelog's section of a tag's version; refuse a tag that package or changelog do not know."""

import re
import sys
import tomllib
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]


def main() -> int:
    """Print the notes; return 1 where there are none."""
    (tag,) = sys.argv[1:]
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    if tag != f"v{version}":
        sys.stderr.write(f"The tag {tag} is not that of the version {version} in pyproject.toml: tag v{version}.\n")
        return 1
    notes = find_section((ROOT / "CHANGELOG.md").read_text("utf-8"), version)
    if not notes:
        sys.stderr.write(f"CHANGELOG.md has no section `## [{version}] - YYYY-MM-DD`: write it first.\n")
        return 1
    sys.stdout.write(notes + "\n")
    return 0


def find_section(changelog: str, version: str) -> str:
    """Return what the changelog says of a released version, without its heading; empty if that is nothing."""
    heading = rf"^## \[{re.escape(version)}\] - \d{{4}}-\d\d-\d\d$"
    after = re.split(heading, changelog, maxsplit=1, flags=re.MULTILINE)[1:]
    return re.split(r"^(?:## |\[.+\]: )", after[0], maxsplit=1, flags=re.MULTILINE)[0].strip() if after else ""


if __name__ == "__main__":
    sys.exit(main())
