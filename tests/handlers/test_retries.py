"""A retry continues a project from the step that failed, until it is finished."""

import pytest

from shared.language_model.port import FinishReason, Prompt
from shared.models.errors import Retryable
from shared.models.workflow import ProjectStatus
from tests.fakes import replies
from tests.fakes.factory import Factory
from tests.fakes.model import Answer, said

REQUIREMENTS = "A library that greets people by name, with tests."


def refusing(times: list[str]) -> Factory:
    """Return a factory whose model refuses once for each of these texts that a prompt contains."""

    def script(prompt: Prompt) -> Answer:
        found = next((text for text in times if text in prompt.text), None)
        if found is None:
            return replies.good(prompt)
        times.remove(found)
        return said("", FinishReason.BLOCKED)

    return Factory(script)


def asking_for(path: str) -> str:
    """Return text that only the prompt of the task which writes a file contains."""
    return f"Write exactly these files:\n\n- {path} (create"


@pytest.mark.parametrize("refused", ["greets people", *map(asking_for, ("greet.py", "test_greet.py", "README.md"))])
def test_after_a_retry_of_the_step_that_failed_the_project_completes(refused: str) -> None:
    factory = refusing([refused])
    project = factory.post(REQUIREMENTS)
    factory.run()
    assert factory.project(project.id).status is ProjectStatus.FAILED

    factory.sent.send(factory.requests.retry(project.id, "request-2").messages)
    factory.run()

    finished = factory.project(project.id)
    assert finished.status is ProjectStatus.COMPLETED
    assert finished.failure is None


def test_every_task_that_a_failure_left_undone_is_taken_up_again() -> None:
    factory = refusing([asking_for("README.md")])
    project = factory.post(REQUIREMENTS)
    factory.run()
    undone = factory.requests.retry(project.id, "request-2")
    assert undone.project.status is ProjectStatus.DEVELOPING
    assert {message.work for message in undone.messages} >= {"TASK#1.0#readme"}


@pytest.mark.parametrize("lost", range(6))
def test_a_message_lost_anywhere_is_sent_again_by_a_retry(lost: int) -> None:
    factory = Factory(replies.good)
    project = factory.post(REQUIREMENTS)
    number = 0
    while messages := factory.sent.take():
        for message in messages:
            if number != lost:
                factory.deliver(message)
            number += 1
    assert factory.project(project.id).status is not ProjectStatus.COMPLETED

    factory.sent.send(factory.requests.retry(project.id, "request-2").messages)
    factory.run()

    assert factory.project(project.id).status is ProjectStatus.COMPLETED


def test_a_project_at_work_survives_a_retry() -> None:
    factory = Factory(replies.good)
    project = factory.post(REQUIREMENTS)
    for _ in range(20):
        messages = factory.sent.take()
        if factory.project(project.id).status is ProjectStatus.COMPLETED:
            break
        again = factory.requests.retry(project.id, "request-2").messages
        for message in (*messages, *again, *messages):
            try:
                factory.deliver(message)
            except Retryable:
                factory.sent.send([message])
    assert factory.project(project.id).status is ProjectStatus.COMPLETED
    assert len(factory.projects.list_deployments(project.id)) == 1
