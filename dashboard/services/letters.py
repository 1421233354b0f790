"""Dead letters: searched, grouped by cause, and turned into a scenario that reproduces one."""

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import yaml

from agenticai.client.queues.model import DeadLetter

if TYPE_CHECKING:
    from shared.models.views import ProjectView


def found(letters: Iterable[DeadLetter], text: str, cause: str | None = None) -> list[DeadLetter]:
    """Return the letters of a cause in whose body, attempts, project or id a text stands, in any case."""
    wanted = text.strip().lower()
    return [
        letter
        for letter in letters
        if (cause is None or letter.cause == cause) and (not wanted or wanted in _searched(letter))
    ]


def _searched(letter: DeadLetter) -> str:
    attempts = (f"{attempt.error_type} {attempt.message} {attempt.request_id}" for attempt in letter.attempts)
    return "\n".join((letter.message.id, letter.cause, letter.message.body, *attempts)).lower()


def scenario_of(letter: DeadLetter, agent: str, project: "ProjectView | None") -> str:
    """Return a scenario file that sends a letter's message once more, where its project is, or was, made anew.

    It expects the message among the dead letters again. What failed by a fault of AWS needs a rule for it besides.
    """
    body, projects, steps = _body(letter), {}, []
    if project is not None:
        projects = {"project": {"name": project.name, "requirements": project.requirements}}
        steps = [{"create": "project"}, {"settle": {}}]
        body = _with_placeholder(body, project.id)
    document = {
        "name": f"dead-letter-{letter.message.id[:8]}",
        "description": f"A message that the {agent} agent could not process is sent once more.",
        "projects": projects,
        "steps": [*steps, {"send": {"queue": agent, "body": body}}, {"settle": {}}],
        "expect": {"dead_letters": {agent: 1}},
    }
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=120)


def _body(letter: DeadLetter) -> Any:
    try:
        document = json.loads(letter.message.body)
    except (ValueError, RecursionError):
        return letter.message.body
    return document if isinstance(document, dict) else letter.message.body


def _with_placeholder(body: Any, project_id: str) -> Any:
    match body:
        case dict():
            return {name: _with_placeholder(part, project_id) for name, part in body.items()}
        case list():
            return [_with_placeholder(part, project_id) for part in body]
        case str():
            return body.replace(project_id, "${project}")
    return body
