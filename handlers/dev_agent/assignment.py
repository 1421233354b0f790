"""What a message asks the developer for: a task of the plan, or the repair of QA's findings."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from dev_agent.prompting import Context, make_repair_prompt, make_task_prompt
from shared.language_model.port import Prompt
from shared.manifests import read_tested
from shared.models.errors import Retryable
from shared.models.messages import REPAIR, TaskReady
from shared.models.plan import FileAction, Plan, PlannedFile, PlannedTask, TaskType
from shared.models.project import Project, Revision, StoredObject
from shared.models.quality import Finding, QualityReport
from shared.models.records import FileRecord, Manifest, PlanRecord
from shared.projects import Projects
from shared.storage.objects import Objects, read_named

MAX_REPAIRED_FILES: Final = 8
MAX_REPAIRED_FINDINGS: Final = 40

Ask = Callable[[PlannedTask, Context, Collection[str]], tuple[Prompt, str]]


@dataclass(frozen=True)
class Assignment:
    """A task, what the model sees of the project, and the function that makes a prompt of both.

    An answer may omit the files in `optional`.
    """

    plan: Plan
    task: PlannedTask
    context: Context
    ask: Ask
    optional: frozenset[str] = frozenset()

    def make_prompt(self) -> tuple[Prompt, str]:
        """Return the prompt, and the tag of the envelopes that its answer must use."""
        return self.ask(self.task, self.context, self.optional)

    @property
    def previous(self) -> dict[str, str]:
        """The current texts of the files that the task modifies."""
        return {file.path: self.context.shown[file.path] for file in self.task.files if file.path in self.context.shown}

    @property
    def written(self) -> tuple[PlannedFile, ...]:
        """The files that an answer must contain, unless they are optional."""
        return tuple(file for file in self.task.files if file.action is not FileAction.DELETE)

    def narrow_to_file(self, file: PlannedFile) -> "Assignment":
        """Return the assignment for one of its files alone, after an answer that was too long."""
        return replace(self, task=self.task.model_copy(update={"files": (file,)}), optional=frozenset())


class Assignments:
    """Reads what an assignment needs from the table and the bucket."""

    def __init__(self, projects: Projects, objects: Objects) -> None:
        self._projects = projects
        self._objects = objects

    def make_assignment(self, message: TaskReady, project: Project) -> Assignment:
        """Return the assignment of a message. Raises `Retryable` if something that it needs does not exist yet."""
        record = self.get_plan_record(message)
        plan = Plan.model_validate_json(self._read_object(record.plan))
        if message.revision.round:
            return self._make_repair_assignment(message, project, plan)
        return self._make_task_assignment(project, plan, plan.find_task(message.task_id), record)

    def get_plan_record(self, message: TaskReady) -> PlanRecord:
        """Return the current record of the message's plan."""
        record = self._projects.get_plan(message.project_id, message.revision.build)
        if record is None:
            raise Retryable("the plan is not there")
        return record

    def _make_task_assignment(self, project: Project, plan: Plan, task: PlannedTask, record: PlanRecord) -> Assignment:
        """Return a task's assignment.

        The model sees the full text of files that the task modifies or that its dependencies wrote, and the outline of
        all others.
        """
        base = Manifest.model_validate_json(self._read_object(record.base)).by_path() if record.base else {}
        written_before = find_visible_paths(plan, task)
        modified = [file.path for file in task.files if file.path in base and file.path not in written_before]
        written = self._read_written(project, record.revision)
        shown = {path: self._read_text(written[path]) for path in written_before if path in written}
        shown |= {path: self._read_text(base[path]) for path in modified}
        outlined = {path: self._read_text(file) for path, file in base.items() if path not in shown}
        return Assignment(
            plan,
            task,
            Context(shown, outlined),
            lambda task, context, _: make_task_prompt(project, plan, task, context),
        )

    def _make_repair_assignment(self, message: TaskReady, project: Project, plan: Plan) -> Assignment:
        """Return a repair's assignment.

        The model sees the full text of files with findings and of their possible causes, and the outline of all others.
        A failing test and the code under test are optional: only what is wrong has to be written again.
        """
        findings = self._read_findings(message)
        concerned = [path for finding in findings for path in (finding.path, *finding.related)]
        paths = tuple(dict.fromkeys(concerned))[:MAX_REPAIRED_FILES]
        optional = frozenset(paths) - {finding.path for finding in findings if not finding.related}
        before = message.revision.model_copy(update={"round": message.revision.round - 1})
        files = read_tested(self._projects, self._objects, project.id, before).by_path()
        shown = {path: self._read_text(files[path]) for path in paths if path in files}
        outlined = {path: self._read_text(file) for path, file in files.items() if path not in shown}
        task = PlannedTask(
            id=REPAIR,
            title="Repair",
            type=TaskType.CODE,
            language="as they are",
            depends_on=(),
            files=tuple(PlannedFile(path=path, action=FileAction.MODIFY, purpose="repair it") for path in shown),
            acceptance_criteria=(),
        )
        told = [finding for finding in findings if finding.path in shown][:MAX_REPAIRED_FINDINGS]
        return Assignment(
            plan, task, Context(shown, outlined), partial(make_repair_prompt, project, plan, told), optional
        )

    def _read_findings(self, message: TaskReady) -> tuple[Finding, ...]:
        """Return QA's findings in the previous revision, errors first."""
        before = Revision(build=message.revision.build, round=message.revision.round - 1)
        test = next((test for test in self._projects.list_tests(message.project_id) if test.revision == before), None)
        return QualityReport.model_validate_json(self._read_object(test.report if test else None)).repairable

    def _read_written(self, project: Project, revision: Revision) -> dict[str, FileRecord]:
        """Return the files that finished tasks of a revision have written, by path."""
        return {file.path: file for task in self._projects.list_tasks(project.id, revision) for file in task.files}

    def _read_text(self, file: FileRecord) -> str:
        return read_named(self._objects, file.object).decode()

    def _read_object(self, stored: StoredObject | None) -> bytes:
        if stored is None:
            raise Retryable("an object that the task needs is not there")
        return read_named(self._objects, stored)


def find_visible_paths(plan: Plan, task: PlannedTask) -> tuple[str, ...]:
    """Return the paths written by this task's dependencies, direct and indirect, in plan order."""
    needed = set(task.depends_on)
    while further := {d for t in plan.tasks if t.id in needed for d in t.depends_on} - needed:
        needed |= further
    return tuple(
        file.path for t in plan.tasks if t.id in needed for file in t.files if file.action is not FileAction.DELETE
    )
