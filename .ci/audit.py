"""Look the locked packages up in the advisories about Python packages; say so where no source of them is in reach."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

LOCK: Final = Path(__file__).parents[1] / "requirements.lock"

PIP_AUDIT: Final = "pip-audit==2.10.1"


def main() -> int:
    """Print what was found; return 1 if an advisory concerns a locked version, 2 if the look-up itself failed."""
    options = ("--disable-pip", "--require-hashes", "--format", "json", "--progress-spinner", "off")
    command = ["uv", "tool", "run", "--quiet", PIP_AUDIT, *options, "--requirement", str(LOCK)]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        dependencies = json.loads(finished.stdout)["dependencies"]
    except ValueError:
        sys.stdout.write(f"The packages could not be audited: {last_line(finished.stderr)}\n")
        return 2
    text, status = summary(dependencies)
    sys.stdout.write(text + "\n")
    return status


def summary(dependencies: list[dict[str, Any]]) -> tuple[str, int]:
    """Return what to print of pip-audit's report, and the exit status."""
    audited = [each for each in dependencies if "skip_reason" not in each]
    if not audited:
        return f"No source of advisories is in reach: none of the {len(dependencies)} packages was audited.", 0
    found = [
        f"{each['name']} {each['version']}: {advisory['id']}, fixed in {', '.join(advisory['fix_versions']) or 'none'}"
        for each in audited
        for advisory in each["vulns"]
    ]
    counted = f"{len(audited)} of {len(dependencies)} packages audited, {len(found)} advisories."
    return "\n".join([*found, counted]), 1 if found else 0


def last_line(text: str) -> str:
    """Return the last line that says something."""
    return next((line for line in reversed(text.splitlines()) if line.strip()), "pip-audit gave no reason")


if __name__ == "__main__":
    sys.exit(main())
