"""The meter's ledger: the caller and project of each call, with nothing counted twice or lost."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import JsonValue

from agenticai.emulator.core.usage_records import RunningInvocation
from agenticai.emulator.engines.function import FunctionError, Invocation, InvocationOutcome
from agenticai.emulator.meter.ledger import INVOCATIONS_KEPT, Ledger
from agenticai.emulator.meter.sums import MeteredCall
from agenticai.emulator.spool.file import Spool
from agenticai.emulator.spool.shelf import Shelf
from tests.emulator.examples import FUNCTION

ONE = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
TWO = "01BX5ZZKBKACTAV9WEVGEMMVRZ"
NOW = datetime(2026, 11, 23, tzinfo=UTC)
PUT = MeteredCall("s3", "PutObject", request_bytes=10, response_bytes=1)


def run(
    ledger: Ledger, event: JsonValue, *calls: MeteredCall, result: JsonValue = None, error: str | None = None
) -> None:
    """Record one invocation in the environment whose token is `token`."""
    invocation = Invocation("request", event, FUNCTION.arn)
    failure = FunctionError(error, "") if error else None
    outcome = InvocationOutcome(result, failure, "", init_ms=99.5, duration_ms=400.1, ended=False)
    ledger.record_invocation_start("token", invocation, NOW)
    for call in calls:
        ledger.record(call, token="token")
    ledger.record_invocation_end("token", FUNCTION, invocation, outcome, NOW)


@pytest.fixture
def ledger() -> Ledger:
    ledger = Ledger()
    ledger.record_environment_start("token", FUNCTION)
    return ledger


def test_calls_are_the_functions_and_its_projects(ledger: Ledger) -> None:
    run(ledger, {"project_id": ONE}, PUT, PUT)
    run(ledger, {"project_id": TWO}, PUT)
    (row,) = ledger.report_usage(ONE).calls
    assert (row.caller, row.function, row.calls, row.request_bytes, row.response_bytes) == ("function", "dev", 2, 20, 2)
    assert ledger.report_usage(TWO).total_calls == 1
    assert ledger.report_usage().total_calls == 3


def test_the_usage_of_every_project_is_that_of_each(ledger: Ledger) -> None:
    run(ledger, {"project_id": ONE}, PUT, PUT)
    run(ledger, {"project_id": TWO}, PUT)
    run(ledger, {}, PUT)
    ledger.record_invocation_start("token", Invocation("r", {"project_id": TWO}, FUNCTION.arn), NOW)
    ledger.record(PUT, token="token")
    told = ledger.report_usage_by_project()
    assert told.total == ledger.report_usage()
    assert told.projects == (ledger.report_usage(ONE), ledger.report_usage(TWO))
    assert [used.total_calls for used in told.projects] == [2, 2]


def test_a_later_look_gets_the_projects_that_used_something_since(ledger: Ledger) -> None:
    run(ledger, {"project_id": ONE}, PUT)
    run(ledger, {"project_id": TWO}, PUT)
    first = ledger.report_usage_by_project()
    assert ledger.report_usage_by_project(first.next).projects == ()
    run(ledger, {"project_id": TWO}, PUT)
    later = ledger.report_usage_by_project(first.next)
    assert later.projects == (ledger.report_usage(TWO),)
    ledger.record_invocation_start("token", Invocation("r", {"project_id": ONE}, FUNCTION.arn), NOW)
    assert ledger.report_usage_by_project(later.next).projects == (ledger.report_usage(ONE),), "it runs"


def test_forgotten_usage_is_another_book(ledger: Ledger) -> None:
    run(ledger, {"project_id": ONE}, PUT)
    first = ledger.report_usage_by_project()
    ledger.forget_usage()
    after = ledger.report_usage_by_project()
    assert (after.projects, after.total.total_calls) == ((), 0)
    assert after.book != first.book


def test_a_create_requests_calls_belong_to_the_project_it_made(ledger: Ledger) -> None:
    run(ledger, {"path": "/api/projects"}, PUT, result={"statusCode": 201, "body": f'{{"project_id": "{ONE}"}}'})
    assert ledger.report_usage(ONE).calls_by_service == {"s3": 1}


def test_a_running_invocations_calls_are_counted_already(ledger: Ledger) -> None:
    ledger.record_invocation_start("token", Invocation("r", {"project_id": ONE}, FUNCTION.arn), NOW)
    ledger.record(PUT, token="token")
    assert ledger.report_usage(ONE).total_calls == 1
    assert ledger.report_usage().total_calls == 1


def test_a_functions_use_is_billed_by_the_started_millisecond_with_init(ledger: Ledger) -> None:
    run(ledger, {"project_id": ONE}, error="ValueError")
    (row,) = ledger.report_usage(ONE).functions
    assert (row.invocations, row.errors, row.cold_starts, row.billed_ms) == (1, 1, 1, 500)
    assert row.gb_seconds == ledger.report_usage(ONE).gb_seconds == 1.0
    (done,) = ledger.list_invocations()
    assert (done.function, done.version, done.error_type, done.project_id) == ("dev", "3", "ValueError", ONE)


def test_what_failed_is_kept_longer_than_what_ended_well(ledger: Ledger) -> None:
    run(ledger, {"Records": [{"messageId": "m1"}]}, error="Runtime.ExitError")
    for _ in range(INVOCATIONS_KEPT):
        run(ledger, {})
    first, *others = ledger.list_invocations()
    assert (first.error_type, first.message_ids) == ("Runtime.ExitError", ("m1",))
    assert [one.error_type for one in others] == [None] * INVOCATIONS_KEPT


def test_errors_are_counted_by_code(ledger: Ledger) -> None:
    run(ledger, {}, PUT, MeteredCall("s3", "PutObject", error="NoSuchBucket"))
    assert ledger.report_usage().calls[0].errors == {"NoSuchBucket": 1}


def test_a_clients_calls_and_an_event_source_mappings_are_told_apart(ledger: Ledger) -> None:
    ledger.record(PUT, token="unknown", project_id=ONE)
    ledger.record_poll(MeteredCall("sqs", "ReceiveMessage"), "dev", ONE)
    rows = [(row.service, row.caller, row.function) for row in ledger.report_usage(ONE).calls]
    assert rows == [("s3", "client", None), ("sqs", "event source mapping", "dev")]


def test_what_an_ended_environment_called_in_its_init_stays_counted(ledger: Ledger) -> None:
    ledger.record(PUT, token="token")
    ledger.record_environment_end("token")
    assert ledger.report_usage().total_calls == 1


def test_what_is_forgotten_is_counted_no_more(ledger: Ledger) -> None:
    run(ledger, {"project_id": ONE}, PUT)
    ledger.record(PUT, token="token")
    ledger.forget_usage()
    assert (ledger.report_usage().calls, ledger.report_usage(ONE).calls, ledger.list_invocations()) == ((), (), ())
    run(ledger, {"project_id": ONE}, PUT)
    assert (
        ledger.report_usage().total_calls,
        ledger.report_usage(ONE).total_calls,
        len(ledger.list_invocations()),
    ) == (1, 1, 1)


def test_every_project_is_known_however_many_came_after_it(tmp_path: Path) -> None:
    with Spool(tmp_path) as spool:
        full = Ledger(Shelf(spool, held=1))
        for project_id in (ONE, TWO, ONE):
            full.record(PUT, project_id=project_id)
        assert [full.report_usage(project_id).total_calls for project_id in (ONE, TWO, None)] == [2, 1, 3]


def test_a_functions_own_variables_do_not_cover_reserved_ones() -> None:
    seen = FUNCTION.build_variables(endpoint_url="http://127.0.0.1:1", session_token="t", log_stream="s")
    assert (seen["OWN"], seen["AWS_REGION"], seen["AWS_SESSION_TOKEN"]) == ("1", "us-east-1", "t")


def test_programs_of_this_machine_are_found_after_those_of_the_system() -> None:
    seen = FUNCTION.build_variables(
        endpoint_url="http://127.0.0.1:1", session_token="t", log_stream="s", programs=["/n"]
    )
    assert seen["PATH"].split(":") == ["/usr/local/bin", "/usr/bin", "/bin", "/n"]


def test_what_runs_is_told_with_how_the_latest_ones_ended(ledger: Ledger) -> None:
    run(ledger, {"project_id": ONE}, PUT, error="ValueError")
    assert not ledger.list_activity()[0].gave_back
    returned: JsonValue = {"batchItemFailures": [{"itemIdentifier": "1"}]}
    run(ledger, {"project_id": TWO}, MeteredCall("s3", "PutObject", error="SlowDown"), result=returned)
    ledger.record_invocation_start("token", Invocation("now", {"project_id": ONE}, FUNCTION.arn), NOW)
    ledger.record(MeteredCall("s3", "PutObject", error="SlowDown"), token="token")
    (told,) = ledger.list_activity()
    assert told.running == (RunningInvocation(request_id="now", started_at=NOW, project_id=ONE),)
    assert (told.function, told.finished, told.errors) == ("dev", 2, {"SlowDown": 2})
    assert told.last
    assert told.failed
    assert (told.last.project_id, told.failed.project_id, told.failed.error_type) == (TWO, ONE, "ValueError")
    assert told.gave_back == told.last


def test_what_ended_or_was_forgotten_does_not_run(ledger: Ledger) -> None:
    run(ledger, {"project_id": ONE}, error="ValueError")
    ledger.forget_usage()
    (told,) = ledger.list_activity()
    assert (told.running, told.finished, told.last, told.failed, told.errors) == ((), 0, None, None, {})
    ledger.record_environment_end("token")
    assert ledger.list_activity() == ()


def test_an_environment_of_the_same_token_takes_the_place_of_the_one_before_whose_calls_stay_counted() -> None:
    ledger = Ledger()
    ledger.record_environment_start("token", FUNCTION)
    ledger.record(PUT, token="token")
    ledger.record_environment_start("token", FUNCTION)
    ledger.record(PUT, token="token")
    ledger.record_environment_end("token")
    assert [line.calls for line in ledger.report_usage().calls] == [2]


def test_a_function_whose_environments_are_gone_is_known_by_its_last_invocation(ledger: Ledger) -> None:
    run(ledger, {})
    ledger.record_environment_end("token")
    (function,) = ledger.list_activity()
    assert (function.function, function.running, function.finished) == (FUNCTION.name, (), 1)


def test_a_call_without_bodies_has_no_bytes(ledger: Ledger) -> None:
    ledger.record(MeteredCall("s3", "HeadObject"))
    (row,) = ledger.report_usage().calls
    assert (row.request_bytes, row.response_bytes, row.errors, row.calls) == (0, 0, {}, 1)


def test_the_capacity_that_the_engine_reports_is_billed(ledger: Ledger) -> None:
    ledger.record(MeteredCall("dynamodb", "Query", capacity=0))
    ledger.record(MeteredCall("dynamodb", "Query", capacity=2.5))
    assert ledger.report_usage().calls[0].units == 2.5
