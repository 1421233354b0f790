"""The tests in a project's source files, and the number of checks in each, found before any code runs."""

import ast
import os
from collections.abc import Iterator, Sequence
from typing import NamedTuple

CHECKS = ("assert", "fail", "raises", "warns", "expect", "verify", "check", "should", "deprecated_call")
"""Prefixes of the names of functions that check something, such as `self.assertEqual` and `pytest.raises`."""

SKIPPED = frozenset({"node_modules", ".git", ".venv", "venv", "__pycache__"})


class WrittenTest(NamedTuple):
    """A test in a file: its id in unittest's form, its path and line, and the number of its checks."""

    id: str
    path: str
    line: int
    checks: int


class TestFile(NamedTuple):
    """A parsed file with a test file's name, and the functions of the project that check something."""

    path: str
    text: str
    body: Sequence[ast.stmt]
    checking: frozenset[str]

    @property
    def module(self) -> str:
        """The name under which unittest imports it."""
        return self.path.removesuffix(".py").replace("/", ".")


def find_python_files() -> Iterator[str]:
    """Yield the paths of all Python files below the working folder."""
    for folder, folders, names in os.walk("."):
        folders[:] = sorted(name for name in folders if name not in SKIPPED)
        yield from (os.path.join(folder, name)[2:] for name in sorted(names) if name.endswith(".py"))


def is_test_file(path: str) -> bool:
    """Return whether a file has a test file's name."""
    name = os.path.basename(path)
    return name.startswith("test") or name.endswith("_test.py")


def read(path: str) -> bytes:
    """Return a file's content; empty if it cannot be read."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def parse(content: bytes) -> list[ast.stmt]:
    """Return the statements in a file; empty if it cannot be parsed, which its import will report."""
    try:
        return ast.parse(content).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []


def find_test_files() -> list[TestFile]:
    """Return all test files, by their names."""
    contents = {path: read(path) for path in find_python_files()}
    bodies = {path: parse(content) for path, content in contents.items()}
    checking = frozenset(_find_checking([node for body in bodies.values() for node in body]))
    return [
        TestFile(path, contents[path].decode(errors="replace"), body, checking)
        for path, body in bodies.items()
        if is_test_file(path)
    ]


def list_tests(file: TestFile) -> Iterator[WrittenTest]:
    """Yield the tests in a file: methods of test cases, and those that only pytest recognises."""
    classes = [node for node in file.body if isinstance(node, ast.ClassDef)]
    bases = {ast.unparse(base) for node in classes for base in node.bases}
    yield from _list_functions(file, file.body, "test_", file.module)
    for node in classes:
        if is_test_case(node) or (not node.bases and node.name.startswith("Test") and node.name not in bases):
            yield from _list_functions(file, node.body, "test", f"{file.module}.{node.name}")


def is_test_case(node: ast.ClassDef) -> bool:
    """Return whether a class is a unittest test case, by its base's name."""
    return any(ast.unparse(base).endswith("TestCase") for base in node.bases)


def needs_pytest(files: Sequence[TestFile]) -> bool:
    """Return whether unittest alone would miss tests: functions, plain classes, fixtures, folders without packages."""
    return any(
        _imports_pytest(file.body)
        or not _is_in_packages(file.path)
        or any(".".join(test.id.split(".")[:-1]) == file.module for test in list_tests(file))
        or any(isinstance(node, ast.ClassDef) and not node.bases and node.name.startswith("Test") for node in file.body)
        for file in files
    )


def _list_functions(file: TestFile, body: Sequence[ast.stmt], prefix: str, parent: str) -> Iterator[WrittenTest]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith(prefix):
            checks = sum(_is_check(part, file.checking) for part in ast.walk(node))
            yield WrittenTest(f"{parent}.{node.name}", file.path, node.lineno, checks)


def _is_check(node: ast.AST, checking: frozenset[str]) -> bool:
    if isinstance(node, ast.Assert | ast.Raise):
        return True
    name = _find_called_name(node)
    return name.lower().lstrip("_").startswith(CHECKS) or name in checking


def _find_called_name(node: ast.AST) -> str:
    """Return the last part of the called function's name."""
    if not isinstance(node, ast.Call):
        return ""
    func = node.func
    return func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""


def _find_checking(nodes: Sequence[ast.stmt]) -> Iterator[str]:
    """Yield the names of functions that contain checks, for tests that only call them."""
    for statement in nodes:
        for node in ast.walk(statement):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("test"):
                called = map(_find_called_name, ast.walk(node))
                asserts = any(isinstance(part, ast.Assert) for part in ast.walk(node))
                if asserts or any(name.startswith(("assert", "fail")) for name in called):
                    yield node.name


def _imports_pytest(body: Sequence[ast.stmt]) -> bool:
    names = [alias.name for node in body if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in body if isinstance(node, ast.ImportFrom)]
    return any(name.partition(".")[0] == "pytest" for name in names)


def _is_in_packages(path: str) -> bool:
    """Return whether all folders above a file are packages: unittest searches no others."""
    folder = os.path.dirname(path)
    while folder:
        if not os.path.isfile(os.path.join(folder, "__init__.py")):
            return False
        folder = os.path.dirname(folder)
    return True
