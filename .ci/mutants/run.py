"""Change the code in a copy of the repository, one place at a time, and see which changes the unit tests notice."""

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import yaml
from covering import Covering, UnitTestsFail, record
from mutations import Mutant, choose
from trial import FOUND, Fate, Tests

ROOT: Final = Path(__file__).parents[2]
ACCEPTED: Final = ROOT / ".ci" / "accepted_mutants.yaml"
LEAST: Final = 0.9
"""The share of mutants that the tests find."""

PACKAGES: Final = {
    "shared": "handlers/shared",
    "api_handler": "handlers/api_handler",
    "pm_agent": "handlers/pm_agent",
    "dev_agent": "handlers/dev_agent",
    "qa_agent": "handlers/qa_agent",
    "ops_agent": "handlers/ops_agent",
    "runner": "handlers/runner",
    "queues": "emulator/queues",
    "faults": "emulator/faults",
    "meter": "emulator/meter",
    "clock": "emulator/core/clock.py",
}

Fates = Mapping[str, Collection[tuple[Mutant, Fate]]]


def main() -> int:
    """Print what became of the mutants; return 1 if too many survived or one that is not accepted, 2 if tests fail."""
    options = read_options()
    with copy_repository(options.copy) as root:
        paths = {name: find_files(root, place) for name, place in PACKAGES.items()}
        try:
            covering = record(root, [path for found in paths.values() for path in found])
        except UnitTestsFail:
            sys.stdout.write("The unit tests fail without any mutant: mend that first.\n")
            return 2
        chosen = options.packages or PACKAGES
        share = None if options.count is None else -(-options.count // len(chosen))
        fates = {name: [*try_all(root, choose(root, paths[name], share, options.seed), covering)] for name in chosen}
    text, status = summary(fates, read_accepted(ACCEPTED.read_text("utf-8")))
    sys.stdout.write(text)
    return status


def read_options() -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(prog="mutants", description="See which changes of the code the unit tests notice.")
    parser.add_argument("--count", type=lambda text: None if text == "all" else int(text), default=400)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--copy", type=Path, help="folder for the copy of the code, empty or from an earlier run; it is kept"
    )
    parser.add_argument("packages", nargs="*", metavar="PACKAGE", help=", ".join(PACKAGES))
    options = parser.parse_args()
    if unknown := {*options.packages}.difference(PACKAGES):
        parser.error(f"no such package: {', '.join(sorted(unknown))}")
    return options


@contextmanager
def copy_repository(folder: Path | None) -> Iterator[Path]:
    """Copy what git knows, or would add, so that the repository itself is never changed."""
    with tempfile.TemporaryDirectory() as temporary:
        root = folder or Path(temporary)
        if not (root / "pyproject.toml").exists():
            command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
            listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
            for path in filter(None, listed.split("\0")):
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / path, root / path, follow_symlinks=False)
            (root / ".venv").symlink_to(sys.prefix)
        yield root


def find_files(root: Path, place: str) -> list[str]:
    """Return the paths of a package's files."""
    found = [root / place] if place.endswith(".py") else sorted((root / place).rglob("*.py"))
    return [str(path.relative_to(root)) for path in found]


def try_all(root: Path, mutants: Iterable[tuple[Mutant, str]], covering: Covering) -> Iterator[tuple[Mutant, Fate]]:
    """Yield what became of each mutant, and say it."""
    tests = Tests(root)
    for mutant, code in mutants:
        fate = tests.decide(mutant, code, covering)
        lines = () if fate in FOUND else (f"    - {mutant.was}", f"    + {mutant.now}")
        sys.stderr.write("\n".join((f"{fate:12}{mutant.path}:{mutant.line}", *lines, "")))
        yield mutant, fate
    tests.close()


def read_accepted(text: str) -> Collection[tuple[str, str, str]]:
    """Return the path, and the lines before and after, of each mutant that may survive."""
    accepted: list[dict[str, Any]] = yaml.safe_load(text) or []
    return {(each["path"], each["was"], each["now"]) for each in accepted}


def summary(fates: Fates, accepted: Collection[tuple[str, str, str]]) -> tuple[str, int]:
    """Return a table by package with the survivors that are not accepted, and the exit status."""
    missed = [mutant for tried in fates.values() for mutant, fate in tried if fate not in FOUND]
    new = [mutant for mutant in missed if (mutant.path, mutant.was, mutant.now) not in accepted]
    counts = {name: Counter(fate for _, fate in tried) for name, tried in fates.items()}
    total = sum(counts.values(), Counter[Fate]())
    lines = [f"{'package':12}{'mutants':>9}" + "".join(f"{fate:>13}" for fate in Fate) + f"{'found':>8}"]
    lines += [_row(name, count) for name, count in {**counts, "all": total}.items()]
    lines += [f"\n{len(missed) - len(new)} survivors are accepted; {len(new)} are not:"] if missed else []
    lines += [f"{mutant.path}:{mutant.line}\n    - {mutant.was}\n    + {mutant.now}" for mutant in new]
    few = _share(total) < LEAST
    lines += [f"Fewer than {LEAST:.0%} were found."] * few
    return "\n".join(lines) + "\n", 1 if new or few else 0


def _row(name: str, count: Counter[Fate]) -> str:
    return f"{name:12}{count.total():9}" + "".join(f"{count[fate]:13}" for fate in Fate) + f"{_share(count):8.0%}"


def _share(count: Counter[Fate]) -> float:
    return sum(count[fate] for fate in FOUND) / count.total() if count else 1.0


if __name__ == "__main__":
    sys.exit(main())
