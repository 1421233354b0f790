"""Evaluates MiniStack's alarms for each minute of the engine's clock, including skipped minutes."""

import asyncio
import threading
import time
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, Final

from pydantic import TypeAdapter
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from agenticai.emulator.alarms.evaluating import COMPARISONS, AlarmRule, Datapoint, evaluate
from agenticai.emulator.core.bench_records import AlarmNow
from agenticai.emulator.core.clock import Clock
from agenticai.emulator.engines.ministack.metrics import MINUTE, Metrics, Point
from agenticai.emulator.http.json_bodies import answer_with_all
from agenticai.emulator.queues.depths import Depths, QueueMoment

HALF_MINUTES: Final = 720
"""If more time is skipped, this many minutes at its beginning and at its end are evaluated."""

ACTIVE_SECONDS: Final = 6 * 60 * 60
"""How long SQS continues to publish the metrics of an empty, unused queue."""

READING: Final = ("_describe_alarms", "_describe_alarms_for_metric", "_describe_alarm_history")

ALARMS = TypeAdapter(tuple[AlarmNow, ...])

# MiniStack's alarms are dictionaries.
Alarm = dict[str, Any]


class QueueSamples:
    """Publishes the `AWS/SQS` metrics of each queue at the end of each minute, from the history of depths."""

    def __init__(self, sqs: Any, depths: Depths, metrics: Metrics) -> None:
        self._sqs = sqs
        self._depths = depths
        self._metrics = metrics
        self._latest: dict[str, QueueMoment] = {}
        self._last_change = 0

    def publish_samples(self, minutes: Sequence[int]) -> None:
        """Publish the state of the queues at these moments, the ends of minutes."""
        with self._sqs._queues_lock:
            pass  # releasing the lock records the depths
        with self._sqs._queues_lock:
            moments, self._last_change = self._depths.list_moments(self._last_change)
            existing = set(self._depths.count_messages())
        changes = iter(moments)
        change = next(changes, None)
        for end in minutes:
            while change and change.at < end:
                self._latest[change.queue] = change
                change = next(changes, None)
            for moment in self._latest.values():
                self._publish(moment, end)
        while change:
            self._latest[change.queue] = change
            change = next(changes, None)
        self._latest = {queue: moment for queue, moment in self._latest.items() if queue in existing}

    def _publish(self, moment: QueueMoment, end: int) -> None:
        if moment.oldest is None and not moment.visible and end - moment.at > ACTIVE_SECONDS:
            return
        dimensions, at = {"QueueName": moment.queue}, end - MINUTE
        age = 0.0 if moment.oldest is None else round(max(0.0, end - moment.oldest))
        self._metrics.record("AWS/SQS", "ApproximateNumberOfMessagesVisible", moment.visible, "Count", dimensions, at)
        self._metrics.record("AWS/SQS", "ApproximateAgeOfOldestMessage", age, "Seconds", dimensions, at)


class Alarms:
    """Sets the states of MiniStack's alarms, with their history and actions.

    Each minute of the engine's clock is evaluated once, in order, before anything reads the states: at the end of the
    minute or, if time is skipped, before the call that skipped it returns.
    """

    def __init__(self, cloudwatch: Any, samples: QueueSamples) -> None:
        self._cloudwatch = cloudwatch
        self._samples = samples
        self._lock = threading.RLock()
        self._evaluated_until = find_minute(time.time())
        self._fired: dict[str, int] = {}
        self._running = ExitStack()
        self._closed = threading.Event()

    def take_over(self) -> None:
        """Replace MiniStack's evaluation, and evaluate before anything reads the states."""
        self._cloudwatch._evaluate_alarm = lambda _: None
        self._cloudwatch._evaluate_all_alarms = lambda: None
        for name in READING:
            setattr(self._cloudwatch, name, self._catch_up_before(getattr(self._cloudwatch, name)))

    def start(self, clock: Clock) -> None:
        """Evaluate from now on whenever a minute passes or is skipped."""
        self._running.enter_context(clock.on_jump(self.catch_up))
        threading.Thread(target=self._evaluate_each_minute, daemon=True, name="alarms").start()

    def close(self) -> None:
        """Stop evaluating."""
        self._closed.set()
        self._running.close()

    def list_routes(self) -> list[Route]:
        """Return the route of the control API that returns the alarms."""

        async def list_alarms(_: Request) -> Response:
            return answer_with_all(ALARMS, await asyncio.to_thread(self._list_alarms))

        return [Route("/alarms", list_alarms)]

    def _list_alarms(self) -> tuple[AlarmNow, ...]:
        """Return the alarms by name, evaluated up to the present minute."""
        with self._lock:
            self.catch_up()
            return tuple(self._describe(alarm) for _, alarm in sorted(self._cloudwatch._alarms.items()))

    def catch_up(self) -> None:
        """Evaluate all minutes since the last evaluated one."""
        with self._lock:
            until = find_minute(time.time())
            if until <= self._evaluated_until:
                return
            for minutes in list_evaluated_minutes(self._evaluated_until, until):
                self._evaluate_span(minutes)
                self._evaluated_until = minutes[-1]

    def _evaluate_each_minute(self) -> None:
        while not self._closed.wait(MINUTE - time.time() % MINUTE):
            self.catch_up()

    def _catch_up_before(self, read: Callable[..., Any]) -> Callable[..., Any]:
        def read_now(*arguments: Any) -> Any:
            self.catch_up()
            return read(*arguments)

        return read_now

    def _evaluate_span(self, minutes: Sequence[int]) -> None:
        self._samples.publish_samples(minutes)
        alarms = [(alarm, rule) for alarm in self._cloudwatch._alarms.values() if (rule := read_rule(alarm))]
        series = [(alarm, rule, self._find_points(alarm, minutes[0] - rule.range_s)) for alarm, rule in alarms]
        complete = self._evaluated_until + MINUTE == minutes[0]
        for end in minutes:
            for alarm, rule, points in series:
                known_s = end - minutes[0]
                if end > alarm["AlarmConfigurationUpdatedTimestamp"] and (complete or known_s >= rule.range_s):
                    self._evaluate(alarm, rule, points, end)

    def _find_points(self, alarm: Alarm, since: float) -> list[Point]:
        """Return the points of the alarm's metric from a moment on, in order."""
        dimensions = self._cloudwatch._dims_from_list(alarm.get("Dimensions") or [])
        key = alarm["Namespace"], alarm["MetricName"], self._cloudwatch._dims_key(dimensions)
        unit = alarm.get("Unit")
        points = list(self._cloudwatch._metrics.get(key) or ())
        recent = [point for point in points if point["Timestamp"] >= since and unit in (None, "", point["Unit"])]
        return sorted(recent, key=read_time)

    def _evaluate(self, alarm: Alarm, rule: AlarmRule, points: Sequence[Point], end: int) -> None:
        old_state = alarm["StateValue"]
        statistic = alarm.get("ExtendedStatistic") or alarm.get("Statistic") or "Average"
        datapoints = [self._compute_datapoint(statistic, period) for period in split_into_periods(points, rule, end)]
        verdict = evaluate(rule, datapoints, old_state)
        if verdict.state == old_state:
            return
        alarm["StateValue"], alarm["StateReason"], alarm["StateUpdatedTimestamp"] = verdict.state, verdict.reason, end
        if verdict.state == "ALARM":
            self._fired[alarm["AlarmName"]] = self._fired.get(alarm["AlarmName"], 0) + 1
        self._cloudwatch._record_history(alarm["AlarmName"], old_state, verdict.state, verdict.reason)
        self._cloudwatch._history_entries()[-1]["Timestamp"] = self._cloudwatch._ts_iso(end)
        self._cloudwatch._dispatch_alarm_actions(alarm, old_state, verdict.state, verdict.reason)
        self._cloudwatch._evaluate_parent_alarms(alarm)

    def _compute_datapoint(self, statistic: str, points: Sequence[Point]) -> Datapoint:
        stats = self._cloudwatch._calc_stats(points)
        value: Datapoint = self._cloudwatch._stat_value(stats, statistic, points) if stats else None
        return value

    def _describe(self, alarm: Alarm) -> AlarmNow:
        return AlarmNow(
            name=alarm["AlarmName"],
            description=alarm.get("AlarmDescription") or "",
            state=alarm["StateValue"],
            reason=alarm["StateReason"],
            since=datetime.fromtimestamp(alarm["StateUpdatedTimestamp"], UTC),
            fired=self._fired.get(alarm["AlarmName"], 0),
        )


def read_rule(alarm: Mapping[str, Any]) -> AlarmRule | None:
    """Return the rule of a MiniStack alarm; None for an alarm on a band or an expression."""
    if alarm["ComparisonOperator"] not in COMPARISONS or not alarm.get("MetricName"):
        return None
    periods = int(alarm["EvaluationPeriods"])
    return AlarmRule(
        period_s=int(alarm["Period"]),
        evaluation_periods=periods,
        datapoints_to_alarm=int(alarm.get("DatapointsToAlarm") or periods),
        threshold=float(alarm["Threshold"]),
        comparison=alarm["ComparisonOperator"],
        missing=alarm.get("TreatMissingData") or "missing",
    )


def split_into_periods(points: Sequence[Point], rule: AlarmRule, end: int) -> list[Sequence[Point]]:
    """Divide points into the periods up to `end`, the oldest first; the end of a period is exclusive."""
    starts = [float(end - periods_back * rule.period_s) for periods_back in range(rule.periods_read, -1, -1)]
    edges = [bisect_left(points, start, key=read_time) for start in starts]
    return [points[first:last] for first, last in pairwise(edges)]


def read_time(point: Point) -> float:
    """Return the time of a point in epoch seconds."""
    moment: float = point["Timestamp"]
    return moment


def find_minute(moment: float) -> int:
    """Return the beginning of a moment's minute, in epoch seconds."""
    return int(moment // MINUTE) * MINUTE


def list_evaluated_minutes(after: int, until: int) -> Iterator[Sequence[int]]:
    """Yield the minutes between two ends of minutes; of a long time, only those at its beginning and end."""
    ends = range(after + MINUTE, until + MINUTE, MINUTE)
    if len(ends) <= 2 * HALF_MINUTES:
        yield ends
    else:
        yield ends[:HALF_MINUTES]
        yield ends[-HALF_MINUTES:]
