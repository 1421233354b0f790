"""Which tests run which line, and how long each of them takes."""

import ast
import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from coverage import CoverageData
from mutations import Mutant

HERE: Final = Path(__file__).parent
DECIDING: Final = (
    "tests/handlers",
    "tests/emulator",
    "tests/scenarios",
    "tests/agenticai",
    "tests/integration/test_ports.py",
)
"""The unit tests that run what is changed, and the contracts of the adapters; others would only take time."""


def python(root: Path) -> Path:
    """Return the Python that imports the code of the copy: its .venv names that relative to itself."""
    return root / ".venv" / "bin" / "python"


class UnitTestsFail(Exception):
    """The tests do not pass even without a change."""


def record(root: Path, paths: Sequence[str]) -> "Covering":
    """Run the unit tests in a copy of the repository, and return which lines of the files each of them runs.

    What was recorded in the copy before is true of it still. Raises UnitTestsFail.
    """
    taken = root / ".durations.json"
    if not taken.exists():
        environment = {
            **os.environ,
            "COVERAGE_CORE": "ctrace",
            "MUTANTS_DURATIONS": str(taken),
            "PYTHONPATH": str(HERE),
        }
        sources = {path.partition("/")[0] for path in paths}
        options = ["-q", "-p", "recording", "-p", "no:cacheprovider", "-n", "auto", "--dist", "loadfile"]
        options += [
            *(f"--cov={source}" for source in sources),
            "--cov-context=test",
            "--cov-report=",
            "--cov-fail-under=0",
        ]
        command = [str(python(root)), "-m", "pytest", *options, *DECIDING]
        if subprocess.run(command, cwd=root, env=environment, stdout=sys.stderr, check=False).returncode:
            taken.unlink(missing_ok=True)
            raise UnitTestsFail
    return Covering(root, paths)


class Covering:
    """What was recorded of the unit tests."""

    def __init__(self, root: Path, paths: Iterable[str]) -> None:
        self._root = root
        self._taken: dict[str, float] = json.loads((root / ".durations.json").read_text("utf-8"))
        self._named: dict[str, list[str]] = defaultdict(list)
        """The tests of each file of tests, and each test by itself."""
        for test in self._taken:
            self._named[test].append(test)
            self._named[test.partition("::")[0]].append(test)
        data = CoverageData(str(root / ".coverage"))
        data.read()
        self._lines = {path: data.contexts_by_lineno(str((root / path).resolve())) for path in paths}
        self._importers = _read_importers(root, paths)
        self._importing: dict[str, list[str]] = defaultdict(list)
        """The files of tests that import a module themselves, as contexts."""
        for file in {test.partition("::")[0] for test in self._taken}:
            for module in {*_imports(root / file)}:
                self._importing[module].append(f"{file}|import")

    def tests(self, mutant: Mutant) -> list[str]:
        """Return the tests that run the line, the fastest first.

        What runs when its module is imported, or in a process of its own, is no test's: it is tried with the tests of
        the lines that use what it defines and those whose own file imports the module (a test of a model's fields runs
        no line of it), then with those of the rest of its file and of the files that import it, and, where no test
        runs it in its own process, of those around it.
        """
        contexts = self._contexts(mutant.path, range(mutant.line, mutant.end_line + 1))
        direct = self._sort(contexts)
        if mutant.in_function and not all(map(_is_import, contexts)):
            return direct
        using = self._contexts(mutant.path, _find_uses(self._root / mutant.path, mutant.line))
        near = self._sort([*(each for each in using if not _is_import(each)), *self._importing[_module(mutant.path)]])
        rest = {*direct, *self._of_files([mutant.path]), *self._of_files(self._importers[mutant.path])}
        far = self._around(mutant.path) if not contexts else []
        return list(dict.fromkeys([*near, *sorted(rest, key=self._rank), *far]))

    def seconds(self, tests: Iterable[str]) -> float:
        """Return how long the tests took."""
        return sum(self._taken[test] for test in tests)

    def _contexts(self, path: str, lines: Iterable[int]) -> list[str]:
        return [context for line in lines for context in self._lines[path].get(line, ())]

    def _around(self, path: str) -> list[str]:
        """Return the tests of the folders around a file, the nearest first, to that of its package."""
        folders = [f"{folder}/" for folder in list(Path(path).parents)[:-2]]
        return [
            test
            for folder in folders
            for test in self._of_files(each for each in self._lines if each.startswith(folder))
        ]

    def _of_files(self, paths: Iterable[str]) -> list[str]:
        return self._sort(test for path in paths for contexts in self._lines[path].values() for test in contexts)

    def _sort(self, contexts: Iterable[str]) -> list[str]:
        names = {context.rpartition("|")[0] for context in contexts}
        tests = {test for name in names for test in self._named.get(name, ())}
        return sorted(tests, key=self._rank)

    def _rank(self, test: str) -> tuple[float, str]:
        return self._taken[test], test


def _is_import(context: str) -> bool:
    """Return whether a line was run by the import of a file of tests, or of what that imports."""
    return context.endswith("|import")


def _find_uses(path: Path, line: int) -> list[int]:
    """Return the lines of the statement of a module that has this line, and those that name what it defines."""
    tree = ast.parse(path.read_text("utf-8"))
    statement = next((node for node in tree.body if node.lineno <= line <= (node.end_lineno or 0)), None)
    if statement is None:
        return []
    if isinstance(statement, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        names = {statement.name}
    else:
        names = {
            node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        }
    uses = {node.lineno for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id in names}
    return sorted({*range(statement.lineno, (statement.end_lineno or 0) + 1), *uses})


def _read_importers(root: Path, paths: Iterable[str]) -> dict[str, list[str]]:
    """Return for each file which of the files import it, themselves or through others."""
    names = {_module(path): path for path in paths}
    direct: dict[str, set[str]] = defaultdict(set)
    for path in paths:
        for module in _imports(root / path):
            if module in names:
                direct[names[module]].add(path)
    return {path: _reach(path, direct) for path in paths}


def _reach(path: str, direct: dict[str, set[str]]) -> list[str]:
    reached: dict[str, None] = {}
    left = [path]
    while left:
        for importer in sorted(direct[left.pop(0)]):
            if importer not in reached:
                reached[importer] = None
                left.append(importer)
    return list(reached)


def _module(path: str) -> str:
    parts = Path(path).with_suffix("").parts
    return ".".join(parts[1:] if parts[0] == "handlers" else ("agenticai", *parts)).removesuffix(".__init__")


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
