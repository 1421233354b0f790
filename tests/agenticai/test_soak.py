"""The soak test: what it counts as lost, stuck or grown, against an API in memory."""

import itertools
from datetime import UTC, datetime
from pathlib import Path

import pytest
from ulid import ULID

from agenticai.memory import Memory, measure_memory
from agenticai.scenarios.format.scenario import ScenarioProject
from agenticai.soak import Soak, describe_progress, soak, summarize
from shared.models.project import Revision, TokenUsage
from shared.models.views import ProjectPage, ProjectSummaryView, ProjectView
from shared.models.workflow import ProjectStatus

PROJECT = ScenarioProject(name="Greeting", requirements="A module that greets.")
NOW = datetime(2026, 11, 26, tzinfo=UTC)


class Api:
    """Projects that end when they are read for the second time, with some exceptions."""

    def __init__(self, **ends: ProjectStatus | None) -> None:
        self._ends = {int(number.removeprefix("_")): status for number, status in ends.items()}
        self.projects: dict[str, ProjectView] = {}
        self._reads: dict[str, int] = {}
        self.forgotten: set[int] = set()

    def create(self, name: str, requirements: str | None, template: str | None = None) -> ProjectView:
        view = ProjectView(
            id=str(ULID()),
            name=name,
            status=ProjectStatus.CREATED,
            revision=Revision(build=1),
            created_at=NOW,
            updated_at=NOW,
            score=None,
            failure=None,
            tokens=TokenUsage(),
            requirements=requirements or "",
            template=template,
        )
        self.projects[view.id] = view
        return view

    def get(self, project_id: str) -> ProjectView:
        self._reads[project_id] = self._reads.get(project_id, 0) + 1
        number = list(self.projects).index(project_id)
        end = self._ends.get(number, ProjectStatus.COMPLETED)
        ended = self._reads[project_id] > 1 and end is not None
        return self.projects[project_id].model_copy(update={"status": end} if ended else {})

    def delete(self, project_id: str) -> None:
        del self.projects[project_id]

    def list_projects(self, limit: int = 20, cursor: str | None = None) -> ProjectPage:
        """Return pages of two."""
        kept = [view for number, view in enumerate(self.projects.values()) if number not in self.forgotten]
        first = int(cursor or 0)
        items = [ProjectSummaryView.model_validate(view.model_dump(include=set(ProjectSummaryView.model_fields)))
                 for view in kept[first : first + 2]]  # fmt: skip
        return ProjectPage(items=items, next=str(first + 2) if first + 2 < len(kept) else None)


def soaked(api: Api, count: int = 5, *, delete: bool = False, memory: list[float] | None = None) -> Soak:
    held = itertools.chain(memory or [], itertools.repeat(100.0))
    seen: list[str] = []
    done = soak(
        api,
        PROJECT,
        count,
        2,
        delete=delete,
        memory=lambda: Memory(next(held), 50.0, 1),
        report=lambda soak: seen.append(describe_progress(soak)),
        wait=lambda _: None,
    )
    assert [line.split(" of ")[0].strip() for line in seen] == ["2", "4", "5"][: len(seen)]
    return done


def test_projects_are_posted_in_batches_and_read_to_their_end() -> None:
    api = Api()
    seen = soaked(api)
    assert (len(api.projects), seen.failures, len(seen.reads), seen.passed) == (5, [], 10, True)
    assert [done for done, _ in seen.memory] == [2, 4, 5]


def test_deleted_projects_are_not_looked_for() -> None:
    api = Api()
    assert soaked(api, delete=True).passed
    assert api.projects == {}


def test_what_fails_gets_stuck_or_lost_is_told() -> None:
    api = Api(_1=ProjectStatus.FAILED, _3=None)
    api.forgotten = {0, 4}
    seen = soaked(api)
    failed, stuck = list(api.projects)[1], list(api.projects)[3]
    assert seen.failures == [f"{failed} is FAILED", f"{stuck} is stuck", "2 projects are missing from the list"]
    assert not seen.passed


@pytest.mark.parametrize(("end", "passed"), [(110.0, True), (111.0, False)])
def test_memory_that_grows_after_the_first_projects_fails_it(end: float, passed: bool) -> None:
    seen = Soak(400, memory=[(100, Memory(50, 0, 0)), (200, Memory(100, 0, 0)), (400, Memory(end, 0, 0))])
    seen.reads = [0.1, 0.2]
    assert (seen.settled.engine_mb, seen.passed) == (100, passed)
    assert dict(summarize(seen))["engine"] == f"100.0 MB after 200 projects, {end:.1f} MB at the end"


def test_latencies_are_in_ms() -> None:
    seen = Soak(1, reads=[number / 1000 for number in range(101)])
    assert (seen.percentile(50), seen.percentile(99)) == pytest.approx((50, 99))
    assert Soak(1, reads=[0.5]).percentile(99) == 500


def test_the_memory_is_that_of_a_process_and_of_what_it_started(tmp_path: Path) -> None:
    for pid, children, kb in ((1, "2 3", 1024), (2, "4", 2048), (3, "", 0), (4, "", 512)):
        task = tmp_path / str(pid) / "task" / str(pid)
        task.mkdir(parents=True)
        (task / "children").write_text(children)
        if kb:
            (tmp_path / str(pid) / "smaps_rollup").write_text(f"1-2 ---p 00 [rollup]\nRss: 9 kB\nPss: {kb} kB\n")
    assert measure_memory(1, tmp_path) == Memory(engine_mb=1.0, functions_mb=2.5, functions=2)
