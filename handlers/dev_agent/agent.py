"""Developing one task: ask the model with what the task may see, take its files, release what waited for them."""

from dataclasses import dataclass
from typing import Final

from dev_agent.acceptance import objections
from dev_agent.envelopes import GeneratedFile, MalformedReply, extract
from dev_agent.prompting import question, retry, visible_paths
from shared.errors import Retryable, Terminal
from shared.language_model.asking import ask
from shared.language_model.port import FinishReason, LanguageModel, Remaining, Reply
from shared.models.messages import TaskReady, TestRequested
from shared.models.plan import Plan, PlannedTask
from shared.models.project import Project, TokenUsage
from shared.models.records import FileRecord, PlanRecord, TestRecord
from shared.models.workflow import ProjectStatus
from shared.projects import Changes, Projects, pending, plan_progress, stored_file
from shared.source_files import content_type_of, language_of
from shared.storage.objects import Objects, read_named

ROUNDS: Final = 2
"""The first answer, and one with the objections pointed out."""


@dataclass(frozen=True)
class Developed:
    """A task's files, stored."""

    plan: Plan
    files: tuple[FileRecord, ...]
    tokens: TokenUsage


class DevAgent:
    """Develops tasks."""

    name = "dev"
    status = ProjectStatus.DEVELOPING

    def __init__(self, projects: Projects, objects: Objects, model: LanguageModel) -> None:
        self._projects = projects
        self._objects = objects
        self._model = model

    def work(self, message: TaskReady, project: Project, remaining: Remaining) -> Developed:
        """Ask for the task's files until they can be taken; raises `Terminal` if they cannot."""
        plan = self._plan(self._record(message))
        task = plan.task(message.task_id)
        shown = {path: self._text(project, path) for path in visible_paths(plan, task)}
        prompt, tag = question(project, plan, task, shown)
        tokens = TokenUsage()
        reasons: list[str] = []
        for turn in range(1, ROUNDS + 1):
            key = f"plans/{project.id}/{message.revision.build}/replies/{message.revision}-{task.id}-{turn}.json"
            reply = ask(self._model, prompt, self._objects, key, remaining)
            tokens += reply.tokens
            files, reasons = _read(reply, tag, task)
            if not reasons:
                return Developed(plan, tuple(self._store(message, project, file) for file in files), tokens)
            prompt = retry(prompt, reasons)
        raise Terminal(f"The task {task.id} could not be developed: {'; '.join(reasons)}.")

    def conclude(self, message: TaskReady, project: Project, result: Developed) -> Changes:
        """The files, the plan's progress, and what the end of this task makes due: other tasks, or the test."""
        record = self._record(message)
        before = frozenset(record.done)
        after = before | {message.task_id}
        last = len(after) == len(result.plan.tasks)
        released = [task_id for task_id in result.plan.ready(after) if task_id not in result.plan.ready(before)]
        test = TestRequested(**_head(message))
        return Changes(
            fields={"files": [file.model_dump(mode="json") for file in result.files]},
            move=ProjectStatus.TESTING if last else None,
            writes=(
                plan_progress(project.id, record, message.task_id),
                *(stored_file(project.id, file) for file in result.files),
                *([pending(test, TestRecord)] if last else []),
            ),
            outbox=(test,) if last else tuple(TaskReady(**_head(message), task_id=task_id) for task_id in released),
            tokens=result.tokens,
            detail=f"wrote {', '.join(file.path for file in result.files)}",
        )

    def _record(self, message: TaskReady) -> PlanRecord:
        record = self._projects.plan(message.project_id, message.revision.build)
        if record is None or record.plan is None:
            raise Retryable("the plan is not there")
        return record

    def _plan(self, record: PlanRecord) -> Plan:
        if record.plan is None:
            raise Retryable("the plan is not there")
        return Plan.model_validate_json(read_named(self._objects, record.plan))

    def _text(self, project: Project, path: str) -> str:
        file = self._projects.file(project.id, path)
        if file is None:
            raise Retryable(f"the file {path} is not there")
        return read_named(self._objects, file.object).decode()

    def _store(self, message: TaskReady, project: Project, file: GeneratedFile) -> FileRecord:
        content = file.content.encode()
        key = f"projects/{project.id}/{message.revision}/{file.path}"
        return FileRecord(
            path=file.path,
            language=language_of(file.path, file.content),
            revision=message.revision,
            object=self._objects.put(key, content, content_type_of(file.path)),
        )


def _head(message: TaskReady) -> dict[str, object]:
    return {
        "project_id": message.project_id,
        "correlation_id": message.correlation_id,
        "revision": message.revision,
    }


def _read(reply: Reply, tag: str, task: PlannedTask) -> tuple[list[GeneratedFile], list[str]]:
    """The files in a reply, and why they cannot be taken; a reply that was cut off is never read."""
    if reply.finish_reason is FinishReason.BLOCKED:
        raise Terminal(f"The model refused to write the task {task.id} ({reply.detail}); word the requirements anew.")
    if reply.finish_reason is not FinishReason.STOP:
        return [], [f"the answer was cut off ({reply.detail}); write the files more briefly"]
    try:
        files = extract(reply.text, tag, tuple(file.path for file in task.files))
    except MalformedReply as fault:
        return [], [str(fault)]
    return files, objections(files, task)
