"""Hints in commands for a stack refer to the same stack."""

from pathlib import Path

import pytest

from agenticai.client.errors import SettingsError
from agenticai.commands.projects import PostedRequest, explain_no_files, post_project
from agenticai.commands.stack import Stack
from agenticai.display.console import this_command
from shared.models.project import Failure
from shared.models.workflow import ProjectStatus
from tests.agenticai.client.test_api import PROJECT

ELSEWHERE = Stack("http://127.0.0.1:9", "prod", as_json=False)


def test_a_hint_is_a_command_for_the_same_stack() -> None:
    assert ELSEWHERE.command("get", "a b") == (f"{this_command()} get 'a b' --endpoint http://127.0.0.1:9 --stage prod")


def test_a_project_without_files_says_why() -> None:
    assert "is CREATED and has no files yet" in explain_no_files(PROJECT, ELSEWHERE)
    failed = PROJECT.model_copy(
        update={"status": ProjectStatus.FAILED, "failure": Failure(step="PLAN#1", reason="no reply fits")}
    )
    shown = ELSEWHERE.command("status", PROJECT.id)
    assert explain_no_files(failed, ELSEWHERE) == f"{PROJECT.id} failed before it had any file: `{shown}` says why."


@pytest.mark.parametrize(
    ("content", "text"),
    [("A tool é".encode(), "A tool é"), (b"\xef\xbb\xbfA tool", "A tool")],
    ids=["UTF-8", "with a byte order mark"],
)
def test_a_file_is_read_as_text(content: bytes, text: str, tmp_path: Path) -> None:
    file = tmp_path / "requirements.md"
    file.write_bytes(content)
    assert PostedRequest(None, file, None, None).read_requirements() == text


@pytest.mark.parametrize("content", [b"caf\xe9", "A tool".encode("utf-16")], ids=["Latin-1", "UTF-16"])
def test_a_file_of_another_encoding_is_refused_by_name(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "requirements.md"
    file.write_bytes(content)
    with pytest.raises(SettingsError, match=rf"{file} cannot be read as text: it is not UTF-8 \(byte \d\)"):
        PostedRequest(None, file, None, None).read_requirements()


@pytest.mark.parametrize(
    ("text", "sentence"), [("", "are empty"), (" \n", "are empty"), ("\udcff\udcfe", r"not UTF-8 \(character 1\)")]
)
def test_text_that_says_nothing_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(SettingsError, match=sentence):
        PostedRequest(text, None, None, None).read_requirements()


def test_an_argument_that_python_read_as_ascii_is_read_as_utf_8() -> None:
    given = "Ein Gru\u00df".encode().decode("ascii", "surrogateescape")
    assert PostedRequest(given, None, None, None).read_requirements() == "Ein Gru\u00df"


def test_a_name_that_is_no_text_is_refused_before_anything_is_asked() -> None:
    with pytest.raises(SettingsError, match=r"The name is not UTF-8 \(character 2\)"):
        post_project(PostedRequest("A tool.", None, None, "x\udcff"), ELSEWHERE)
