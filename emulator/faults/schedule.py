"""Keeps the fault rules, counts the calls and deliveries that match them, and records the faults that were applied."""

import threading
from collections import Counter, deque
from collections.abc import Callable, Sequence
from datetime import datetime
from fnmatch import fnmatchcase

from agenticai.emulator.faults.rules import (
    ActiveRule,
    BadReply,
    Call,
    CallEffect,
    CallFault,
    Delivery,
    DeliveryEffect,
    DeliveryFault,
    Fault,
    Fired,
    RecordedCall,
)

MODEL = "gemini"  # the language model's service, as rules and recorded calls name it
CALLS_KEPT = 100_000
FIRED_KEPT = 10_000

CallKind = tuple[str, str, str]
"""Function, service and operation of a call."""


class FaultBook:
    """Decides which fault applies to a call or a delivery; thread-safe.

    Every rule counts its matches from the moment the rules were set. If several are due, the first in the schedule is
    applied; the others count the match nevertheless. `now` returns the engine's time.
    """

    def __init__(self, now: Callable[[], datetime], calls_kept: int = CALLS_KEPT) -> None:
        self._now = now
        self._calls_kept = calls_kept
        self._lock = threading.Lock()
        self.set(())

    def set(self, schedule: Sequence[Fault]) -> None:
        """Replace the rules, and reset the counts, the recorded calls and the applied faults."""
        with self._lock:
            self._schedule = dict(enumerate(schedule))
            self._next_number = len(self._schedule)
            self._matches: Counter[int] = Counter()
            self._applied: Counter[int] = Counter()
            self._fired: deque[Fired] = deque(maxlen=FIRED_KEPT)
            self._calls: deque[CallKind] = deque(maxlen=self._calls_kept)
            self._call_kinds: dict[CallKind, CallKind] = {}  # so that equal calls are one object
            self._numbers: Counter[str] = Counter()

    def add(self, fault: Fault) -> int:
        """Append a rule and return its number; the other rules keep their counts."""
        with self._lock:
            number, self._next_number = self._next_number, self._next_number + 1
            self._schedule[number] = fault
            return number

    def remove(self, rule: int) -> None:
        """Remove a rule by its number; the others keep their counts. Raises KeyError if there is no such rule."""
        with self._lock:
            del self._schedule[rule]

    def list_rules(self) -> tuple[ActiveRule, ...]:
        """Return the active rules, in order."""
        with self._lock:
            return tuple(
                ActiveRule(rule=number, fault=fault, met=self._matches[number], applied=self._applied[number])
                for number, fault in self._schedule.items()
            )

    def record_call(self, function: str, service: str, operation: str) -> CallEffect | None:
        """Record a call of a function, and return the effect of the rule that is due, or None."""
        with self._lock:
            self._numbers[function] += 1
            call = RecordedCall(function=function, number=self._numbers[function], service=service, operation=operation)
            kind = function, service, operation
            self._calls.append(self._call_kinds.setdefault(kind, kind))
            effect: CallEffect | None = None
            for number, fault in self._schedule.items():
                if not isinstance(fault, CallFault) or not fits(fault, call):
                    continue
                if self._is_due(number, fault.when) and effect is None:
                    effect = fault.then
                    self._fire(number, function, f"{service} {operation}, call {call.number}", effect)
            return effect

    def record_delivery(self, queue: str) -> DeliveryEffect | None:
        """Count a delivery from this queue, and return the effect of the rule that is due, or None."""
        with self._lock:
            effect: DeliveryEffect | None = None
            for number, fault in self._schedule.items():
                if not isinstance(fault, DeliveryFault) or not fnmatchcase(queue, fault.when.queue):
                    continue
                if self._is_due(number, fault.when) and effect is None:
                    effect = fault.then
                    self._fire(number, None, queue, effect)
            return effect

    def list_fired(self) -> tuple[Fired, ...]:
        """Return the latest faults that were applied, the oldest first."""
        with self._lock:
            return tuple(self._fired)

    def list_calls(self) -> tuple[RecordedCall, ...]:
        """Return the latest calls of functions, in the order in which they began."""
        with self._lock:
            kinds, numbers = tuple(self._calls), self._numbers - Counter(function for function, _, _ in self._calls)
        calls = []
        for function, service, operation in kinds:
            numbers[function] += 1
            calls.append(
                RecordedCall(function=function, number=numbers[function], service=service, operation=operation)
            )
        return tuple(calls)

    def _is_due(self, number: int, when: Call | Delivery) -> bool:
        """Count a match of the rule, and return whether the rule is due for it."""
        self._matches[number] += 1
        return when.nth <= self._matches[number] < when.nth + when.times

    def _fire(self, number: int, function: str | None, target: str, effect: CallEffect | DeliveryEffect) -> None:
        settings = " ".join(str(value) for value in effect.model_dump(exclude_defaults=True).values())
        self._applied[number] += 1
        self._fired.append(Fired(rule=number, at=self._now(), function=function, what=f"{target}: {settings}"))


def fits(fault: CallFault, call: RecordedCall) -> bool:
    """Return whether a call matches a rule; a bad reply matches calls of the language model only."""
    when = fault.when
    return (
        fnmatchcase(call.function, when.function)
        and fnmatchcase(call.service, when.service)
        and fnmatchcase(call.operation, when.operation)
        and (call.service == MODEL or not isinstance(fault.then, BadReply))
    )
