"""The schedule of faults: what a rule matches, which one wins, and what is reported of it."""

from contextlib import nullcontext
from datetime import UTC, datetime

import pytest
from pydantic import TypeAdapter, ValidationError

from agenticai.emulator.core.usage_records import Record
from agenticai.emulator.faults.rules import (
    ActiveRule,
    BadReply,
    Call,
    CallFault,
    Delay,
    DeliverAgain,
    Delivery,
    DeliveryFault,
    Duplicate,
    Error,
    Fault,
    Hang,
    Hold,
    Kill,
    Latency,
    ModelReply,
    RecordedCall,
    Reorder,
    find_kind,
    needs_steering,
    rename,
)
from agenticai.emulator.faults.schedule import FIRED_KEPT, FaultBook

NOW = datetime(2026, 11, 23, tzinfo=UTC)
KILL = Kill(do="kill", side="before")
SLOW = Latency(do="latency", seconds=90)


def book(*faults: Fault) -> FaultBook:
    made = FaultBook(lambda: NOW)
    made.set(faults)
    return made


def effects(made: FaultBook, *calls: tuple[str, str, str]) -> list[str | None]:
    found = (made.record_call(*call) for call in calls)
    return [effect.do if effect else None for effect in found]


PUT = ("dev", "dynamodb", "PutItem")
GET = ("dev", "dynamodb", "GetItem")


class TestWhichCall:
    def test_the_nth_call_that_fits_and_those_after_it(self) -> None:
        made = book(CallFault(when=Call(operation="PutItem", nth=2, times=2), then=KILL))
        assert effects(made, PUT, GET, PUT, GET, PUT, PUT) == [None, None, "kill", None, "kill", None]

    def test_names_are_patterns_and_what_is_left_out_fits_all(self) -> None:
        made = book(CallFault(when=Call(function="*-dev-*", service="s3", times=9), then=KILL))
        calls = [("a-dev-1", "s3", "PutObject"), ("a-qa-1", "s3", "PutObject"), ("a-dev-1", "sqs", "SendMessage")]
        assert effects(made, *calls) == ["kill", None, None]

    def test_the_first_due_rule_wins_and_the_others_have_counted(self) -> None:
        made = book(CallFault(when=Call(nth=1), then=SLOW), CallFault(when=Call(nth=1, times=2), then=KILL))
        assert effects(made, PUT, PUT, PUT) == ["latency", "kill", None]

    def test_a_rule_that_does_not_fit_stands_in_no_others_way(self) -> None:
        made = book(CallFault(when=Call(operation="GetItem"), then=SLOW), CallFault(when=Call(), then=KILL))
        assert effects(made, PUT) == ["kill"]

    @pytest.mark.parametrize(
        "when",
        [Call(function="qa"), Call(service="s3"), Call(operation="GetItem")],
        ids=["function", "service", "operation"],
    )
    def test_a_call_fits_only_where_all_of_its_names_do(self, when: Call) -> None:
        assert effects(book(CallFault(when=when, then=KILL)), PUT) == [None]

    def test_a_bad_reply_fits_only_calls_of_the_model(self) -> None:
        made = book(CallFault(when=Call(), then=BadReply(do="reply", reply=ModelReply.SAFETY)))
        assert effects(made, PUT, ("dev", "gemini", "GenerateContent")) == [None, "reply"]

    def test_setting_the_rules_begins_anew(self) -> None:
        made = book(CallFault(when=Call(nth=2), then=KILL))
        effects(made, PUT)
        made.set([CallFault(when=Call(nth=2), then=KILL)])
        assert effects(made, PUT, PUT) == [None, "kill"]
        assert [call.number for call in made.list_calls()] == [1, 2]

    def test_a_number_is_not_given_again_until_the_rules_are_set_anew(self) -> None:
        made = book(CallFault(when=Call(), then=KILL))
        made.remove(0)
        assert made.add(CallFault(when=Call(), then=SLOW)) == 1
        assert effects(made, PUT) == ["latency"]
        with pytest.raises(KeyError):
            made.remove(0)
        made.set(())
        assert made.add(CallFault(when=Call(), then=SLOW)) == 0

    def test_added_rules_are_numbered_one_after_the_other_and_count_on(self) -> None:
        made = book(CallFault(when=Call(nth=3), then=KILL))
        effects(made, PUT)
        assert [made.add(CallFault(when=Call(times=2), then=SLOW)) for _ in range(2)] == [1, 2]
        assert effects(made, PUT, PUT) == ["latency", "kill"]


class TestWhichDelivery:
    def test_deliveries_are_counted_apart_from_calls(self) -> None:
        late = Delay(do="delay", seconds=60)
        made = book(DeliveryFault(when=Delivery(on="delivery", queue="*-qa-*", nth=2), then=late))
        effects(made, PUT, PUT)
        found = [made.record_delivery(queue) for queue in ("a-qa-queue", "a-dev-queue", "a-qa-queue", "a-qa-queue")]
        assert found == [None, None, late, None]
        assert [(fired.rule, fired.function, fired.what) for fired in made.list_fired()] == [
            (0, None, "a-qa-queue: delay 60.0")
        ]

    def test_a_rule_of_another_queue_or_for_calls_stands_in_no_ones_way(self) -> None:
        late = Delay(do="delay", seconds=60)
        rules = [DeliveryFault(when=Delivery(on="delivery", queue=queue), then=late) for queue in ("qa", "dev")]
        assert book(CallFault(when=Call(), then=KILL), *rules).record_delivery("dev") == late
        assert effects(book(*rules, CallFault(when=Call(), then=KILL)), PUT) == ["kill"]

    def test_the_first_due_rule_wins_and_the_others_have_counted(self) -> None:
        late, again = Delay(do="delay", seconds=60), Duplicate(do="duplicate")
        made = book(
            DeliveryFault(when=Delivery(on="delivery", times=2), then=late),
            DeliveryFault(when=Delivery(on="delivery", nth=2, times=2), then=again),
        )
        assert [made.record_delivery("qa") for _ in range(4)] == [late, late, again, None]


class TestWhatIsTold:
    def test_a_fault_that_was_put_to_effect_names_its_rule_and_the_call(self) -> None:
        error = Error(do="error", code="ThrottlingException")
        made = book(
            CallFault(when=Call(nth=9), then=KILL), CallFault(when=Call(operation="PutItem", nth=2), then=error)
        )
        effects(made, GET, PUT, PUT)
        (fired,) = made.list_fired()
        assert (fired.rule, fired.at, fired.function) == (1, NOW, "dev")
        assert fired.what == "dynamodb PutItem, call 3: error ThrottlingException"

    def test_each_rule_tells_what_it_met_and_to_how_much_of_it_it_was_applied(self) -> None:
        first, second = (
            CallFault(when=Call(nth=2, times=2), then=KILL),
            CallFault(when=Call(operation="GetItem"), then=SLOW),
        )
        made = book(first, second)
        effects(made, PUT, PUT, PUT, PUT)
        assert made.list_rules() == (
            ActiveRule(rule=0, fault=first, met=4, applied=2),
            ActiveRule(rule=1, fault=second, met=0, applied=0),
        )

    def test_a_bad_reply_is_told_by_its_name_and_what_the_rule_changes(self) -> None:
        reply = BadReply(do="reply", reply=ModelReply.RATE_LIMITED, retry_after_s=8)
        made = book(CallFault(when=Call(), then=reply))
        effects(made, ("dev", "gemini", "GenerateContent"))
        assert [fired.what for fired in made.list_fired()] == ["gemini GenerateContent, call 1: reply rate limited 8.0"]

    def test_only_the_latest_faults_are_kept(self) -> None:
        made = book(CallFault(when=Call(times=FIRED_KEPT + 1), then=KILL))
        effects(made, *[PUT] * (FIRED_KEPT + 1))
        assert len(made.list_fired()) == FIRED_KEPT

    def test_calls_are_numbered_by_function(self) -> None:
        made = book()
        effects(made, PUT, ("qa", "s3", "GetObject"), GET)
        assert made.list_calls() == (
            RecordedCall(function="dev", number=1, service="dynamodb", operation="PutItem"),
            RecordedCall(function="qa", number=1, service="s3", operation="GetObject"),
            RecordedCall(function="dev", number=2, service="dynamodb", operation="GetItem"),
        )

    def test_only_the_latest_calls_are_kept_and_their_numbers_go_on(self) -> None:
        made = FaultBook(lambda: NOW, calls_kept=2)
        effects(made, PUT, PUT, PUT)
        assert [call.number for call in made.list_calls()] == [2, 3]


class TestReading:
    @pytest.mark.parametrize(
        ("wrong", "known"),
        [
            (
                {"when": {"on": "delivery", "queue": "dev"}, "then": {"do": "kill", "side": "before"}},
                "'duplicate', 'delay', 'reorder'",
            ),
            (
                {"when": {}, "then": {"do": "delay", "seconds": 1}},
                "'error', 'latency', 'hang', 'kill', 'deliver again', 'hold', 'reply'",
            ),
            ({"when": {"on": "other"}, "then": {"do": "hang"}}, "'call', 'delivery'"),
        ],
        ids=["of a delivery", "of a call", "of neither"],
    )
    def test_an_error_in_a_rule_is_told_once(self, wrong: object, known: str) -> None:
        with pytest.raises(ValidationError) as caught:
            TypeAdapter(Fault).validate_python(wrong)
        (error,) = caught.value.errors()
        assert known in error["msg"]

    def test_a_rule_without_on_is_for_calls(self) -> None:
        read: Fault = TypeAdapter(Fault).validate_python({"when": {}, "then": {"do": "hang"}})
        assert isinstance(read, CallFault)

    def test_a_rule_that_was_written_reads_as_itself(self) -> None:
        adapter: TypeAdapter[list[Fault]] = TypeAdapter(list[Fault])
        rules: list[Fault] = [CallFault(when=Call(nth=3), then=SLOW)]
        assert adapter.validate_json(adapter.dump_json(rules)) == rules


@pytest.mark.parametrize("kind", [Delay, Latency])
@pytest.mark.parametrize(("seconds", "is_one"), [(0.001, True), (0, False), (-1, False)])
def test_a_delay_is_of_some_time(kind: type[Record], seconds: float, is_one: bool) -> None:
    do = kind.__name__.lower()
    with nullcontext() if is_one else pytest.raises(ValidationError):
        kind.model_validate({"do": do, "seconds": seconds})


ERROR = {"do": "error", "code": "SlowDown"}
REPLY = {"do": "reply", "reply": "empty"}


@pytest.mark.parametrize(
    ("kind", "given", "field", "within", "beyond"),
    [
        (Call, {}, "nth", [1], [0]),
        (Call, {}, "times", [1], [0]),
        (Delivery, {"on": "delivery"}, "nth", [1], [0]),
        (Delivery, {"on": "delivery"}, "times", [1], [0]),
        (Error, ERROR, "status", [400, 599], [399, 600]),
        (BadReply, REPLY, "retry_after_s", [0, 0.5], [-0.1]),
    ],
)
def test_a_number_is_within_its_bounds(
    kind: type[Record], given: dict[str, object], field: str, within: list[float], beyond: list[float]
) -> None:
    for value in within:
        assert getattr(kind.model_validate(given | {field: value}), field) == value
    for value in beyond:
        with pytest.raises(ValidationError, match=field):
            kind.model_validate(given | {field: value})


@pytest.mark.parametrize(
    ("kind", "given", "expected"),
    [
        (Call, {}, {"on": "call", "function": "*", "service": "*", "operation": "*", "nth": 1, "times": 1}),
        (Delivery, {"on": "delivery"}, {"on": "delivery", "queue": "*", "nth": 1, "times": 1}),
        (Error, ERROR, {**ERROR, "status": 400, "message": "A fault rule caused this error."}),
        (BadReply, REPLY, {**REPLY, "retry_after_s": 7}),
    ],
)
def test_what_is_left_out_is_as_it_is_said(
    kind: type[Record], given: dict[str, object], expected: dict[str, object]
) -> None:
    assert kind.model_validate(given).model_dump() == expected


OF_CALL = CallFault(when=Call(), then=KILL)
OF_DELIVERY = DeliveryFault(when=Delivery(on="delivery"), then=Reorder(do="reorder"))


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"when": {"on": "delivery"}}, "delivery"),
        ({"when": {"on": "other"}}, "other"),
        ({"when": {"function": "dev"}}, "call"),
        ({"when": Delivery(on="delivery")}, "delivery"),
        ({"when": None}, "call"),
        ({}, "call"),
        (OF_CALL, "call"),
        (OF_DELIVERY, "delivery"),
        ("text", "call"),
    ],
)
def test_the_kind_of_a_rule_is_what_it_is_on(fault: object, kind: str) -> None:
    assert find_kind(fault) == kind


@pytest.mark.parametrize(
    ("fault", "needs"),
    [
        (OF_DELIVERY, True),
        (CallFault(when=Call(), then=Hold(do="hold")), True),
        (CallFault(when=Call(), then=DeliverAgain(do="deliver again")), True),
        (CallFault(when=Call(), then=Hang(do="hang")), False),
        (OF_CALL, False),
    ],
)
def test_deliveries_are_steered_for_rules_about_them_alone(fault: CallFault | DeliveryFault, needs: bool) -> None:
    assert needs_steering(fault) is needs


def test_a_rule_keeps_the_name_that_no_mapping_has() -> None:
    call = CallFault(when=Call(function="pm"), then=SLOW)
    delivery = DeliveryFault(when=Delivery(on="delivery", queue="qa"), then=Delay(do="delay", seconds=1))
    assert (rename(call, {}, {}), rename(delivery, {}, {})) == (call, delivery)
    assert rename(call, {"pm": "a-pm"}, {"pm": "wrong"}).when == Call(function="a-pm")
    assert rename(delivery, {"qa": "wrong"}, {"qa": "a-qa"}).when == Delivery(on="delivery", queue="a-qa")
