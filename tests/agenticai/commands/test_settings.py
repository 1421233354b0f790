"""Precedence of settings: an option, its variable, the running engine, the default port."""

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from agenticai.client.errors import SettingsError
from agenticai.commands.settings import find_endpoint, find_engine, list_stack_options
from agenticai.emulator.running import register_engine

NAMED, OF_AWS, NOTED = "http://127.0.0.1:1", "http://127.0.0.1:2", "http://127.0.0.1:3"


@pytest.mark.parametrize(
    ("environ", "running", "found"),
    [
        ({}, [], "http://127.0.0.1:4566"),
        ({}, [NOTED], NOTED),
        ({"AGENTICAI_PORT": "5"}, [NOTED], "http://127.0.0.1:5"),
        ({"AWS_ENDPOINT_URL": OF_AWS, "AGENTICAI_PORT": "5"}, [NOTED], OF_AWS),
        ({"AGENTICAI_ENDPOINT": NAMED, "AWS_ENDPOINT_URL": OF_AWS}, [NOTED, OF_AWS], NAMED),
        ({"AGENTICAI_ENDPOINT": "", "AWS_ENDPOINT_URL": "", "AGENTICAI_PORT": ""}, [NOTED], NOTED),
        ({"AWS_ENDPOINT_URL_SQS": OF_AWS}, [], "http://127.0.0.1:4566"),
    ],
)
def test_the_engine_is_found(environ: Mapping[str, str], running: list[str], found: str, tmp_path: Path) -> None:
    with ExitStack() as engines:
        for number, address in enumerate(running):
            note_as(number, engines, tmp_path, address)
        assert find_endpoint(environ, tmp_path) == found


def note_as(number: int, engines: ExitStack, home: Path, address: str, target: str = "embedded") -> None:
    """Record an engine under its own name, as another process would."""
    engines.enter_context(register_engine(home, address, target=target))
    folder = home / "engines"
    newest = next(path for path in folder.iterdir() if path.stem.isdigit())
    newest.rename(folder / f"engine-{number}.json")


def test_several_engines_are_a_question(tmp_path: Path) -> None:
    with ExitStack() as engines:
        for number, address in enumerate((NAMED, NOTED)):
            note_as(number, engines, tmp_path, address)
        with pytest.raises(SettingsError, match=rf"{NAMED}, {NOTED}\): choose one with --endpoint"):
            find_endpoint({}, tmp_path)


@pytest.mark.parametrize("port", ["abc", "0", "65536", "-1", "4566 ", "\u0664", "9" * 5000])
def test_a_port_that_is_none_is_said_by_its_variable(port: str) -> None:
    with pytest.raises(SettingsError, match=r"^AGENTICAI_PORT is .*: set it to a port from 1 to 65535, or unset it"):
        find_endpoint({"AGENTICAI_PORT": port})


def test_the_state_folder_is_that_of_the_environment(tmp_path: Path) -> None:
    with register_engine(tmp_path, NOTED):
        assert find_endpoint({"AGENTICAI_HOME": str(tmp_path)}) == NOTED


def test_a_hint_has_only_the_options_that_are_needed(tmp_path: Path) -> None:
    here = {"AGENTICAI_HOME": str(tmp_path)}
    assert list_stack_options("http://127.0.0.1:4566", "dev", here) == []
    assert list_stack_options(NAMED, "prod", here) == ["--endpoint", NAMED, "--stage", "prod"]
    assert list_stack_options(NAMED, "prod", {"AGENTICAI_ENDPOINT": f"{NAMED}/", "AGENTICAI_STAGE": "prod"}) == []
    with register_engine(tmp_path, NOTED):
        assert list_stack_options(NOTED, "dev", here) == []
        assert list_stack_options("http://127.0.0.1:4566", "dev", here) == ["--endpoint", "http://127.0.0.1:4566"]


def test_an_engine_is_found_by_what_it_was_started_as(tmp_path: Path) -> None:
    with ExitStack() as engines:
        note_as(0, engines, tmp_path, NAMED)
        with pytest.raises(
            SettingsError, match=r"No localstack engine is running: start one with `agenticai up --target localstack`"
        ):
            find_engine("localstack", {}, tmp_path)
        note_as(1, engines, tmp_path, NOTED, "localstack")
        assert find_engine("localstack", {}, tmp_path) == NOTED
        assert find_engine("embedded", {}, tmp_path) == NAMED
        assert find_engine(OF_AWS + "/", {}, tmp_path) == OF_AWS
        note_as(2, engines, tmp_path, OF_AWS, "localstack")
        with pytest.raises(SettingsError, match=f"Several localstack engines run \\({NOTED}, {OF_AWS}\\)"):
            find_engine("localstack", {}, tmp_path)
