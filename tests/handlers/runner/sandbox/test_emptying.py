"""Which functions of a project are emptied, and what remains of them."""

import asyncio
import sys
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from runner.sandbox.runners.emptying import empty, find_functions


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, in which projects are found."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(path: str, text: str) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(dedent(text))


def test_the_longest_functions_are_emptied_first_and_of_equal_ones_the_first(project: Path) -> None:
    write("b.py", "def one(): return 1\ndef also_one(): return 2\n")
    write(
        "a.py",
        """\
        class Outer:
            class Inner:
                async def three(self):
                    if self:
                        a = 1
                    return a
            def one(self):
                return 1
        def two():
            a = 1
            return a
        """,
    )
    assert [tuple(function) for function in find_functions()] == [
        ("a.py", "Outer.Inner.three", 3, 3),
        ("a.py", "two", 9, 2),
        ("a.py", "Outer.one", 7, 1),
        ("b.py", "one", 1, 1),
        ("b.py", "also_one", 2, 1),
    ]
    write("c.py", "def four():\n    a = 1\n    b = 2\n    c = 3\n    return a\n")
    assert [function.name for function in find_functions()] == ["four", "Outer.Inner.three", "two", "Outer.one", "one"]


@pytest.mark.parametrize(
    ("body", "emptied"),
    [
        ("pass", False),
        ("return", False),
        ("return None", False),
        ("raise NotImplementedError", False),
        ('"""Say what it does."""', False),
        ("...", False),
        ('"""Say what it does."""\n    raise NotImplementedError', False),
        ("return 0", True),
        ("return a", True),
        ("a()", True),
        ('"""Say what it does."""\n    return a', True),
        ("pass\n    a = 1", True),
    ],
)
def test_a_function_that_does_nothing_is_not_emptied(body: str, emptied: bool, project: Path) -> None:
    write("a.py", f"def it(a):\n    {body}\n")
    assert bool(find_functions()) is emptied


@pytest.mark.parametrize(
    "path", ["test_a.py", "a_test.py", "tests/a.py", "deep/test/a.py", "tests/unit/a.py", "conftest.py", "setup.py"]
)
def test_nothing_is_emptied_of_tests_and_what_is_beside_them(path: str, project: Path) -> None:
    write(path, "def it(): return 1\n")
    write("src/setup_of_it.py", "def it(): return 1\ndef __special__(): return 1\ndef _private(): return 1\n")
    assert [(function.path, function.name) for function in find_functions()] == [
        ("src/setup_of_it.py", "it"),
        ("src/setup_of_it.py", "_private"),
    ]


def test_an_emptied_function_returns_nothing_and_tells_that_it_was_called(monkeypatch: pytest.MonkeyPatch) -> None:
    source = b"def one(): return 1\ndef two(): return 2\ndef three(): yield 3\nasync def four(): return 4\n"
    called = "_emptied_function_was_called"
    monkeypatch.setattr(sys, called, False, raising=False)

    def module(line: int) -> dict[str, Any]:
        names: dict[str, Any] = {}
        exec(compile(empty(source, line), "a.py", "exec"), names)  # noqa: S102 - it is the code above
        return names

    second = module(2)
    assert second["one"]() == 1
    assert getattr(sys, called) is False
    assert second["two"]() is None
    assert getattr(sys, called) is True
    assert list(module(3)["three"]()) == []
    assert asyncio.run(module(4)["four"]()) is None
