"""Dead letters: searched, grouped by cause, and turned into a scenario that reproduces one."""

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

import yaml

from agenticai.client.queues.model import DeadLetter

if TYPE_CHECKING:
    from shared.models.views import ProjectView


BESIDE: Final = {"name": "Beside it", "template": "cli-tool"}
"""The project of a scenario whose message belongs to none; each has one."""


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


def scenario_of(letter: DeadLetter, agent: str, project: "ProjectView | None") -> str | None:
    """Return a scenario file that sends a letter's message once more, where its project is, or was, made anew.

    It expects the message among the dead letters again. What failed by a fault of AWS needs a rule for it besides. None
    where a scenario would take something in the message for the id of a project.
    """
    if "${" in letter.message.body:
        return None
    asked = {"name": project.name, "requirements": project.requirements} if project else BESIDE
    body = _with_placeholder(_body(letter), project.id) if project else _body(letter)
    document = {
        "name": f"dead-letter-{letter.message.id[:8]}",
        "description": f"A message that the {agent} agent could not process is sent again.",
        "projects": {"project": asked},
        "steps": [{"create": "project"}, {"settle": {}}, {"send": {"queue": agent, "body": body}}, {"settle": {}}],
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
