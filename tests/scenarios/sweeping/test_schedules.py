"""Random schedules: the same for a seed, with every kind of fault, and shrunk to what fails."""

from collections import Counter
from collections.abc import Callable, Sequence

import pytest

from agenticai.emulator.faults.rules import (
    BadReply,
    Call,
    CallFault,
    Delay,
    Delivery,
    DeliveryFault,
    Duplicate,
    Error,
    Fault,
    Hang,
    Kill,
    Latency,
    ModelReply,
    RecordedCall,
)
from agenticai.scenarios.sweeping.schedules import (
    IN_A_ROW,
    MOST_FAULTS,
    OUTAGE,
    FaultSites,
    make_schedule,
    may_end_otherwise,
    shrink,
)

API, DEV = "agenticai-api-dev", "agenticai-dev-agent-dev"
QUEUE = "agenticai-dev-queue-dev"


def recorded(*calls: tuple[str, str, str]) -> tuple[RecordedCall, ...]:
    numbers: Counter[str] = Counter()
    made = []
    for function, service, operation in calls:
        numbers[function] += 1
        made.append(RecordedCall(function=function, number=numbers[function], service=service, operation=operation))
    return tuple(made)


MATERIAL = FaultSites(
    calls=recorded(
        (API, "dynamodb", "TransactWriteItems"),
        (API, "sqs", "SendMessage"),
        (DEV, "ssm", "GetParameter"),
        (DEV, "dynamodb", "GetItem"),
        (DEV, "gemini", "GenerateContent"),
        (DEV, "s3", "PutObject"),
        (DEV, "dynamodb", "GetItem"),
        (DEV, "dynamodb", "TransactWriteItems"),
    ),
    deliveries={QUEUE: 3},
    synchronous=API,
)
SEEDS = range(600)
DRAWN = [fault for seed in SEEDS for fault in make_schedule(seed, MATERIAL)]


def test_a_seed_makes_the_same_schedule_each_time_and_another_seed_another() -> None:
    assert [make_schedule(seed, MATERIAL) for seed in SEEDS] == [make_schedule(seed, MATERIAL) for seed in SEEDS]
    assert len({make_schedule(seed, MATERIAL) for seed in SEEDS}) > len(SEEDS) * 0.8


def test_a_schedule_has_one_to_four_faults() -> None:
    assert {len(make_schedule(seed, MATERIAL)) for seed in SEEDS} == set(range(1, MOST_FAULTS + 1))


def test_every_kind_of_fault_comes_up_but_the_one_that_waits_for_a_person() -> None:
    assert {fault.then.do for fault in DRAWN} == {
        *("kill", "error", "latency", "hang", "deliver again", "reply", "duplicate", "delay", "reorder")
    }
    assert {fault.then.reply for fault in DRAWN if isinstance(fault.then, BadReply)} == set(ModelReply)
    assert {fault.then.side for fault in DRAWN if isinstance(fault.then, Kill)} == {"before", "after"}
    errors = {fault.when.times for fault in DRAWN if isinstance(fault, CallFault) and isinstance(fault.then, Error)}
    assert errors == {*IN_A_ROW, OUTAGE}


def test_every_call_and_delivery_of_the_clean_run_comes_up_and_no_other() -> None:
    calls = {
        (fault.when.function, fault.when.service, fault.when.operation, fault.when.nth)
        for fault in DRAWN
        if isinstance(fault, CallFault)
    }
    assert calls == {
        (API, "dynamodb", "TransactWriteItems", 1),
        (API, "sqs", "SendMessage", 1),
        (DEV, "ssm", "GetParameter", 1),
        (DEV, "dynamodb", "GetItem", 1),
        (DEV, "dynamodb", "GetItem", 2),
        (DEV, "gemini", "GenerateContent", 1),
        (DEV, "s3", "PutObject", 1),
        (DEV, "dynamodb", "TransactWriteItems", 1),
    }
    deliveries = {(fault.when.queue, fault.when.nth) for fault in DRAWN if isinstance(fault, DeliveryFault)}
    assert deliveries == {(QUEUE, 1), (QUEUE, 2), (QUEUE, 3)}


def test_bad_replies_meet_the_model_and_errors_are_those_of_the_service() -> None:
    for fault in DRAWN:
        if isinstance(fault, CallFault) and isinstance(fault.then, BadReply):
            assert fault.when.service == "gemini"
        if isinstance(fault, CallFault) and fault.then == Error(do="error", code="SlowDown", status=503):
            assert fault.when.service == "s3"


def test_nobody_who_waits_for_the_api_is_kept_waiting() -> None:
    effects = {fault.then.do for fault in DRAWN if isinstance(fault, CallFault) and fault.when.function == API}
    assert effects == {"kill", "error"}
    in_a_row = [f.when.times for f in DRAWN if isinstance(f, CallFault) and f.when.function == API]
    assert max(in_a_row) == max(IN_A_ROW)


def test_only_what_the_model_says_and_an_outage_may_change_the_end() -> None:
    when = Call(service="gemini")
    assert may_end_otherwise([THROTTLED.model_copy(update={"when": Call(service="dynamodb", times=OUTAGE)})])
    assert not may_end_otherwise([THROTTLED])
    assert may_end_otherwise([CallFault(when=when, then=BadReply(do="reply", reply=ModelReply.SAFETY))])
    assert not may_end_otherwise([CallFault(when=when, then=BadReply(do="reply", reply=ModelReply.RATE_LIMITED))])
    assert not may_end_otherwise([CallFault(when=when, then=Kill(do="kill", side="after")), LATE])
    assert not may_end_otherwise([])


KILL = CallFault(when=Call(service="sqs", nth=3), then=Kill(do="kill", side="before"))
THROTTLED = CallFault(when=Call(service="dynamodb", times=5), then=Error(do="error", code="ThrottlingException"))
HANG = CallFault(when=Call(service="s3"), then=Hang(do="hang"))
SLOW = CallFault(when=Call(service="s3"), then=Latency(do="latency", seconds=700))
LATE = DeliveryFault(when=Delivery(on="delivery"), then=Delay(do="delay", seconds=700))
TWICE = DeliveryFault(when=Delivery(on="delivery"), then=Duplicate(do="duplicate"))


def holding(*needed: Fault) -> Callable[[Sequence[Fault]], bool]:
    """Return a check that fails if all of these faults are present."""
    return lambda faults: all(fault in faults for fault in needed)


@pytest.mark.parametrize(
    ("faults", "needed"),
    [
        ((KILL, HANG, LATE, TWICE), (HANG,)),
        ((KILL, HANG, LATE, TWICE), (KILL, TWICE)),
        ((KILL, HANG, TWICE), (KILL, HANG, TWICE)),
        ((KILL,), (KILL,)),
    ],
)
def test_a_failing_schedule_is_shrunk_to_the_faults_that_it_takes(
    faults: tuple[Fault, ...], needed: tuple[Fault, ...]
) -> None:
    assert shrink(faults, holding(*needed)) == needed


def test_what_is_left_is_made_simpler_as_far_as_it_still_fails() -> None:
    def fails(faults: Sequence[Fault]) -> bool:
        often = any(isinstance(fault.then, Error) and fault.when.times >= 3 for fault in faults)
        return often and any(isinstance(fault.then, Latency | Delay) and fault.then.seconds > 30 for fault in faults)

    throttled, late = shrink((KILL, THROTTLED, LATE), fails)
    assert throttled == THROTTLED.model_copy(update={"when": THROTTLED.when.model_copy(update={"times": 4})})
    assert late.then == Delay(do="delay", seconds=60)
    assert shrink((SLOW,), lambda _: True)[0].then == Latency(do="latency", seconds=1)


def test_shrinking_never_tries_no_fault_at_all() -> None:
    tried: list[int] = []

    def fails(faults: Sequence[Fault]) -> bool:
        tried.append(len(faults))
        return True

    assert len(shrink((KILL, HANG, TWICE), fails)) == 1
    assert min(tried) == 1
