"""The workflow over fakes: four agents, from requirements to a package."""

import copy
import io
import json
import zipfile

import pytest

from shared.language_model.port import FinishReason, ModelQuotaSpent, ModelUnavailable, ModelUnusable, Prompt
from shared.models.errors import Retryable
from shared.models.events import EventType
from shared.models.project import TokenUsage
from shared.models.workflow import ProjectStatus
from shared.worker import WorkOutcome
from tests.fakes import replies
from tests.fakes.factory import Factory
from tests.fakes.model import Answer, said

REQUIREMENTS = "A library that greets people by name, with tests."


def test_requirements_become_a_package() -> None:
    factory = Factory(replies.good)
    project = factory.post(REQUIREMENTS)

    handled = factory.run()

    assert {outcome for _, outcome in handled} == {WorkOutcome.DONE}
    finished = factory.project(project.id)
    assert finished.status is ProjectStatus.COMPLETED
    assert finished.score == 100.0
    assert finished.tokens.calls == 4
    assert finished.package is not None
    archive = zipfile.ZipFile(io.BytesIO(factory.objects.contents[finished.package.key]))
    assert {name: archive.read(name).decode() for name in archive.namelist()} == replies.CONTENTS


def test_every_delivery_of_a_message_again_changes_nothing_but_emits_again() -> None:
    factory = Factory(replies.good)
    project = factory.post(REQUIREMENTS)
    messages = []
    while pending := factory.sent.take():
        messages += pending
        for message in pending:
            factory.deliver(message)
    before = copy.deepcopy(factory.table.items)

    assert [factory.deliver(message) for message in messages] == [WorkOutcome.REPEATED] * len(messages)

    assert factory.table.items == before
    assert [sent.id for sent in factory.sent.take()] == [message.id for message in messages if message.work != "PLAN#1"]
    assert factory.project(project.id).status is ProjectStatus.COMPLETED


def test_a_task_is_shown_the_files_of_the_tasks_it_depends_on_and_no_others() -> None:
    factory = Factory(replies.good)
    factory.post(REQUIREMENTS)
    factory.run()

    by_paths = {tuple(replies.asked_for(p)): p.text for p in factory.model.prompts if p.schema is None}
    assert replies.CONTENTS["greet.py"].strip() in by_paths["test_greet.py",]
    assert replies.CONTENTS["test_greet.py"].strip() not in by_paths["README.md",]


def test_the_model_is_not_asked_again_for_a_reply_that_is_stored() -> None:
    factory = Factory(replies.good)
    factory.post(REQUIREMENTS)
    (message,) = factory.sent.take()
    before = copy.deepcopy(factory.table.items)
    factory.deliver(message)
    factory.table.items = before  # as if the worker had died before it persisted

    assert factory.deliver(message) is WorkOutcome.DONE
    assert len(factory.model.prompts) == 1


def test_an_impossible_plan_is_corrected_once_and_then_fails_the_project() -> None:
    impossible = '{"summary": "s", "assumptions": [], "shared_contract": "", "tasks": []}'
    factory = Factory(lambda prompt: impossible)
    project = factory.post(REQUIREMENTS)

    assert factory.run() == [("PLAN#1", WorkOutcome.FAILED)]

    assert "there are 0 tasks" in factory.model.prompts[1].text
    failed = factory.project(project.id)
    assert failed.status is ProjectStatus.FAILED
    assert failed.failure is not None
    assert "there are 0 tasks" in failed.failure.reason
    assert failed.tokens.calls == 2


@pytest.mark.parametrize("reason", [FinishReason.MAX_TOKENS, FinishReason.OTHER])
def test_a_reply_that_was_cut_off_is_asked_again_and_never_read(reason: FinishReason) -> None:
    def cut_once(prompt: Prompt) -> Answer:
        first = prompt.schema is None and "could not be taken" not in prompt.text
        return said(replies.good(prompt), reason) if first else replies.good(prompt)

    factory = Factory(cut_once)
    project = factory.post(REQUIREMENTS)
    factory.run()

    assert factory.project(project.id).status is ProjectStatus.COMPLETED
    assert factory.project(project.id).tokens.calls == 7


def test_a_blocked_reply_fails_the_project_with_a_reason_to_act_on() -> None:
    factory = Factory(lambda prompt: said("", FinishReason.BLOCKED))
    project = factory.post(REQUIREMENTS)
    factory.run()

    failure = factory.project(project.id).failure
    assert failure is not None
    assert "word the requirements differently" in failure.reason


@pytest.mark.parametrize(("told", "kept"), [("x" * 2000, "x" * 2000), ("x" * 2001, "x" * 1997 + "...")])
def test_a_reason_is_kept_up_to_what_a_person_reads(told: str, kept: str) -> None:
    factory = Factory(lambda prompt: ModelUnusable(told))
    project = factory.post(REQUIREMENTS)
    assert {outcome for _, outcome in factory.run()} == {WorkOutcome.FAILED}

    failure = factory.project(project.id).failure
    assert failure is not None
    assert (failure.step, failure.reason) == ("pm", kept)
    event = factory.projects.list_events(project.id)[-1]
    assert (event.type, event.detail, event.work, event.attempt) == (EventType.WORK_FAILED, kept, "PLAN#1", 1)


def test_the_timeline_says_how_long_work_took_and_what_it_cost() -> None:
    def answer(prompt: Prompt) -> Answer:
        factory.skip(1.5)
        return replies.good(prompt)

    factory = Factory(answer)
    project = factory.post(REQUIREMENTS)
    factory.run()

    events = {(event.work, event.type): event for event in factory.projects.list_events(project.id)}
    planned, begun = events["PLAN#1", EventType.WORK_DONE], events["PLAN#1", EventType.WORK_STARTED]
    assert planned.duration_ms == (planned.at - begun.at).total_seconds() * 1000
    assert planned.duration_ms is not None
    assert 1500 < planned.duration_ms < 1600
    assert planned.tokens == TokenUsage(calls=1, prompt_tokens=10, output_tokens=10)
    spent = sum((event.tokens for event in events.values()), TokenUsage())
    assert factory.project(project.id).tokens == spent == TokenUsage(calls=4, prompt_tokens=40, output_tokens=40)


def test_an_unavailable_model_leaves_the_message_to_be_delivered_again() -> None:
    answers: list[Answer] = [ModelUnavailable("overloaded")]
    factory = Factory(lambda prompt: answers.pop() if answers else replies.good(prompt))
    project = factory.post(REQUIREMENTS)
    (message,) = factory.sent.take()

    with pytest.raises(Retryable):
        factory.deliver(message)
    assert factory.deliver(message) is WorkOutcome.DONE

    factory.run()
    assert factory.project(project.id).status is ProjectStatus.COMPLETED
    attempts = [(e.type, e.attempt, e.status) for e in factory.projects.list_events(project.id) if e.agent == "pm"]
    assert attempts == [
        (EventType.WORK_STARTED, 1, ProjectStatus.PLANNING),
        (EventType.WORK_FAILED, 1, ProjectStatus.PLANNING),
        (EventType.WORK_STARTED, 2, ProjectStatus.PLANNING),
        (EventType.WORK_DONE, 2, ProjectStatus.DEVELOPING),
    ]


def test_a_spent_quota_parks_the_message_and_tells_the_owner() -> None:
    answers: list[Answer] = [ModelQuotaSpent("spent", after=3600)]
    factory = Factory(lambda prompt: answers.pop() if answers else replies.good(prompt))
    project = factory.post(REQUIREMENTS)
    (message,) = factory.sent.take()

    assert factory.deliver(message) is WorkOutcome.PARKED
    assert factory.project(project.id).status is ProjectStatus.WAITING_FOR_QUOTA
    assert factory.sent.delays[-1] == 900

    (parked,) = factory.sent.take()
    factory.skip(900)
    assert factory.deliver(parked) is WorkOutcome.PARKED, "the quota is not back yet, and the model is not asked"
    assert len(factory.model.prompts) == 1

    factory.skip(3600)
    factory.run()
    assert factory.project(project.id).status is ProjectStatus.COMPLETED


def test_what_waits_to_be_packaged_has_nothing_to_show_yet() -> None:
    factory = Factory(replies.good)
    project = factory.post(REQUIREMENTS)
    while factory.project(project.id).status is not ProjectStatus.DEPLOYING:
        for message in factory.sent.take():
            factory.deliver(message)

    (deployment,) = factory.projects.list_deployments(project.id)
    assert {deployment.project_type, deployment.package, deployment.instructions, deployment.proof} == {None}


def test_a_plan_of_one_task_is_told_as_one() -> None:
    def answer(prompt: Prompt) -> str:
        if prompt.schema is None:
            return replies.good(prompt)
        return json.dumps({**replies.PLAN, "tasks": list(replies.PLAN["tasks"])[:1]})

    factory = Factory(answer)
    project = factory.post("A library that greets people by name.")
    factory.run()
    details = [event.detail for event in factory.projects.list_events(project.id)]
    assert "planned 1 task: code" in details
