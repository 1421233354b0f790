"""Planning: ask the model, refuse what cannot be carried out, store the plan and release its first tasks."""

import json
from dataclasses import dataclass
from typing import Final

from pydantic import ValidationError

from pm_agent.validation import faults
from shared.errors import Terminal
from shared.language_model.asking import ask
from shared.language_model.port import FinishReason, LanguageModel, Prompt, Remaining, Reply
from shared.models.messages import PlanRequested, TaskReady
from shared.models.plan import Plan
from shared.models.project import Project, StoredObject, TokenUsage
from shared.models.records import TaskRecord
from shared.models.workflow import ProjectStatus
from shared.projects import Changes, pending
from shared.prompts import as_data, load, tag_for
from shared.storage.objects import Objects

ROUNDS: Final = 2
"""The first answer, and one with its faults pointed out."""


@dataclass(frozen=True)
class Planned:
    """A plan that can be carried out, as stored."""

    plan: Plan
    stored: StoredObject
    tokens: TokenUsage


class PmAgent:
    """Plans a project."""

    name = "pm"
    status = ProjectStatus.PLANNING

    def __init__(self, objects: Objects, model: LanguageModel) -> None:
        self._objects = objects
        self._model = model

    def work(self, message: PlanRequested, project: Project, remaining: Remaining) -> Planned:
        """Ask for a plan until one can be carried out; raises `Terminal` if none can."""
        folder = f"plans/{project.id}/{message.revision.build}"
        prompt, tokens = _question(project), TokenUsage()
        reasons: list[str] = []
        for turn in range(1, ROUNDS + 1):
            reply = ask(self._model, prompt, self._objects, f"{folder}/replies/plan-{turn}.json", remaining)
            tokens += reply.tokens
            plan, reasons = _read(reply)
            if plan is not None and not reasons:
                content = plan.model_dump_json(indent=1).encode()
                return Planned(plan, self._objects.put(f"{folder}/plan.json", content, "application/json"), tokens)
            prompt = _correction(prompt, reply, reasons)
        raise Terminal(f"No plan could be made of the requirements: {'; '.join(reasons)}.")

    def conclude(self, message: PlanRequested, project: Project, result: Planned) -> Changes:
        """The plan, its tasks, and messages for those that depend on nothing."""
        messages = {task.id: _task_ready(message, task.id) for task in result.plan.tasks}
        tasks = [
            pending(messages[task.id], TaskRecord, task_id=task.id, title=task.title) for task in result.plan.tasks
        ]
        return Changes(
            fields={"plan": result.stored.model_dump()},
            move=ProjectStatus.DEVELOPING,
            writes=tuple(tasks),
            outbox=tuple(messages[task_id] for task_id in result.plan.ready(frozenset())),
            tokens=result.tokens,
            detail=f"planned {len(tasks)} tasks: {', '.join(messages)}",
        )


def _task_ready(message: PlanRequested, task_id: str) -> TaskReady:
    return TaskReady(
        project_id=message.project_id,
        correlation_id=message.correlation_id,
        revision=message.revision,
        task_id=task_id,
    )


def _question(project: Project) -> Prompt:
    requirements = as_data("requirements", tag_for(project.requirements), project.requirements)
    return Prompt(
        system=load(__package__, "system").substitute(),
        text=load(__package__, "plan").substitute(requirements=requirements),
        schema=Plan.model_json_schema(),
    )


def _correction(prompt: Prompt, reply: Reply, reasons: list[str]) -> Prompt:
    text = load(__package__, "correction").substitute(
        question=prompt.text,
        answer=as_data("answer", tag_for(reply.text), reply.text),
        reasons="\n".join(f"- {reason}" for reason in reasons),
    )
    return Prompt(system=prompt.system, text=text, schema=prompt.schema)


def _read(reply: Reply) -> tuple[Plan | None, list[str]]:
    """The plan in a reply, and what is wrong with it; a reply that was cut off is never read."""
    if reply.finish_reason is FinishReason.BLOCKED:
        raise Terminal(f"The model refused to plan this ({reply.detail}); word the requirements differently.")
    if reply.finish_reason is not FinishReason.STOP:
        return None, [f"the answer was cut off ({reply.detail}); plan fewer or smaller tasks"]
    try:
        plan = Plan.model_validate(json.loads(reply.text))
    except ValueError as error:
        return None, _shape_faults(error)
    return plan, faults(plan)


def _shape_faults(error: ValueError) -> list[str]:
    if isinstance(error, ValidationError):
        return [f"{'.'.join(map(str, fault['loc'])) or 'the plan'}: {fault['msg']}" for fault in error.errors()[:20]]
    return [f"the answer is not JSON: {error}"]
