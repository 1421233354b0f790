"""A message's work is read from any kind of body, and letters that failed for the same reason are grouped."""

import json
from datetime import UTC, datetime

import pytest

from agenticai.client.queues.model import Attempt, DeadLetter, Depth, RequestedWork, count_causes
from agenticai.emulator.core.bench_records import QueuedMessage

AT = datetime(2026, 1, 1, tzinfo=UTC)
PROJECT = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
TASK = {
    "schema": "task-ready/2",
    "project_id": PROJECT,
    "correlation_id": "c",
    "revision": {"build": 2},
    "task_id": "store",
}


def message(body: str, message_id: str = "1") -> QueuedMessage:
    return QueuedMessage(
        id=message_id,
        body=body,
        state="visible",
        sent_at=AT,
        first_received_at=AT,
        visible_at=AT,
        received=5,
        attributes={},
        group_id=None,
        source_arn=None,
    )


def test_a_message_names_its_project_and_its_work() -> None:
    assert RequestedWork.of(json.dumps(TASK)) == RequestedWork(PROJECT, "TASK#2.0#store", "task-ready/2")


@pytest.mark.parametrize(
    ("body", "project_id", "schema", "problem"),
    [
        ("", None, None, "it is not JSON"),
        ("not JSON", None, None, "it is not JSON"),
        ("[1]", None, None, "it is no JSON object"),
        ('"text"', None, None, "it is no JSON object"),
        ("[" * 100_000, None, None, "it is not JSON"),
        ('{"project_id": 7, "schema": ["x"]}', None, None, "no agent reads messages of schema None"),
        (json.dumps({**TASK, "schema": "task/9"}), PROJECT, "task/9", "no agent reads messages of schema task/9"),
        (json.dumps({**TASK, "extra": True}), PROJECT, "task-ready/2", "extra: Extra inputs are not permitted"),
    ],
)
def test_what_no_agent_can_read_is_guessed_and_said_to_be_so(
    body: str, project_id: str | None, schema: str | None, problem: str
) -> None:
    asked = RequestedWork.of(body)
    assert (asked.project_id, asked.schema, asked.work, asked.problem) == (project_id, schema, None, problem)


def letter(message_id: str, body: str, *error_types: str) -> DeadLetter:
    attempts = tuple(Attempt(AT, error_type, "why", "request") for error_type in error_types)
    return DeadLetter(message(body, message_id), RequestedWork.of(body), attempts)


def test_letters_are_summed_up_by_their_last_error_and_kind_of_work() -> None:
    letters = [
        letter("1", json.dumps(TASK), "Retryable", "ModelUnavailable"),
        letter("2", json.dumps({**TASK, "task_id": "page"}), "ModelUnavailable"),
        letter("3", "{", "Poison"),
        letter("4", "{"),
    ]
    assert count_causes(letters) == [("ModelUnavailable in TASK", 2), ("Poison", 1), ("cause unknown", 1)]


def test_a_depth_adds_up() -> None:
    assert Depth(visible=1, in_flight=2, delayed=4).total == 7
