"""What the model is asked for a task: the plan, the contract, and the files that the task depends on."""

from collections.abc import Mapping

from shared.language_model.port import Prompt
from shared.models.plan import FileAction, Plan, PlannedTask
from shared.models.project import Project
from shared.prompts import as_data, load, tag_for


def visible_paths(plan: Plan, task: PlannedTask) -> tuple[str, ...]:
    """The paths that the tasks before this one write, direct and indirect, in plan order."""
    needed = set(task.depends_on)
    while further := {d for t in plan.tasks if t.id in needed for d in t.depends_on} - needed:
        needed |= further
    return tuple(
        file.path for t in plan.tasks if t.id in needed for file in t.files if file.action is not FileAction.DELETE
    )


def question(project: Project, plan: Plan, task: PlannedTask, shown: Mapping[str, str]) -> tuple[Prompt, str]:
    """The prompt for a task, and the tag of the envelopes that its answer must use."""
    tag = tag_for(project.requirements, plan.model_dump_json(), task.id)
    text = load(__package__, "task").substitute(
        requirements=as_data("requirements", tag, project.requirements),
        summary=plan.summary,
        contract=plan.shared_contract,
        context="\n\n".join(f"{path}:\n\n{as_data('content', tag, text)}" for path, text in shown.items()) or "None.",
        title=task.title,
        language=task.language,
        files="\n".join(f"- {file.path} ({file.action}): {file.purpose}" for file in task.files),
        criteria="\n".join(f"- {criterion}" for criterion in task.acceptance_criteria) or "- it runs",
        tag=tag,
    )
    return Prompt(system=load(__package__, "system").substitute(), text=text), tag


def retry(prompt: Prompt, reasons: list[str]) -> Prompt:
    """The same question, with why the last answer could not be taken."""
    listed = "\n".join(f"- {reason}" for reason in reasons)
    text = load(__package__, "retry").substitute(question=prompt.text, reasons=listed)
    return Prompt(system=prompt.system, text=text, schema=prompt.schema)
