"""What the runners inside the sandbox say of a test: its id, the end of its message, and the project's own lines."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runner.sandbox.runners.reporting import Frames, shorten
from runner.sandbox.runners.with_pytest import dotted


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, which is the project's."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def fail() -> None:
    raise KeyError


def step(file: str, call: Callable[[], None]) -> Callable[[], None]:
    """Return a function of a file that makes a call on line 2 of it."""
    names: dict[str, Any] = {"call": call}
    exec(compile("def step():\n    call()\n", file, "exec"), names)  # noqa: S102 - it is the code beside
    found: Callable[[], None] = names["step"]
    return found


def frames(call: Callable[[], None]) -> list[tuple[str, int, str]]:
    with pytest.raises(KeyError) as raised:
        call()
    return Frames().of(raised.value.__traceback__)


def test_only_the_projects_own_lines_are_told_the_outermost_first(project: Path) -> None:
    call: Callable[[], None] = fail
    for file in ("c/d.py", "<string>", f"{project}/b.py", "/usr/lib/python3/unittest/case.py", "./a.py"):
        call = step(file, call)
    assert frames(call) == [("a.py", 2, "step"), ("b.py", 2, "step"), ("c/d.py", 2, "step")]
    assert Frames().of(None) == []


def test_of_a_long_way_the_last_twenty_lines_are_told() -> None:
    call: Callable[[], None] = fail
    for number in range(25, 0, -1):
        call = step(f"{number}.py", call)
    assert [path for path, _, _ in frames(call)] == [f"{number}.py" for number in range(6, 26)]


def test_of_a_long_message_the_end_is_told() -> None:
    assert shorten("short") == "short"
    assert shorten("a" + "b" * 3999 + "c") == "b" * 3999 + "c"


@pytest.mark.parametrize(
    ("nodeid", "told"),
    [
        ("tests/test_x.py", "tests.test_x"),
        ("test_x.py::test_y", "test_x.test_y"),
        ("tests/test_x.py::TestY::test_z", "tests.test_x.TestY.test_z"),
        ("tests/test_x.py::test_y[a/b.py::c]", "tests.test_x.test_y[a/b.py::c]"),
        ("test_x.py::test_y[[1]]", "test_x.test_y[[1]]"),
        ("", ""),
    ],
)
def test_pytests_ids_are_told_as_unittest_would_write_them(nodeid: str, told: str) -> None:
    assert dotted(nodeid) == told
