"""Plans that cannot be carried out, and the reasons given to the model."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pm_agent.validation import find_faults
from shared.models.plan import FileAction, Plan, PlannedFile, PlannedTask, TaskType


def task(
    task_id: str, *paths: str, after: Sequence[str] = (), action: FileAction = FileAction.CREATE, criteria: int = 1
) -> PlannedTask:
    return PlannedTask(
        id=task_id,
        title="A task",
        type=TaskType.CODE,
        language="python",
        depends_on=tuple(after),
        files=tuple(PlannedFile(path=path, action=action, purpose="counts") for path in paths),
        acceptance_criteria=("it counts",) * criteria,
    )


def plan(*tasks: PlannedTask, assumptions: int = 0) -> Plan:
    return Plan(summary="A plan.", assumptions=("a",) * assumptions, shared_contract="", tasks=tasks)


def test_a_diamond_of_tasks_can_be_carried_out() -> None:
    top, left, right = task("a", "a.py"), task("b", "b.py", after=["a"]), task("c", "c.py", after=["a"])
    assert find_faults(plan(top, left, right, task("d", "d.py", after=["b", "c", "a"]))) == []


@pytest.mark.parametrize(
    ("tasks", "reason"),
    [
        ([], "there are 0 tasks; 1 to 20 are possible"),
        ([task(f"t{n}", f"{n}.py") for n in range(21)], "there are 21 tasks; 1 to 20 are possible"),
        ([task("a")], "task a has 0 files; 1 to 8 are possible"),
        ([task("a", *(f"{n}.py" for n in range(9)))], "task a has 9 files; 1 to 8 are possible"),
        ([task("a", "a.py", criteria=21)], "task a has 21 acceptance criteria; at most 20 are possible"),
        ([task("a", "a.py"), task("a", "b.py")], "the task id a is used 2 times"),
        ([task("a", "a.py", after=["b"])], "task a depends on b, which is not a task"),
        ([task("a", "a.py", after=["a"])], "these tasks depend on each other in a circle: a"),
        (
            [task("a", "a.py", after=["c"]), task("b", "b.py", after=["a"]), task("c", "c.py", after=["b"])],
            "these tasks depend on each other in a circle: a, b, c",
        ),
        ([task("a", "../a.py")], "path '../a.py' has an empty, . or .. segment"),
        ([task("a", "a\ud800.py")], "path 'a\\ud800.py' has a control, format or unassigned character"),
        ([task("a", "a.py"), task("b", "A.py")], "path 'A.py' is named twice (also as 'a.py')"),
        ([task("a", "caf\u00e9.py", "cafe\u0301.py")], "path 'cafe\\u0301.py' is not in Unicode normal form C"),
        ([task("a", "a"), task("b", "a/b.py")], "path 'a/b.py' needs a folder where 'a' is a file"),
        ([task("a", "a.py", action=FileAction.MODIFY)], "a.py has the action modify, but there is no such file"),
        ([task("a", "a.py", action=FileAction.DELETE)], "a.py has the action delete, but there is no such file"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(tasks: list[PlannedTask], reason: str) -> None:
    assert reason in find_faults(plan(*tasks))


def test_a_plan_may_be_as_large_as_is_said() -> None:
    first = task("t0", *(f"0{n}.py" for n in range(8)), criteria=20)
    assert find_faults(plan(first, *(task(f"t{n}", f"{n}.py") for n in range(1, 20)), assumptions=50)) == []


def test_too_many_assumptions_are_refused() -> None:
    expected = ["there are 51 assumptions; at most 50 are possible"]
    assert find_faults(plan(task("a", "a.py"), assumptions=51)) == expected


def test_a_change_is_held_against_the_files_that_exist() -> None:
    existing = frozenset({"a.py", "b/c.py"})
    modifying = task("m", "a.py", action=FileAction.MODIFY)
    assert (
        find_faults(plan(modifying, task("n", "b/c.py", action=FileAction.DELETE), task("o", "d.py")), existing) == []
    )
    assert find_faults(plan(task("o", "a.py")), existing) == [], "a file that exists may be written anew"
    assert find_faults(plan(task("o", "A.py")), existing) == ["path 'A.py' is named twice (also as 'a.py')"]
    assert find_faults(plan(task("o", "b")), existing) == ["path 'b' is a file where 'b/c.py' needs a folder"]
    many = frozenset(f"f{number}.py" for number in range(200))
    assert find_faults(plan(task("o", "one-more.py")), many) == [
        "201 files are more than the 200 that a project may have"
    ]


@given(st.lists(st.lists(st.sampled_from("abcde"), max_size=3), min_size=1, max_size=5))
def test_a_plan_without_faults_is_carried_out_to_its_end(depends_on: list[list[str]]) -> None:
    ids = "abcde"[: len(depends_on)]
    tasks = [task(task_id, f"{task_id}.py", after=after) for task_id, after in zip(ids, depends_on, strict=True)]
    checked, done = plan(*tasks), frozenset[str]()
    while ready := checked.list_ready(done):
        done |= {*ready}
    assert (len(done) == len(tasks)) is not bool(find_faults(checked))
