"""The hints of the commands that talk to a stack lead to the same stack."""

from agenticai.commands.projects import without_files
from agenticai.commands.stack import on_stack
from shared.models.project import Failure
from shared.models.workflow import ProjectStatus
from tests.agenticai.client.test_api import PROJECT


def test_a_stack_that_is_found_without_options_has_none() -> None:
    assert on_stack("http://127.0.0.1:4566", "dev") == []
    assert on_stack("http://127.0.0.1:9", "prod") == ["--endpoint", "http://127.0.0.1:9", "--stage", "prod"]


def test_a_project_without_files_says_why() -> None:
    assert "is CREATED and has no files yet" in without_files(PROJECT)
    failed = PROJECT.model_copy(
        update={"status": ProjectStatus.FAILED, "failure": Failure(step="PLAN#1", reason="no reply fits")}
    )
    assert without_files(failed) == f"{PROJECT.id} failed before it had any file: no reply fits"
