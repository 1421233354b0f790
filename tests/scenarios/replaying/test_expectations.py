"""A scenario's result is compared with what its file expects."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from agenticai.emulator.core.usage_records import CallCount, FunctionUsage, Usage
from agenticai.emulator.faults.rules import Fired
from agenticai.scenarios.format.scenario import Scenario
from agenticai.scenarios.replaying.expectations import ScenarioOutcome, find_unmet
from agenticai.scenarios.replaying.outcome import AwsUse, ReplayedProject
from runner.sandbox.report import TestResult
from runner.sandbox.verdict import TestRun
from shared.models.events import EventType, TimelineEvent
from shared.models.project import Failure, Revision, TokenUsage
from shared.models.views import ProjectView
from shared.models.workflow import ProjectStatus

AT = datetime(2026, 1, 1, tzinfo=UTC)
VIEW = ProjectView(
    id="0" * 26,
    name="demo",
    requirements="A program.",
    template=None,
    status=ProjectStatus.COMPLETED,
    revision=Revision(build=1, round=2),
    created_at=AT,
    updated_at=AT,
    score=90,
    failure=None,
    tokens=TokenUsage(),
)
FAILED = VIEW.model_copy(
    update={
        "status": ProjectStatus.FAILED,
        "revision": Revision(build=1),
        "score": None,
        "failure": Failure(step="pm", reason="no plan"),
    }
)
PASSED = TestResult("t", "passed", 0.0, "")
PROJECT = ReplayedProject(
    id=VIEW.id,
    view=VIEW,
    events=(),
    usage=Usage(project_id=VIEW.id, calls=(), functions=()),
    files=frozenset({"a.py", "b.py"}),
    project_type="package",
    tests=TestRun((PASSED,)),
)
OUTCOME = ScenarioOutcome({"demo": PROJECT}, {"pm": (), "dev": ()}, (), AwsUse())


def scenario(expect: dict[str, Any] | None = None, **more: Any) -> Scenario:
    projects = {"demo": {"name": "Demo", "requirements": "A program."}}
    return Scenario.model_validate(
        {"name": "s", "description": "d", "projects": projects, "expect": expect or {}, **more}
    )


def of_project(expected: dict[str, Any], project: ReplayedProject) -> list[str]:
    return list(find_unmet(scenario({"projects": {"demo": expected}}), replace(OUTCOME, projects={"demo": project})))


def test_what_is_as_expected_has_nothing_unmet() -> None:
    expected = {
        "revision": "1.2",
        "project_type": "package",
        "min_score": 90,
        "max_score": 90,
        "files": ["a.py"],
        "absent": ["c.py"],
        "tests": "python",
    }
    assert of_project(expected, PROJECT) == []
    assert of_project({}, replace(PROJECT, project_type=None, tests=None)) == []


def test_each_thing_that_is_not_as_expected_is_said() -> None:
    expected = {"revision": "1.2", "project_type": "package", "min_score": 90, "files": ["a.py"], "absent": ["c.py"]}
    came_to = replace(
        PROJECT,
        view=FAILED,
        project_type="static-site",
        files=frozenset({"c.py"}),
        tests=TestRun((PASSED, replace(PASSED, outcome="failed")), output="one failed"),
        refused=("path '/etc/passwd' is absolute",),
    )
    assert of_project(expected, came_to) == [
        "demo: It ended as FAILED and not as COMPLETED: no plan",
        "demo: Its revision is 1.0 and not 1.2.",
        "demo: Its score of None is under 90.",
        "demo: It was packaged as static-site and not as package.",
        "demo: a.py is missing.",
        "demo: c.py should not be there.",
        "demo: A file was not written: path '/etc/passwd' is absolute.",
        "demo: Its own tests do not pass:\none failed",
    ]


def test_a_score_has_two_bounds_and_a_failure_has_a_reason() -> None:
    assert of_project({"max_score": 80}, PROJECT) == ["demo: Its score of 90.0 is over 80."]
    assert of_project({"status": "FAILED", "failure": "no (plan|way)"}, replace(PROJECT, view=FAILED)) == []
    (said,) = of_project({"status": "FAILED", "failure": "quota"}, replace(PROJECT, view=FAILED))
    assert said == "demo: The reason of its failure is 'no plan', in which 'quota' is not found."


def test_a_project_is_there_or_gone_as_expected_and_was_posted() -> None:
    gone = replace(PROJECT, view=None)
    assert of_project({"gone": True}, gone) == []
    assert of_project({"gone": True}, PROJECT) == ["demo: It is still there."]
    assert of_project({}, gone) == ["demo: It is gone."]
    assert list(find_unmet(scenario(), replace(OUTCOME, projects={}))) == ["demo: It was never posted."]


def test_a_timeline_is_the_statuses_with_repeated_ones_once() -> None:
    statuses = (ProjectStatus.PLANNING, ProjectStatus.DEVELOPING, ProjectStatus.DEVELOPING, ProjectStatus.TESTING)
    events = tuple(
        TimelineEvent(id=str(n), type=EventType.WORK_DONE, at=AT, agent="dev", work="w", attempt=1, status=status)
        for n, status in enumerate(statuses)
    )
    outcome = replace(OUTCOME, projects={"demo": replace(PROJECT, events=events)})
    assert list(find_unmet(scenario({"timeline": {"demo": ["PLANNING", "DEVELOPING", "TESTING"]}}), outcome)) == []
    (said,) = find_unmet(scenario({"timeline": {"demo": ["PLANNING", "TESTING"]}}), outcome)
    assert said == "demo: Its timeline was PLANNING → DEVELOPING → TESTING and not PLANNING → TESTING."


def test_dead_letters_are_counted_and_read() -> None:
    letters = replace(OUTCOME, dead_letters={"pm": (), "dev": ("not json", "{}")})
    assert list(find_unmet(scenario({"dead_letters": {"dev": 2}}), letters)) == []
    assert list(find_unmet(scenario(), letters)) == [
        "The dev dead-letter queue holds 2 messages and not 0:\nnot json\n{}"
    ]
    assert list(find_unmet(scenario({"dead_letters": {"pm": 1}}), OUTCOME)) == [
        "The pm dead-letter queue holds 0 messages and not 1"
    ]
    (said,) = find_unmet(scenario({"dead_letters": {"dev": {"count": 2, "body": "^not"}}}), letters)
    assert said == "A dead letter of dev does not say '^not': {}"


def test_alarms_have_the_states_that_are_expected() -> None:
    expected = scenario({"alarms": {"dev-dlq": "OK", "pm-age": "ALARM"}})
    as_expected = replace(OUTCOME, alarms={"dev-dlq": "OK", "pm-age": "ALARM"})
    assert list(find_unmet(expected, as_expected)) == []
    assert list(find_unmet(expected, replace(as_expected, alarms={"dev-dlq": "ALARM", "pm-age": "ALARM"}))) == [
        "The alarm dev-dlq is ALARM and not OK."
    ]


def test_figures_have_bounds_and_leave_out_what_the_bench_looked_at() -> None:
    def calls(service: str, caller: str, number: int) -> CallCount:
        row = {"service": service, "operation": "GetItem", "caller": caller, "function": None, "calls": number}
        return CallCount.model_validate({**row, "errors": {}, "request_bytes": 0, "response_bytes": 0, "units": number})

    function = FunctionUsage(
        function="f", invocations=1, errors=0, cold_starts=0, duration_ms=1, billed_ms=1, gb_seconds=3
    )
    rows = (calls("dynamodb", "function", 5), calls("dynamodb", "client", 100), calls("execute-api", "client", 1))
    used = AwsUse.of([Usage(project_id=None, calls=rows, functions=(function,))])
    outcome = replace(OUTCOME, used=used)
    assert used.calls_by_service == {"dynamodb": 5, "execute-api": 1}
    within = {"calls": {"dynamodb": {"min": 5, "max": 5}, "s3": {"max": 0}}, "gb_seconds": {"max": 3}}
    assert list(find_unmet(scenario(within), outcome)) == []
    outside = {"calls": {"dynamodb": {"max": 4}, "s3": {"min": 1}}, "gb_seconds": {"max": 2}, "cost_usd": {"max": 0}}
    assert [sentence.rpartition(" is ")[0] for sentence in find_unmet(scenario(outside), outcome)] == [
        "The number of dynamodb calls",
        "The number of s3 calls",
        "The functions' use in GB-seconds",
        "The cost in US dollars",
    ]


def test_all_faults_of_the_file_are_put_to_effect_unless_a_number_is_expected() -> None:
    faults = [{"when": {}, "then": {"do": "hang"}}, {"when": {"on": "delivery"}, "then": {"do": "duplicate"}}]
    fired = tuple(Fired(rule=rule, at=AT, function=None, what="") for rule in (1, 1, 2))
    outcome = replace(OUTCOME, fired=fired)
    assert list(find_unmet(scenario(faults=faults), outcome)) == ["Fault 1 (hang) was never applied."]
    assert list(find_unmet(scenario({"fired": 1}, faults=faults), outcome)) == []
    (said,) = find_unmet(scenario({"fired": 2}, faults=faults), outcome)
    assert said == "1 of the 2 faults were applied, and not 2."
