"""Dead letters: searched, found for a project, and turned into a scenario that reproduces one."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import yaml

from agenticai.client.queues.model import DeadLetter
from shared.models.workflow import ProjectStatus

if TYPE_CHECKING:
    from agenticai.dashboard.services.port import Source
    from shared.models.views import ProjectView


LOOKED_AT: Final = 100
"""Letters, for those of one project."""

OFTEN: Final = 1_000
"""More calls than a message's deliveries make."""

_REFUSED: Final = re.compile(r"An error occurred \((?P<code>[\w.]+)\) when calling the (?P<operation>\w+) operation")
"""How botocore tells what AWS refused."""

_WORKING: Final = {
    "pm": ProjectStatus.PLANNING,
    "dev": ProjectStatus.DEVELOPING,
    "qa": ProjectStatus.TESTING,
    "ops": ProjectStatus.DEPLOYING,
}
"""The status of a project that waits for an agent."""

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


@dataclass(frozen=True)
class Stuck:
    """The agent among whose dead letters a project's message is; without `surely`, it may be one of the `count`."""

    agent: str
    count: int
    surely: bool


def find_stuck(source: "Source", project: "ProjectView") -> Stuck | None:
    """Return where a project that waits for an agent is stuck; None where it is not, or at rest.

    Where a look at messages changes them, or there are too many to look at, it is only told that it may be so.
    """
    agent = next((name for name, status in _WORKING.items() if status is project.status), None)
    state = next((state for state in source.queues() if state.agent == agent), None) if agent else None
    count = state.dead_letters.depth.total if state else 0
    if not state or not count:
        return None
    if source.looking or count > LOOKED_AT:
        return Stuck(state.agent, count, surely=False)
    letters = source.letters(state.agent, None, LOOKED_AT).letters
    named = sum(letter.asked.project_id == project.id for letter in letters)
    return Stuck(state.agent, named, surely=True) if named else None


def scenario_of(letter: DeadLetter, agent: str, project: "ProjectView | None") -> str | None:
    """Return a scenario file in which a letter's message fails once more, where its project is, or was, made anew.

    What AWS refused is refused again by a rule, while the project is made. Any other message is sent once more when
    that is done. Either is expected among the dead letters again. None where a scenario would take something in the
    message for the id of a project.
    """
    fault = _fault_of(letter, agent)
    if project and fault:
        happens = {
            "description": f"AWS refuses the {agent} agent a call as often as it delivers a message.",
            "skips_time": True,
            "projects": {"project": _requested(project)},
            "steps": [{"create": "project"}, {"settle": {}}],
            "faults": [fault],
            "expect": {
                "projects": {"project": {"status": _WORKING[agent].value}},
                "dead_letters": {agent: {"count": {"min": 1}}},
            },
        }
    elif "${" in letter.message.body:
        return None
    else:
        body = _with_placeholder(_body(letter), project.id) if project else _body(letter)
        happens = {
            "description": f"A message that the {agent} agent could not process is sent again.",
            "projects": {"project": _requested(project) if project else BESIDE},
            "steps": [{"create": "project"}, {"settle": {}}, {"send": {"queue": agent, "body": body}}, {"settle": {}}],
            "expect": {"dead_letters": {agent: 1}},
        }
    document = {"name": f"dead-letter-{letter.message.id[:8]}", **happens}
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=120)


def _requested(project: "ProjectView") -> dict[str, str]:
    return {"name": project.name, "requirements": project.requirements}


def _fault_of(letter: DeadLetter, agent: str) -> dict[str, Any] | None:
    """Return the rule by which AWS refuses what it refused last; None where the last attempt failed otherwise."""
    refused = _REFUSED.search(letter.attempts[-1].message) if letter.attempts else None
    if not refused:
        return None
    when = {"function": agent, "operation": refused["operation"], "times": OFTEN}
    return {"when": when, "then": {"do": "error", "code": refused["code"]}}


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
