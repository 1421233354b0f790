"""Empties a project's functions, one at a time, and reports whether the tests that call each one notice.

Each is emptied in a forked process that runs the tests until the first failure; no file is changed.
"""

import ast
import importlib.machinery
import os
import select
import signal
import sys
import unittest
from collections.abc import Iterator, Sequence
from contextlib import suppress
from time import monotonic
from typing import Any, NamedTuple, NoReturn

from . import with_unittest
from .python_tests import prepare, uses_pytest
from .reporting import Report
from .written_tests import find_python_files, find_test_files, is_test_file, parse, read

MOST = 5
"""How many functions are emptied: the longest ones, as they offer the most to notice."""

NOTICED, NOT_CALLED, UNNOTICED = 0, 1, 2
"""The exit statuses of a forked process."""

_FLAG = "_emptied_function_was_called"


class Emptiable(NamedTuple):
    """A function of the project, by its position; `size` is the number of its statements."""

    path: str
    name: str
    line: int
    size: int


def find_functions() -> list[Emptiable]:
    """Return the functions to empty, the longest first."""
    paths = (path for path in find_python_files() if not is_test_file(path) and not _is_beside_tests(path))
    functions = [function for path in paths for function in _list_functions(path, parse(read(path)), "")]
    return sorted(functions, key=lambda function: (-function.size, function.path, function.line))[:MOST]


def _is_beside_tests(path: str) -> bool:
    return not {"test", "tests", "conftest.py", "setup.py"}.isdisjoint(path.split("/"))


def _list_functions(path: str, body: Sequence[ast.stmt], parent: str) -> Iterator[Emptiable]:
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield from _list_functions(path, node.body, f"{parent}{node.name}.")
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("__"):
            size = sum(isinstance(part, ast.stmt) for part in ast.walk(node)) - 1
            if not all(map(_does_nothing, node.body)):
                yield Emptiable(path, f"{parent}{node.name}", node.lineno, size)


def _does_nothing(statement: ast.stmt) -> bool:
    """Return whether a statement is typical of an abstract or empty function, or returns only None."""
    if isinstance(statement, ast.Return):
        return statement.value is None or (isinstance(statement.value, ast.Constant) and statement.value.value is None)
    is_constant = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return is_constant or isinstance(statement, ast.Pass | ast.Raise)


def empty(source: bytes, line: int) -> ast.Module:
    """Return a file's code in which the function at a line only records that it was called."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.lineno == line:
            yields = any(isinstance(part, ast.Yield | ast.YieldFrom) for part in ast.walk(node))
            replacement = f"__import__('sys').{_FLAG} = True\nreturn" + ("\nyield" if yields else "")
            node.body = [ast.copy_location(statement, node.body[0]) for statement in ast.parse(replacement).body]
    return ast.fix_missing_locations(tree)


def empty_when_imported(function: Emptiable) -> None:
    """Make imports in this process compile the file's code with the function emptied."""
    target, loader = os.path.abspath(function.path), importlib.machinery.SourceFileLoader
    compile_source = loader.source_to_code

    def source_to_code(self: Any, data: Any, path: Any, **options: Any) -> Any:
        is_target = os.path.abspath(os.fsdecode(path)) == target
        return compile_source(self, empty(bytes(data), function.line) if is_target else data, path, **options)

    loader.source_to_code = source_to_code  # type: ignore[method-assign]


def main() -> None:
    """Empty one function after another, for as many seconds as the first argument says."""
    deadline = monotonic() + float(sys.argv[1])
    report, by_pytest = Report(), uses_pytest(find_test_files())
    if by_pytest:
        from . import with_pytest  # noqa: F401 - before the copies are made, so that none has to
    for function in find_functions():
        status = _try_function(function, by_pytest, deadline)
        if status is not None:
            location = {"path": function.path, "line": function.line}
            report.say(emptied=function.name, **location, called=status != NOT_CALLED, noticed=status == NOTICED)
    report.say(complete=report.lines)


def _try_function(function: Emptiable, by_pytest: bool, deadline: float) -> int | None:
    """Run the tests in a forked process; return its result, or None after a timeout."""
    if monotonic() >= deadline:
        return None
    child = os.fork()
    if child == 0:
        _run_as_copy(function, by_pytest)
    with suppress(PermissionError, ProcessLookupError):
        os.setpgid(child, child)
    ended, _, _ = select.select([os.pidfd_open(child)], [], [], max(0.0, deadline - monotonic()))
    with suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return _judge(os.waitstatus_to_exitcode(status)) if ended else None


def _judge(ending: int) -> int:
    """Return a forked process's result; one that crashed, or that a test ended otherwise, has noticed."""
    return ending if ending in (NOT_CALLED, UNNOTICED) else NOTICED


def _run_as_copy(function: Emptiable, by_pytest: bool) -> NoReturn:
    os.setpgid(0, 0)
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, 1)
    os.dup2(devnull, 2)
    try:
        empty_when_imported(function)
        passed = _run_tests(by_pytest)
    except BaseException:  # noqa: BLE001 - whatever the project's code raises at import, the emptied function is missed
        passed = False
    called = hasattr(sys, _FLAG)
    os._exit((UNNOTICED if called else NOT_CALLED) if passed else NOTICED)


def _run_tests(by_pytest: bool) -> bool:
    if by_pytest:
        from . import with_pytest

        prepare()
        return with_pytest.run(options=("-x",)) == 0
    prepare()
    return bool(with_unittest.run(unittest.TextTestResult, failfast=True).wasSuccessful())
