"""Development: asks the model for an assignment's files, checks them, and releases the tasks that depend on them."""

from collections.abc import Sequence
from dataclasses import dataclass

from dev_agent.acceptance import find_objections
from dev_agent.assignment import Assignment, Assignments
from dev_agent.envelopes import extract
from dev_agent.generated import GeneratedFile, MalformedReply
from dev_agent.prompting import make_retry_prompt
from shared.items import count_task_done, put_file, put_pending, remove_file
from shared.language_model.asking import NoUsableReply, ask, ask_twice
from shared.language_model.port import Delivery, FinishReason, LanguageModel, Prompt, Reply
from shared.models import layout
from shared.models.errors import Terminal
from shared.models.messages import AnyMessage, TaskReady, TestRequested
from shared.models.plan import FileAction, Plan
from shared.models.project import Project
from shared.models.records import FileRecord, TestRecord
from shared.models.workflow import ProjectStatus
from shared.projects import Projects
from shared.source_files import detect_language, find_content_type
from shared.storage.objects import Objects
from shared.storage.table import Write
from shared.works import Changes


class NoUsableAnswer(Terminal):
    """The model gave no acceptable answer."""


@dataclass(frozen=True)
class Developed:
    """An assignment's stored files, and the paths that it deletes."""

    plan: Plan
    files: tuple[FileRecord, ...]
    deleted: tuple[str, ...]


class DevAgent:
    """Develops tasks and repairs."""

    name = "dev"
    status = ProjectStatus.DEVELOPING

    def __init__(self, projects: Projects, objects: Objects, model: LanguageModel) -> None:
        self._objects = objects
        self._model = model
        self._assignments = Assignments(projects, objects)

    def work(self, message: TaskReady, project: Project, delivery: Delivery) -> Developed:
        """Ask for the assignment's files and store them. Raises `Terminal` if no answer is acceptable."""
        assignment = self._assignments.make_assignment(message, project)
        name = f"{message.revision}-{message.task_id}"
        key = layout.reply_object(project.id, message.revision.build, project.retries, name)
        files = self._generate_files(message, assignment, key, delivery)
        return Developed(
            plan=assignment.plan,
            files=tuple(self._store(message, project, file) for file in files),
            deleted=tuple(file.path for file in assignment.task.files if file.action is FileAction.DELETE),
        )

    def _generate_files(
        self, message: TaskReady, assignment: Assignment, key: str, delivery: Delivery
    ) -> Sequence[GeneratedFile]:
        if not assignment.written:
            return ()
        try:
            return self._ask(assignment, key, delivery)
        except NoUsableAnswer:
            if not message.revision.round:
                raise
            return ()  # without a usable repair the files stay as they are, and QA ends the rounds

    def _ask(self, assignment: Assignment, key: str, delivery: Delivery) -> list[GeneratedFile]:
        first, tag = assignment.make_prompt()

        def reply_to(prompt: Prompt, turn: int) -> Reply:
            return ask(self._model, prompt, self._objects, f"{key}-{turn}.json", delivery)

        def read(reply: Reply) -> tuple[list[GeneratedFile] | None, list[str]]:
            if reply.finish_reason is FinishReason.MAX_TOKENS and len(assignment.written) > 1:
                return self._ask_file_by_file(assignment, key, delivery), []
            return _read_files(reply, tag, assignment)

        try:
            return ask_twice(first, reply_to, read, lambda prompt, _, reasons: make_retry_prompt(prompt, reasons))
        except NoUsableReply as fault:
            raise NoUsableAnswer(f"The task {assignment.task.id} could not be developed: {fault}.") from fault

    def _ask_file_by_file(self, assignment: Assignment, key: str, delivery: Delivery) -> list[GeneratedFile]:
        """Ask for each file on its own, as a reply that was cut off is never read."""
        files: list[GeneratedFile] = []
        for number, file in enumerate(assignment.written, start=1):
            files += self._ask(assignment.narrow_to_file(file), f"{key}-file{number}", delivery)
        return files

    def conclude(self, message: TaskReady, project: Project, result: Developed) -> Changes:
        """Return the files, and the work that the end of this assignment releases."""
        writes, outbox, last = self._prepare_next_work(message, result)
        written = ", ".join(file.path for file in result.files)
        deleted = f"; deleted {', '.join(result.deleted)}" if result.deleted else ""
        return Changes(
            fields={"files": [file.model_dump() for file in result.files]},
            move=ProjectStatus.TESTING if last else None,
            writes=(
                *(put_file(project.id, file) for file in result.files),
                *(remove_file(project.id, path) for path in result.deleted),
                *writes,
            ),
            outbox=outbox,
            detail=f"wrote {written}{deleted}" if written else f"wrote nothing{deleted}",
        )

    def _prepare_next_work(
        self, message: TaskReady, result: Developed
    ) -> tuple[tuple[Write, ...], tuple[AnyMessage, ...], bool]:
        """Return the writes and messages that follow: the test after a repair or the last task, else released tasks."""
        test = TestRequested(**message.head())
        test_writes: tuple[Write, ...] = (put_pending(test, TestRecord),)
        if message.revision.round:
            return test_writes, (test,), True
        record = self._assignments.get_plan_record(message)
        progress: tuple[Write, ...] = (count_task_done(message.project_id, record, message.task_id),)
        before = frozenset(record.done)
        after = before | {message.task_id}
        if len(after) == len(result.plan.tasks):
            return progress + test_writes, (test,), True
        already_ready = set(result.plan.list_ready(before))
        released = [task_id for task_id in result.plan.list_ready(after) if task_id not in already_ready]
        return progress, tuple(TaskReady(**message.head(), task_id=task_id) for task_id in released), False

    def _store(self, message: TaskReady, project: Project, file: GeneratedFile) -> FileRecord:
        key = layout.code_object(project.id, message.revision, file.path)
        return FileRecord(
            path=file.path,
            language=detect_language(file.path, file.content),
            revision=message.revision,
            object=self._objects.put(key, file.content.encode(), find_content_type(file.path)),
        )


def _read_files(reply: Reply, tag: str, assignment: Assignment) -> tuple[list[GeneratedFile], list[str]]:
    """Return a reply's files, and why they cannot be accepted; a reply that was cut off is never read."""
    if reply.finish_reason is FinishReason.BLOCKED:
        raise NoUsableAnswer(
            f"The model refused to write {assignment.task.id} ({reply.detail}); word the requirements differently."
        )
    if reply.finish_reason is not FinishReason.STOP:
        return [], [f"the answer was cut off ({reply.detail}); write the files more briefly"]
    try:
        files = extract(reply.text, tag, tuple(file.path for file in assignment.written))
    except MalformedReply as fault:
        return [], [str(fault)]
    return files, find_objections(files, assignment.task, assignment.previous, assignment.optional)
