"""Every command has help in plain words, with valid examples; options take precedence over variables."""

import shlex
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from agenticai.command_line import app
from agenticai.command_line.examples import EXAMPLES
from agenticai.commands import projects, serving
from agenticai.commands.settings import ENDPOINT_VARIABLES, PORT_VARIABLE, STAGE_VARIABLE

if TYPE_CHECKING:
    from agenticai.commands.stack import Stack

UNSET = dict.fromkeys((*ENDPOINT_VARIABLES, PORT_VARIABLE, STAGE_VARIABLE))


def invoke(*arguments: str, environ: Mapping[str, str | None] | None = None, columns: int = 80) -> Any:
    return CliRunner().invoke(app, list(arguments), env={**UNSET, **(environ or {})}, terminal_width=columns)


def commands(group: Any, *path: str) -> Iterator[tuple[str, ...]]:
    """Yield the names of all commands, with those of their groups before them."""
    for name, command in group.commands.items():
        yield from commands(command, *path, name) if hasattr(command, "commands") else [(*path, name)]


ALL = list(commands(get_command(app)))


@pytest.mark.parametrize("command", [(), *ALL], ids=" ".join)
def test_help_is_plain_text_of_any_width(command: tuple[str, ...]) -> None:
    shown = invoke(*command, "--help", columns=60)
    assert shown.exit_code == 0
    assert shown.output.isascii()
    prose, examples = shown.output.split("Examples:\n")
    assert max(map(len, prose.splitlines())) <= 60
    assert examples.strip()


def test_the_list_of_commands_cuts_no_sentence() -> None:
    listed = invoke("--help").output.split("Commands:\n")[1].split("Examples:")[0]
    assert "..." not in listed


@pytest.mark.parametrize("command", ALL, ids=" ".join)
def test_every_option_and_argument_is_explained(command: tuple[str, ...]) -> None:
    found: Any = get_command(app)
    for name in command:
        found = found.commands[name]
    assert [parameter.name for parameter in found.params if not parameter.help] == []


def test_examples_are_of_commands_that_are_there() -> None:
    assert set(EXAMPLES) == {"agenticai", *map(" ".join, ALL)}
    for lines in EXAMPLES.values():
        for line in lines:
            words = [word for word in shlex.split(line) if not word.startswith("GEMINI_API_KEY=")]
            assert words[0] == "agenticai"
            assert any(tuple(words[1 : 1 + len(command)]) == command for command in ALL)


def test_the_version_is_shown() -> None:
    shown = invoke("--version")
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))["project"]
    assert (shown.exit_code, shown.output) == (0, f"agenticai {project['version']}\n")


def test_completion_can_be_installed() -> None:
    assert "--install-completion" in invoke("--help").output


@pytest.mark.parametrize(
    ("arguments", "environ", "port"),
    [
        ([], {}, 4566),
        ([], {"AGENTICAI_PORT": "4567"}, 4567),
        (["--port", "4568"], {"AGENTICAI_PORT": "4567"}, 4568),
        ([], {"AGENTICAI_PORT": ""}, 4566),
    ],
)
def test_the_port_of_up(
    arguments: list[str], environ: Mapping[str, str], port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    ports: list[int] = []
    monkeypatch.setattr(serving, "serve_until_stopped", lambda port, *_, **__: ports.append(port))
    assert invoke("up", *arguments, environ=environ).exit_code == 0
    assert ports == [port]


@pytest.mark.parametrize(
    ("arguments", "environ", "stack"),
    [
        (["--endpoint", "http://a/"], {"AGENTICAI_ENDPOINT": "http://b"}, ("http://a", "dev", False)),
        ([], {"AGENTICAI_ENDPOINT": "http://b", "AWS_ENDPOINT_URL": "http://c"}, ("http://b", "dev", False)),
        (["--json"], {"AWS_ENDPOINT_URL": "http://c"}, ("http://c", "dev", True)),
        ([], {"AGENTICAI_PORT": "5", "AGENTICAI_STAGE": "prod"}, ("http://127.0.0.1:5", "prod", False)),
        (["--stage", "dev"], {"AGENTICAI_PORT": "5", "AGENTICAI_STAGE": "x"}, ("http://127.0.0.1:5", "dev", False)),
    ],
)
def test_the_stack_that_a_command_talks_to(
    arguments: list[str],
    environ: Mapping[str, str],
    stack: tuple[str, str, bool],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[Stack] = []
    monkeypatch.setattr(projects, "show_templates", asked.append)
    assert invoke("templates", *arguments, environ=environ).exit_code == 0
    assert [(each.endpoint, each.stage, each.as_json) for each in asked] == [stack]


def test_a_wrong_variable_is_named() -> None:
    refused = invoke("up", environ={"AGENTICAI_PORT": "abc"})
    assert refused.exit_code == 2
    assert "'--port' (env var: 'AGENTICAI_PORT')" in refused.output
