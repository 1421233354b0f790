"""Checks a written reply as the agents will: against the plan's schema and rules, or the files of a task."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from agenticai.emulator.core.model_records import MissedReply
from dev_agent.acceptance import find_objections
from dev_agent.envelopes import extract
from dev_agent.generated import MalformedReply
from pm_agent.agent import read_plan
from shared.language_model.port import FinishReason, Reply
from shared.models.plan import FileAction, PlannedFile, PlannedTask, TaskType
from shared.models.project import TokenUsage

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shared.models.views import ProjectSummaryView

_TAG: Final = re.compile(r"^<file-([0-9a-f]{8}) path=", re.MULTILINE)
_TASK: Final = re.compile(r"^# Your task: (.+)$", re.MULTILINE)
_PLANNED: Final = re.compile(r"^- (.+?) \((create|modify)\): (.+)$", re.MULTILINE)
_MAY_BE_LEFT_OUT: Final = "leave out the others:"
_EXISTING: Final = re.compile(r"^- (.+) \(\S+, \d+ bytes\)$", re.MULTILINE)


@dataclass(frozen=True)
class ReplyCheck:
    """A sentence that says what a reply contains, and the reasons why an agent would refuse it."""

    holds: str
    faults: tuple[str, ...]

    @property
    def good(self) -> bool:
        """Whether an agent would accept it."""
        return not self.faults


def check_reply(missed: MissedReply, text: str) -> ReplyCheck:
    """Check a reply to a request.

    The request does not contain the previous content of a changed file as the agent has it, so one thing is not checked
    here: whether too much of it was removed.
    """
    if not text.strip():
        return ReplyCheck("nothing", ("the answer is empty",))
    return _check_files(missed, text) if _find_tag(missed) else _check_plan(missed, text)


def find_waiting_projects(missed: MissedReply, projects: "Iterable[ProjectSummaryView]") -> "list[ProjectSummaryView]":
    """Return the projects that failed because this reply is missing: their failure names the request's digest."""
    return [project for project in projects if project.failure and missed.digest in project.failure.reason]


def make_reply_template(missed: MissedReply) -> str:
    """Return a template of the reply to a request."""
    if tag := _find_tag(missed):
        return "\n".join(f'<file-{tag} path="{file.path}">\n\n</file-{tag}>' for file in _parse_task(missed).files)
    return _PLAN


def _check_plan(missed: MissedReply, text: str) -> ReplyCheck:
    reply = Reply(text, FinishReason.STOP, TokenUsage())
    plan, faults = read_plan(reply, frozenset(_EXISTING.findall(missed.prompt)))
    content = f"a plan of {len(plan.tasks)} tasks" if plan else "no plan"
    return ReplyCheck(content, tuple(faults))


def _check_files(missed: MissedReply, text: str) -> ReplyCheck:
    task = _parse_task(missed)
    try:
        files = extract(text, _find_tag(missed) or "", tuple(file.path for file in task.files))
    except MalformedReply as fault:
        return ReplyCheck("no files that can be read", (str(fault),))
    faults = find_objections(files, task, optional=_find_optional(missed))
    return ReplyCheck(", ".join(file.path for file in files) or "no files", tuple(faults))


def _find_optional(missed: MissedReply) -> frozenset[str]:
    """Return the files of a repair that a reply may omit: they are listed last."""
    parts = missed.prompt.rpartition("\n# Your answer")[0].rpartition(_MAY_BE_LEFT_OUT)
    return frozenset(path for path, _, _ in _PLANNED.findall(parts[2])) if parts[1] else frozenset()


def _find_tag(missed: MissedReply) -> str | None:
    """Return the tag of the envelopes that a request asks for: the last one in it, after text from users and files."""
    tags = _TAG.findall(missed.prompt)
    return tags[-1] if tags else None


def _parse_task(missed: MissedReply) -> PlannedTask:
    """Return the task of a request, parsed from the list of its files."""
    headings = list(_TASK.finditer(missed.prompt))
    section = missed.prompt[headings[-1].start() :] if headings else ""
    section = section.partition("\n# Your answer")[0].partition("\nIt is done when:")[0]
    files = tuple(
        PlannedFile(path=path, action=FileAction(action), purpose=purpose[:500])
        for path, action, purpose in _PLANNED.findall(section)
    )
    title = headings[-1][1][:500] if headings else "task"
    return PlannedTask(
        id="task", title=title, type=TaskType.CODE, language="any", depends_on=(), files=files, acceptance_criteria=()
    )


_PLAN: Final = """\
{
  "summary": "",
  "assumptions": [],
  "shared_contract": "",
  "tasks": [
    {
      "id": "",
      "title": "",
      "type": "code",
      "language": "python",
      "depends_on": [],
      "files": [{"path": "", "action": "create", "purpose": ""}],
      "acceptance_criteria": []
    }
  ]
}
"""
