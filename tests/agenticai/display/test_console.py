"""Printed text is always shown as text; commands to paste are as they were started."""

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict

from agenticai.display.console import Display, format_count, make_grid, this_command
from agenticai.display.printable import printable
from agenticai.display.tables import format_project, tabulate_projects
from shared.models.views import ProjectPage
from tests.agenticai.client.test_api import PROJECT


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "bin" / "agenticai"
    path.parent.mkdir()
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_what_the_path_finds_is_named_alone(program: Path) -> None:
    assert this_command(str(program), search=str(program.parent)) == "agenticai"


def test_what_the_path_does_not_find_is_named_in_full(program: Path, tmp_path: Path) -> None:
    assert this_command(str(program), search=str(tmp_path)) == str(program)
    assert this_command(".venv/bin/agenticai", search=str(program.parent)) == ".venv/bin/agenticai"
    assert this_command(os.path.join(Path.cwd(), "my tools", "agenticai"), search="") == "'my tools/agenticai'"


def test_a_module_is_started_by_its_python() -> None:
    python = str(Path.cwd() / ".venv" / "bin" / "python")
    assert this_command(str(Path.cwd() / "agenticai" / "__main__.py"), python) == ".venv/bin/python -m agenticai"
    assert this_command("agenticai/__main__.py").endswith(f"{Path(sys.executable).name} -m agenticai")


def test_one_thing_is_not_several() -> None:
    assert [format_count(number, "file") for number in (0, 1, 2)] == ["0 files", "1 file", "2 files"]


HOSTILE = (
    "[/nope]",
    "[bold]loud[/bold]",
    "[link=http://evil.example]here[/link]",
    ":bug: [red",
    "\x1b[2J\x1b]0;title\x07",
    "one\rtwo\x00\x9b31m",
    "user\u202etxt.exe \u2066\u200b\ufeff",
    "\udcff",
)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_text_from_outside_is_shown_as_text(hostile: str, capsys: pytest.CaptureFixture[str]) -> None:
    screen = Display(environ={})
    screen.say("plain ", hostile, (hostile, "bold"))
    screen.explain(hostile)
    screen.show(make_grid(("a", "b"), [(hostile, (hostile, "red"))], title=hostile))
    with screen.status(hostile), screen.step(hostile) as step:
        step.update(hostile)
        step.done()
    shown = capsys.readouterr().out
    assert shown.count(printable(hostile)) == 7
    assert {c for c in shown if not c.isprintable()} == {"\n"}


def test_json_is_escaped_and_alone(capsys: pytest.CaptureFixture[str]) -> None:
    screen = Display(as_json=True)
    screen.say("for people")
    screen.emit({"name": "\x1b[2J é"})
    assert capsys.readouterr().out == '{\n  "name": "\\u001b[2J \\u00e9"\n}\n'


@pytest.mark.parametrize("columns", [20, 40, 60, 80, 100, 160])
def test_ids_are_whole_at_any_width(
    columns: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    long = PROJECT.model_copy(update={"name": "A project with a rather long name", "id": "1" * 26})
    screen = Display()
    screen.show(tabulate_projects(ProjectPage(items=[PROJECT, long], next=None), screen.console.width))
    screen.say(format_project(long))
    shown = capsys.readouterr().out
    assert shown.count("0" * 26) == 1
    assert shown.count("1" * 26) == 2
    assert "…" not in shown
    if columns >= 60:
        assert all(len(line) <= columns for line in shown.splitlines()[:-1])


def test_a_line_to_be_pasted_is_not_broken(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    command = "agenticai get 01ABC --endpoint http://127.0.0.1:4567 --stage prod"
    Display().say((command, "dim"))
    assert capsys.readouterr().out == f"{command}\n"


class Inner(BaseModel):
    model_config = ConfigDict(defer_build=True)
    at: datetime


class Outer(BaseModel):
    model_config = ConfigDict(defer_build=True)
    items: list[Inner]


def test_models_that_are_built_on_their_first_use_are_told_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    inner = Inner.model_construct(at=datetime(2026, 1, 1, tzinfo=UTC))
    Display(as_json=True).emit({"page": Outer.model_construct(items=[inner]), "also": (inner, None, 1.5)})
    told = {"at": "2026-01-01T00:00:00Z"}
    assert json.loads(capsys.readouterr().out) == {"page": {"items": [told]}, "also": [told, None, 1.5]}
