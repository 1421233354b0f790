"""Dead letters: search them, find those of a project, and turn one into a scenario that reproduces it."""

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
"""The number of dead letters that are searched for those of one project."""

OFTEN: Final = 1_000
"""More calls than the deliveries of one message can make."""

_REFUSED: Final = re.compile(r"An error occurred \((?P<code>[\w.]+)\) when calling the (?P<operation>\w+) operation")
"""The format in which botocore reports an error of AWS."""

_AGENTS: Final = {
    ProjectStatus.DEVELOPING: "dev",
    ProjectStatus.TESTING: "qa",
    ProjectStatus.DEPLOYING: "ops",
    ProjectStatus.PLANNING: "pm",
    ProjectStatus.CREATED: "pm",
}
"""The agent for which a project of this status waits."""

BESIDE: Final = {"name": "Beside it", "template": "cli-tool"}
"""The project of a scenario for a message without a project, as each scenario needs one."""


def filter_letters(letters: Iterable[DeadLetter], text: str, cause: str | None = None) -> list[DeadLetter]:
    """Return the letters of a cause whose body, attempts, project or id contain a text, ignoring case."""
    needle = text.strip().lower()
    return [
        letter
        for letter in letters
        if (cause is None or letter.cause == cause) and (not needle or needle in _make_search_text(letter))
    ]


def _make_search_text(letter: DeadLetter) -> str:
    attempts = (f"{attempt.error_type} {attempt.message} {attempt.request_id}" for attempt in letter.attempts)
    return "\n".join((letter.message.id, letter.cause, letter.message.body, *attempts)).lower()


@dataclass(frozen=True)
class StuckMessage:
    """The agent whose dead letters hold a project's message; without `surely`, it may be one of the `count`."""

    agent: str
    count: int
    surely: bool


def find_stuck(source: "Source", project: "ProjectView") -> StuckMessage | None:
    """Return where a project that waits for an agent is stuck; None if it is not stuck or waits for no agent.

    If reading messages changes them, or there are too many to read, the result is not `surely`.
    """
    agent = _AGENTS.get(project.status)
    state = next((state for state in source.queues() if state.agent == agent), None) if agent else None
    count = state.dead_letters.depth.total if state else 0
    if not state or not count:
        return None
    if source.looking or count > LOOKED_AT:
        return StuckMessage(state.agent, count, surely=False)
    letters = source.letters(state.agent, None, LOOKED_AT).letters
    matching_count = sum(letter.asked.project_id == project.id for letter in letters)
    return StuckMessage(state.agent, matching_count, surely=True) if matching_count else None


def make_scenario(letter: DeadLetter, agent: str, project: "ProjectView | None") -> str | None:
    """Return a scenario file in which a letter's message fails again, with its project created anew.

    If AWS refused a call, a fault rule refuses it again while the project runs. Any other message is sent again after
    the project has ended. In both cases the scenario expects it among the dead letters. Returns None if a scenario
    would take some text in the message for the id of a project.
    """
    fault = _make_fault(letter, agent)
    if project and fault:
        content = {
            "description": f"AWS refuses the {agent} agent a call as often as it delivers a message.",
            "skips_time": True,
            "projects": {"project": _make_request(project)},
            "steps": [{"create": "project"}, {"settle": {}}],
            "faults": [fault],
            "expect": {
                "projects": {"project": {"status": _find_status_before(agent, project).value}},
                "dead_letters": {agent: {"count": {"min": 1}}},
            },
        }
    elif "${" in letter.message.body:
        return None
    else:
        body = _insert_placeholder(_parse_body(letter), project.id) if project else _parse_body(letter)
        content = {
            "description": f"A message that the {agent} agent could not process is sent again.",
            "projects": {"project": _make_request(project) if project else BESIDE},
            "steps": [{"create": "project"}, {"settle": {}}, {"send": {"queue": agent, "body": body}}, {"settle": {}}],
            "expect": {"dead_letters": {agent: 1}},
        }
    document = {"name": f"dead-letter-{letter.message.id[:8]}", **content}
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=120)


def _find_status_before(agent: str, project: "ProjectView") -> ProjectStatus:
    """Return the status in which a project waits for an agent: that of this project, unless it has gone on."""
    waiting_statuses = [status for status, name in _AGENTS.items() if name == agent]
    return project.status if project.status in waiting_statuses else waiting_statuses[0]


def _make_request(project: "ProjectView") -> dict[str, str]:
    return {"name": project.name, "requirements": project.requirements}


def _make_fault(letter: DeadLetter, agent: str) -> dict[str, Any] | None:
    """Return the rule that repeats AWS's last refusal; None if the last attempt failed for another reason."""
    refusal = _REFUSED.search(letter.attempts[-1].message) if letter.attempts else None
    if not refusal:
        return None
    when = {"function": agent, "operation": refusal["operation"], "times": OFTEN}
    return {"when": when, "then": {"do": "error", "code": refusal["code"]}}


def _parse_body(letter: DeadLetter) -> Any:
    try:
        document = json.loads(letter.message.body)
    except (ValueError, RecursionError):
        return letter.message.body
    return document if isinstance(document, dict) else letter.message.body


def _insert_placeholder(body: Any, project_id: str) -> Any:
    match body:
        case dict():
            return {name: _insert_placeholder(part, project_id) for name, part in body.items()}
        case list():
            return [_insert_placeholder(part, project_id) for part in body]
        case str():
            return body.replace(project_id, "${project}")
    return body
