"""Makes the prompts for a task and for a repair."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from shared.language_model.port import Prompt
from shared.models.plan import FileAction, Plan, PlannedFile, PlannedTask
from shared.models.project import Project
from shared.models.quality import Finding
from shared.outline import outline_all
from shared.prompts import load, make_tag, mark_as_data


@dataclass(frozen=True)
class Context:
    """What the model sees beside the plan: the full text of some files, and the outline of others (text by path)."""

    shown: Mapping[str, str]
    outlined: Mapping[str, str]


def make_task_prompt(project: Project, plan: Plan, task: PlannedTask, context: Context) -> tuple[Prompt, str]:
    """Return the prompt for a task, and the tag of the envelopes that its answer must use."""
    tag = make_tag(project.requirements, plan.model_dump_json(), task.id, *(file.path for file in task.files))
    text = load(__package__, "task").substitute(
        _describe_shared_parts(project, plan, task.files, context, tag),
        title=task.title,
        language=task.language,
        criteria=_list_criteria(task.acceptance_criteria),
    )
    return Prompt(system=_load_system_text(), text=text), tag


def make_repair_prompt(
    project: Project,
    plan: Plan,
    findings: Sequence[Finding],
    task: PlannedTask,
    context: Context,
    optional: Collection[str],
) -> tuple[Prompt, str]:
    """Return the prompt for a repair of the task's files, and the tag of the envelopes that its answer must use.

    It has the findings in these files. The `optional` ones are written again only if they have to change.
    """
    paths = {file.path for file in task.files}
    required = [file for file in task.files if file.path not in optional]
    tag = make_tag(project.requirements, plan.model_dump_json(), *context.shown.values())
    text = load(__package__, "repair").substitute(
        _describe_shared_parts(project, plan, required, context, tag),
        criteria=_list_criteria(line for task in plan.tasks for line in task.acceptance_criteria),
        optional=_list_planned_files([file for file in task.files if file.path in optional]),
        findings="\n\n".join(_describe_finding(finding, tag) for finding in findings if finding.path in paths),
    )
    return Prompt(system=_load_system_text(), text=text), tag


def make_retry_prompt(prompt: Prompt, reasons: list[str]) -> Prompt:
    """Return the prompt again, with the reasons why the last answer was refused."""
    bullets = "\n".join(f"- {reason}" for reason in reasons)
    text = load(__package__, "retry").substitute(question=prompt.text, reasons=bullets)
    return Prompt(system=prompt.system, text=text, schema=prompt.schema)


def _describe_shared_parts(
    project: Project, plan: Plan, files: Sequence[PlannedFile], context: Context, tag: str
) -> dict[str, str]:
    return {
        "requirements": mark_as_data("requirements", tag, project.requirements),
        "summary": plan.summary,
        "assumptions": _format_list(plan.assumptions),
        "contract": plan.shared_contract,
        "tasks": "\n".join(_describe_task(task) for task in plan.tasks),
        "context": "\n\n".join(_quote_file(path, text, tag) for path, text in context.shown.items()) or "None.",
        "others": outline_all(context.outlined, tag, _describe_work(plan, files), _find_folders(files)) or "None.",
        "files": _list_planned_files(files),
        "form": load(__package__, "form").substitute(tag=tag),
    }


def _list_planned_files(files: Sequence[PlannedFile]) -> str:
    written = [file for file in files if file.action is not FileAction.DELETE]
    return "\n".join(f"- {file.path} ({file.action}): {file.purpose}" for file in written) or "None."


def _list_criteria(criteria: Iterable[str]) -> str:
    return _format_list(criteria, "- it runs")


def _format_list(lines: Iterable[str], default: str = "None.") -> str:
    return "\n".join(f"- {line}" for line in lines) or default


def _describe_task(task: PlannedTask) -> str:
    """Return a task of the plan with its files, so that the model knows which other files exist or will exist."""
    files = "".join(f"\n  - {file.path} ({file.action}): {file.purpose}" for file in task.files)
    return f"- {task.title}{files}"


def _quote_file(path: str, text: str, tag: str) -> str:
    return f"{path}:\n\n{mark_as_data('content', tag, text)}"


def _find_folders(files: Sequence[PlannedFile]) -> frozenset[PurePosixPath]:
    return frozenset(PurePosixPath(file.path).parent for file in files)


def _describe_work(plan: Plan, files: Sequence[PlannedFile]) -> str:
    return "\n".join([plan.shared_contract, *(file.purpose for file in files)])


def _describe_finding(finding: Finding, tag: str) -> str:
    headline = f"- {finding.path}, line {finding.line} ({finding.severity}, {finding.rule}): {finding.message}"
    return f"{headline}\n\n{mark_as_data('lines', tag, chr(10).join(finding.lines))}" if finding.lines else headline


def _load_system_text() -> str:
    return load(__package__, "system").substitute()
