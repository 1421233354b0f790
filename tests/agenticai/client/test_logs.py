"""Log events are returned in order of time, once each, even if they arrive late."""

import contextlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest

from agenticai.client.errors import SelectionError, SettingsError
from agenticai.client.logs import FunctionLogs, before, parse_duration
from tests.fakes.queue_clients import Logs

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient

AT = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)
NAMES = {"pm": "agenticai-pm-agent-dev", "dev": "agenticai-dev-agent-dev"}


def event(seconds: float, message: str, stream: str = "s") -> dict[str, Any]:
    at = AT + timedelta(seconds=seconds)
    return {"timestamp": round(at.timestamp() * 1000), "message": message, "logStreamName": stream}


def logs(**groups: list[dict[str, Any]]) -> tuple[Logs, FunctionLogs]:
    fake = Logs(**{NAMES[short]: events for short, events in groups.items()})
    return fake, FunctionLogs(cast("CloudWatchLogsClient", fake), NAMES)


def test_events_of_several_functions_come_by_time_and_since_a_moment() -> None:
    _, reader = logs(pm=[event(-1, "before"), event(1, "a"), event(3, "c")], dev=[event(2, "b")])
    found = reader.list_events(["pm", "dev"], AT)
    assert [(one.function, one.message) for one in found] == [("pm", "a"), ("dev", "b"), ("pm", "c")]


def test_a_function_that_never_ran_has_none() -> None:
    _, reader = logs(pm=[event(1, "a")])
    assert [one.message for one in reader.list_events(["dev", "pm"], AT)] == ["a"]


def test_a_project_is_searched_for_on_the_other_side() -> None:
    fake, reader = logs(pm=[event(1, "of 01ABC"), event(2, "of another")])
    assert [one.message for one in reader.list_events(["pm"], AT, "01ABC")] == ["of 01ABC"]
    assert fake.asked[0]["filterPattern"] == '"01ABC"'


@pytest.mark.parametrize(("name", "found"), [(None, ("pm", "dev")), ("dev", ("dev",)), (NAMES["pm"], ("pm",))])
def test_functions_are_named_in_short_or_in_full(name: str | None, found: tuple[str, ...]) -> None:
    assert logs()[1].resolve_names(name) == found


def test_a_function_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(SelectionError, match="no function qa: name one of pm, dev"):
        logs()[1].resolve_names("qa")


class NoMoreLooks(Exception):
    """The test is over."""


class TestFollowing:
    def follow(self, looks: list[list[dict[str, Any]]]) -> list[list[str]]:
        """Return the events of each reading of a log that contains these events, one reading after another."""
        fake, reader = logs(pm=looks[0])
        rest, told = iter(looks[1:]), [list[str]()]

        def wait(_: float) -> None:
            look = next(rest, None)
            if look is None:
                raise NoMoreLooks
            fake.groups[f"/aws/lambda/{NAMES['pm']}"] = look
            told.append([])

        with contextlib.suppress(NoMoreLooks):
            for found in reader.follow(["pm"], AT, None, wait):
                told[-1].append(found.message)
        return told

    def test_each_event_comes_once(self) -> None:
        a, b, c = event(1, "a"), event(2, "b"), event(40, "c")
        assert self.follow([[a], [a, b], [a, b], [a, b, c], [a, b, c]]) == [["a"], ["b"], [], ["c"], []]

    def test_equal_events_come_as_often_as_they_were_logged(self) -> None:
        a = event(1, "a")
        assert self.follow([[a, a], [a, a], [a, a, a]]) == [["a", "a"], [], ["a"]]

    def test_one_that_arrives_late_comes_all_the_same(self) -> None:
        a, late, b = event(20, "a"), event(12, "late", "other"), event(21, "b")
        assert self.follow([[a], [late, a], [late, a, b]]) == [["a"], ["late"], ["b"]]

    def test_a_quiet_log_is_asked_from_the_same_moment_on(self) -> None:
        assert self.follow([[], [], [event(0, "a")]]) == [[], [], ["a"]]


@pytest.mark.parametrize(("text", "seconds"), [("30s", 30), ("5m", 300), ("2h", 7200), ("1d", 86_400), ("0s", 0)])
def test_lengths_of_time(text: str, seconds: int) -> None:
    assert parse_duration(text).total_seconds() == seconds


@pytest.mark.parametrize("text", ["", "5", "m", "-5m", "5 m", "1w", "5m\n", "9" * 400 + "d", "\u0665m"])
def test_what_is_not_a_duration_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="is not a duration"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("long", "begin"), [("1h", AT - timedelta(hours=1)), ("999999d", datetime(1970, 1, 1, tzinfo=UTC))]
)
def test_nobody_looks_back_further_than_there_are_logs(long: str, begin: datetime) -> None:
    assert before(AT, parse_duration(long)) == begin
