"""The hints of the commands that talk to a stack lead to the same stack."""

from agenticai.commands.projects import without_files
from agenticai.commands.stack import Stack
from agenticai.display import this_command
from shared.models.project import Failure
from shared.models.workflow import ProjectStatus
from tests.agenticai.client.test_api import PROJECT

ELSEWHERE = Stack("http://127.0.0.1:9", "prod", as_json=False)


def test_a_hint_is_a_command_for_the_same_stack() -> None:
    assert ELSEWHERE.command("get", "a b") == (f"{this_command()} get 'a b' --endpoint http://127.0.0.1:9 --stage prod")


def test_a_project_without_files_says_why() -> None:
    assert "is CREATED and has no files yet" in without_files(PROJECT, ELSEWHERE)
    failed = PROJECT.model_copy(
        update={"status": ProjectStatus.FAILED, "failure": Failure(step="PLAN#1", reason="no reply fits")}
    )
    assert without_files(failed, ELSEWHERE) == (
        f"{PROJECT.id} failed before it had any file: `{ELSEWHERE.command('status', PROJECT.id)}` says why."
    )
