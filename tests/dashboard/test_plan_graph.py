"""A plan is drawn with each task's state, and its texts are never interpreted."""

import re

from agenticai.dashboard.services.plan_graph import TaskState, find_task_states, make_graph
from shared.models import layout
from shared.models.events import EventType
from shared.models.project import Revision
from shared.models.workflow import ProjectStatus
from tests.fakes.dashboard_projects import Events, plan, task

REVISION = Revision(build=1)


def test_states_follow_the_events() -> None:
    tasks = [task("done"), task("running", "done"), task("failed"), task("interrupted"), task("waiting", "running")]
    keys = {one.id: layout.task(REVISION, one.id) for one in tasks}
    events = Events().worked(keys["done"], 1, 2).add(EventType.WORK_STARTED, 3, keys["running"])
    events.add(EventType.WORK_FAILED, 4, keys["failed"], status=ProjectStatus.FAILED)
    events.add(EventType.WORK_FAILED, 4, keys["interrupted"])
    assert find_task_states(plan(*tasks), events.made, 1) == {
        "done": TaskState.DONE,
        "running": TaskState.RUNNING,
        "failed": TaskState.FAILED,
        "interrupted": TaskState.READY,
        "waiting": TaskState.WAITING,
    }


def test_titles_stay_inside_of_their_quotes() -> None:
    made = plan(task("one", title='a" shape="x\\'), task("two", "one", title="<b>&lt;\u202e\n\\N"))
    drawn = make_graph(made, find_task_states(made, [], 1))
    assert '"one" -> "two";' in drawn
    assert 'label="a\\" shape=\\"x\\\\\\none: waiting for an agent"' in drawn
    assert "&lt;b&gt;&amp;lt;" in drawn
    assert "\u202e" not in drawn
    for line in drawn.splitlines()[1:-1]:
        assert re.fullmatch(r'(\w+ \[([\w]+="(?:[^"\\]|\\.)*" ?)+\];|"(?:[^"\\]|\\.)*" (\[.*\]|-> ".*");)', line), line


def test_a_long_title_is_cut_and_an_unknown_dependency_left_out() -> None:
    made = plan(task("one", "gone", title="x" * 100))
    drawn = make_graph(made, find_task_states(made, [], 1))
    assert "x" * 39 + "…" in drawn
    assert "gone" not in drawn
