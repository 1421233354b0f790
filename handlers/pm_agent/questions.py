"""Makes the prompts for a plan: for new requirements, for a change, and for the correction of a faulty plan."""

from collections.abc import Mapping, Sequence

from shared.language_model.port import Prompt, Reply
from shared.models.plan import Plan
from shared.models.project import Project
from shared.models.records import ChangeRecord, FileRecord
from shared.outline import outline_all
from shared.prompts import load, make_tag, mark_as_data


def make_project_prompt(project: Project) -> Prompt:
    """Return the prompt for the plan of a new project."""
    requirements = mark_as_data("requirements", make_tag(project.requirements), project.requirements)
    return _make_prompt(load(__package__, "plan").substitute(requirements=requirements))


def make_change_prompt(
    project: Project,
    change: ChangeRecord,
    plans: Sequence[Plan],
    files: Sequence[FileRecord],
    texts: Mapping[str, str],
) -> Prompt:
    """Return the prompt for a change to a project that `plans` built; `texts` are the contents of `files` by path.

    The model sees the files' outlines, beginning with those that the change or the plans mention.
    """
    tag = make_tag(project.requirements, change.requirements)
    text = load(__package__, "change").substitute(
        change=mark_as_data("change", tag, change.requirements),
        requirements=mark_as_data("requirements", tag, project.requirements),
        plans="\n\n".join(map(_describe_plan, plans)) or "It is not known.",
        files="\n".join(f"- {file.path} ({file.language}, {file.object.size} bytes)" for file in files),
        outlines=outline_all(texts, tag, "\n".join([change.requirements, *(plan.shared_contract for plan in plans)])),
    )
    return _make_prompt(text)


def make_correction_prompt(prompt: Prompt, reply: Reply, reasons: list[str]) -> Prompt:
    """Return the prompt again, with the last answer and why it cannot be carried out."""
    text = load(__package__, "correction").substitute(
        question=prompt.text,
        answer=mark_as_data("answer", make_tag(reply.text), reply.text),
        reasons="\n".join(f"- {reason}" for reason in reasons),
    )
    return _make_prompt(text)


def _describe_plan(plan: Plan) -> str:
    """Return the parts of an earlier plan that still apply."""
    decided = [f"- {assumption}" for assumption in plan.assumptions]
    parts = [plan.summary, *(["Decided:", "\n".join(decided)] if decided else []), "Agreed on:", plan.shared_contract]
    return "\n\n".join(parts)


def _make_prompt(text: str) -> Prompt:
    return Prompt(system=load(__package__, "system").substitute(), text=text, schema=Plan.model_json_schema())
