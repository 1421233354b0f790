"""Planning: asks the model, refuses plans that cannot be carried out, stores the plan and releases its first tasks."""

from dataclasses import dataclass

from pydantic import ValidationError

from pm_agent.questions import make_change_prompt, make_correction_prompt, make_project_prompt
from pm_agent.validation import find_faults
from shared.items import put_pending
from shared.language_model.asking import NoUsableReply, ask, ask_twice
from shared.language_model.json_reply import read_json
from shared.language_model.port import Delivery, FinishReason, LanguageModel, Prompt, Reply
from shared.manifests import pin_manifest
from shared.models import layout
from shared.models.errors import Retryable, Terminal
from shared.models.messages import PlanRequested, TaskReady
from shared.models.plan import Plan
from shared.models.project import Project, StoredObject
from shared.models.records import ChangeRecord, Manifest, TaskRecord
from shared.models.workflow import ProjectStatus
from shared.projects import Projects
from shared.storage.objects import Objects, read_named
from shared.works import Changes


@dataclass(frozen=True)
class Planned:
    """An executable plan and the files that it starts from, as stored."""

    plan: Plan
    stored: StoredObject
    base: StoredObject | None


class PmAgent:
    """Plans projects, and changes to them."""

    name = "pm"
    status = ProjectStatus.PLANNING

    def __init__(self, projects: Projects, objects: Objects, model: LanguageModel) -> None:
        self._projects = projects
        self._objects = objects
        self._model = model

    def work(self, message: PlanRequested, project: Project, delivery: Delivery) -> Planned:
        """Ask for a plan, at most twice. Raises `Terminal` if no plan can be carried out."""
        build = message.revision.build
        base, stored_base = self._pin_base(message)
        existing = frozenset(base.by_path() if base else ())

        def reply_to(prompt: Prompt, turn: int) -> Reply:
            key = layout.reply_object(project.id, build, project.retries, f"plan-{turn}.json")
            return ask(self._model, prompt, self._objects, key, delivery)

        try:
            plan = ask_twice(
                self._make_prompt(message, project, base),
                reply_to,
                lambda reply: read_plan(reply, existing),
                make_correction_prompt,
            )
        except NoUsableReply as fault:
            raise Terminal(f"No plan could be made of the requirements: {fault}.") from fault
        content = plan.model_dump_json(indent=1).encode()
        key = layout.plan_object(project.id, build, "plan.json")
        return Planned(plan, self._objects.put(key, content, "application/json"), stored_base)

    def _pin_base(self, message: PlanRequested) -> tuple[Manifest | None, StoredObject | None]:
        """Return the files that a change starts from; none for a new project."""
        build = message.revision.build
        if build == 1:
            return None, None
        key = layout.plan_object(message.project_id, build, "base.json")
        return pin_manifest(self._projects, self._objects, message.project_id, key)

    def _make_prompt(self, message: PlanRequested, project: Project, base: Manifest | None) -> Prompt:
        if base is None:
            return make_project_prompt(project)
        change = self._projects.get_change(project.id, message.revision.build)
        if change is None:
            raise Retryable("the change request is not there")
        texts = {file.path: read_named(self._objects, file.object).decode(errors="replace") for file in base.files}
        return make_change_prompt(project, change, self._read_plans(project.id, change), base.files, texts)

    def _read_plans(self, project_id: str, change: ChangeRecord) -> list[Plan]:
        """Return the first plan, and the plan of the last build before the change, if they are known."""
        builds = sorted({1, change.before.revision.build if change.before else 1})
        records = [self._projects.get_plan(project_id, build) for build in builds]
        stored = [record.plan for record in records if record and record.plan]
        return [Plan.model_validate_json(read_named(self._objects, plan)) for plan in stored]

    def conclude(self, message: PlanRequested, project: Project, result: Planned) -> Changes:
        """Return the plan, its tasks, and messages for tasks without dependencies."""
        messages = {task.id: TaskReady(**message.head(), task_id=task.id) for task in result.plan.tasks}
        tasks = [
            put_pending(messages[task.id], TaskRecord, task_id=task.id, title=task.title) for task in result.plan.tasks
        ]
        return Changes(
            fields={
                "plan": result.stored.model_dump(),
                "base": result.base.model_dump() if result.base else None,
            },
            move=ProjectStatus.DEVELOPING,
            writes=tuple(tasks),
            outbox=tuple(messages[task_id] for task_id in result.plan.list_ready(frozenset())),
            detail=f"planned {len(tasks)} {'task' if len(tasks) == 1 else 'tasks'}: {', '.join(messages)}",
        )


def read_plan(reply: Reply, existing: frozenset[str]) -> tuple[Plan | None, list[str]]:
    """Return the plan in a reply, and its faults; a reply that was cut off is never read."""
    if reply.finish_reason is FinishReason.BLOCKED:
        raise Terminal(f"The model refused to plan this ({reply.detail}); word the requirements differently.")
    if reply.finish_reason is not FinishReason.STOP:
        return None, [f"the answer was cut off ({reply.detail}); plan fewer or smaller tasks"]
    try:
        plan = Plan.model_validate(read_json(reply.text))
    except ValueError as error:
        return None, _find_shape_faults(error)
    return plan, find_faults(plan, existing)


def _find_shape_faults(error: ValueError) -> list[str]:
    if isinstance(error, ValidationError):
        return [f"{'.'.join(map(str, fault['loc'])) or 'the plan'}: {fault['msg']}" for fault in error.errors()[:20]]
    return [str(error)]
