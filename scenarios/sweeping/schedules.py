"""Random fault schedules, each derived from a seed alone, and the shrinking of a failing one."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from agenticai.emulator.faults.rules import (
    BadReply,
    Call,
    CallEffect,
    CallFault,
    Delay,
    DeliverAgain,
    Delivery,
    DeliveryEffect,
    DeliveryFault,
    Duplicate,
    Error,
    Fault,
    Hang,
    Kill,
    Latency,
    ModelReply,
    RecordedCall,
    Reorder,
)

MOST_FAULTS: Final = 4
IN_A_ROW: Final = (1, 2, 4, 6)
"""How many calls in a row are refused: the SDK makes four attempts, so that the last two reach the handler."""

OUTAGE: Final = 200
"""Enough refusals for the message to go to the dead-letter queue before a call succeeds again."""

LONGEST_SECONDS: Final = 1200
"""The maximum delay of an answer or a message: longer than every function's timeout."""

MODEL: Final = "gemini"

ERRORS: Final[Mapping[str, tuple[tuple[str, int], ...]]] = {
    "dynamodb": (
        ("ThrottlingException", 400),
        ("ProvisionedThroughputExceededException", 400),
        ("InternalServerError", 500),
    ),
    "s3": (("SlowDown", 503), ("InternalError", 500)),
    "sqs": (("ThrottlingException", 400), ("ServiceUnavailable", 503)),
    "ssm": (("ThrottlingException", 400), ("InternalServerError", 500)),
}
"""The errors of each service when it throttles or fails, with the HTTP status."""

ENDS_OTHERWISE: Final = frozenset(
    {
        ModelReply.TRUNCATED,
        ModelReply.SAFETY,
        ModelReply.BLOCKED_PROMPT,
        ModelReply.NO_CANDIDATES,
        ModelReply.EMPTY,
        ModelReply.MALFORMED,
    }
)
"""Replies after which the model is asked differently, or not again."""


@dataclass(frozen=True)
class FaultSites:
    """Where faults can be applied: the calls of a clean run's functions, and the number of deliveries by queue name.

    `synchronous` is the function behind the API: its caller waits for it, so it is not delayed.
    """

    calls: tuple[RecordedCall, ...]
    deliveries: Mapping[str, int]
    synchronous: str


def make_schedule(seed: int, sites: FaultSites) -> tuple[Fault, ...]:
    """Return one to four faults; always the same ones for the same seed and sites."""
    random = Random(seed)  # noqa: S311 - for repeatable choices, not for secrets
    return tuple(_choose_fault(random, sites) for _ in range(random.randint(1, MOST_FAULTS)))


def may_end_otherwise(faults: Sequence[Fault]) -> bool:
    """Return whether a project may correctly end differently than without the faults: refused, or as a dead letter."""
    return any(
        (isinstance(fault.then, BadReply) and fault.then.reply in ENDS_OTHERWISE)
        or (isinstance(fault.then, Error) and fault.when.times >= OUTAGE)
        for fault in faults
    )


def _choose_fault(random: Random, sites: FaultSites) -> Fault:
    if sites.deliveries and random.random() < 0.25:
        return _choose_delivery_fault(random, sites.deliveries)
    index = random.randrange(len(sites.calls))
    call = sites.calls[index]
    counts = Counter((c.function, c.service, c.operation) for c in sites.calls[: index + 1])
    when = Call(
        function=call.function,
        service=call.service,
        operation=call.operation,
        nth=counts[call.function, call.service, call.operation],
    )
    waited_for = call.function == sites.synchronous
    effect = random.choice([*_list_effects(random, call, waited_for=waited_for)])
    errors = random.choice(IN_A_ROW if waited_for else (*IN_A_ROW, OUTAGE))
    times = errors if isinstance(effect, Error) else 1
    return CallFault(when=when.model_copy(update={"times": times}), then=effect)


def _list_effects(random: Random, call: RecordedCall, *, waited_for: bool) -> Iterator[CallEffect]:
    """Yield the possible effects on a call; an effect that is yielded more often is likelier."""
    yield Kill(do="kill", side="before")
    yield Kill(do="kill", side="after")
    for code, status in ERRORS.get(call.service, ()):
        yield Error(do="error", code=code, status=status)
    if not waited_for:
        yield Hang(do="hang")
        yield Latency(do="latency", seconds=random.randint(1, LONGEST_SECONDS))
        yield DeliverAgain(do="deliver again")
        yield DeliverAgain(do="deliver again")
    if call.service == MODEL:
        yield from (BadReply(do="reply", reply=reply) for reply in ModelReply)


def _choose_delivery_fault(random: Random, deliveries: Mapping[str, int]) -> DeliveryFault:
    queue = random.choice(sorted(deliveries))
    effects: tuple[DeliveryEffect, ...] = (
        Duplicate(do="duplicate"),
        Reorder(do="reorder"),
        Delay(do="delay", seconds=random.randint(1, LONGEST_SECONDS)),
    )
    when = Delivery(on="delivery", queue=queue, nth=random.randint(1, deliveries[queue]))
    return DeliveryFault(when=when, then=random.choice(effects))


def shrink(faults: Sequence[Fault], fails: Callable[[Sequence[Fault]], bool]) -> tuple[Fault, ...]:
    """Return a minimal subset of the faults that still fails, in its simplest form.

    First every fault that is not needed is left out, until all are needed (the result is 1-minimal, as in Zeller and
    Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", 2002); then each remaining fault is simplified.
    """
    kept = _find_fewest(tuple(faults), fails)
    for index in range(len(kept)):
        for simpler in _list_simpler(kept[index]):
            candidate = (*kept[:index], simpler, *kept[index + 1 :])
            if fails(candidate):
                kept = candidate
                break
    return kept


def _find_fewest(faults: tuple[Fault, ...], fails: Callable[[Sequence[Fault]], bool]) -> tuple[Fault, ...]:
    for index in range(len(faults)):
        rest = (*faults[:index], *faults[index + 1 :])
        if rest and fails(rest):
            return _find_fewest(rest, fails)
    return faults


def _list_simpler(fault: Fault) -> Iterator[Fault]:
    """Yield simpler forms of a fault, the simplest first."""
    if isinstance(fault, CallFault):
        for times in (times for times in IN_A_ROW if times < fault.when.times):
            yield fault.model_copy(update={"when": fault.when.model_copy(update={"times": times})})
    if isinstance(fault.then, Latency | Delay):
        for seconds in (1, 60, 300):
            if seconds < fault.then.seconds:
                yield fault.model_copy(update={"then": fault.then.model_copy(update={"seconds": seconds})})
