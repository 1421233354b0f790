"""The schedule of faults: what a rule matches, which one wins, and what is reported of it."""

from contextlib import nullcontext
from datetime import UTC, datetime

import pytest
from pydantic import TypeAdapter, ValidationError

from agenticai.emulator.faults.rules import (
    BadReply,
    Call,
    CallFault,
    Delay,
    Delivery,
    DeliveryFault,
    Error,
    Fault,
    Kill,
    Latency,
    ModelReply,
    RecordedCall,
    rename,
)
from agenticai.emulator.faults.schedule import FaultBook

NOW = datetime(2026, 11, 23, tzinfo=UTC)
KILL = Kill(do="kill", side="before")
SLOW = Latency(do="latency", seconds=90)


def book(*faults: Fault) -> FaultBook:
    made = FaultBook(lambda: NOW)
    made.set(faults)
    return made


def effects(made: FaultBook, *calls: tuple[str, str, str]) -> list[str | None]:
    found = (made.effect_of_call(*call) for call in calls)
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

    def test_a_bad_reply_fits_only_calls_of_the_model(self) -> None:
        made = book(CallFault(when=Call(), then=BadReply(do="reply", reply=ModelReply.SAFETY)))
        assert effects(made, PUT, ("dev", "gemini", "GenerateContent")) == [None, "reply"]

    def test_setting_the_rules_begins_anew(self) -> None:
        made = book(CallFault(when=Call(nth=2), then=KILL))
        effects(made, PUT)
        made.set([CallFault(when=Call(nth=2), then=KILL)])
        assert effects(made, PUT, PUT) == [None, "kill"]
        assert [call.number for call in made.calls()] == [1, 2]

    def test_a_number_is_not_given_again_until_the_rules_are_set_anew(self) -> None:
        made = book(CallFault(when=Call(), then=KILL))
        made.remove(0)
        assert made.add(CallFault(when=Call(), then=SLOW)) == 1
        assert effects(made, PUT) == ["latency"]
        with pytest.raises(KeyError):
            made.remove(0)
        made.set(())
        assert made.add(CallFault(when=Call(), then=SLOW)) == 0


class TestWhichDelivery:
    def test_deliveries_are_counted_apart_from_calls(self) -> None:
        late = Delay(do="delay", seconds=60)
        made = book(DeliveryFault(when=Delivery(on="delivery", queue="*-qa-*", nth=2), then=late))
        effects(made, PUT, PUT)
        found = [made.effect_of_delivery(queue) for queue in ("a-qa-queue", "a-dev-queue", "a-qa-queue", "a-qa-queue")]
        assert found == [None, None, late, None]
        assert [(fired.rule, fired.function, fired.what) for fired in made.fired()] == [
            (0, None, "a-qa-queue: delay 60.0")
        ]

    def test_a_rule_of_another_queue_or_for_calls_stands_in_no_ones_way(self) -> None:
        late = Delay(do="delay", seconds=60)
        rules = [DeliveryFault(when=Delivery(on="delivery", queue=queue), then=late) for queue in ("qa", "dev")]
        assert book(CallFault(when=Call(), then=KILL), *rules).effect_of_delivery("dev") == late
        assert effects(book(*rules, CallFault(when=Call(), then=KILL)), PUT) == ["kill"]


class TestWhatIsTold:
    def test_a_fault_that_was_put_to_effect_names_its_rule_and_the_call(self) -> None:
        error = Error(do="error", code="ThrottlingException")
        made = book(
            CallFault(when=Call(nth=9), then=KILL), CallFault(when=Call(operation="PutItem", nth=2), then=error)
        )
        effects(made, GET, PUT, PUT)
        (fired,) = made.fired()
        assert (fired.rule, fired.at, fired.function) == (1, NOW, "dev")
        assert fired.what == "dynamodb PutItem, call 3: error ThrottlingException"

    def test_calls_are_numbered_by_function(self) -> None:
        made = book()
        effects(made, PUT, ("qa", "s3", "GetObject"), GET)
        assert made.calls() == (
            RecordedCall(function="dev", number=1, service="dynamodb", operation="PutItem"),
            RecordedCall(function="qa", number=1, service="s3", operation="GetObject"),
            RecordedCall(function="dev", number=2, service="dynamodb", operation="GetItem"),
        )

    def test_only_the_latest_calls_are_kept_and_their_numbers_go_on(self) -> None:
        made = FaultBook(lambda: NOW, calls_kept=2)
        effects(made, PUT, PUT, PUT)
        assert [call.number for call in made.calls()] == [2, 3]


class TestReading:
    def test_an_error_in_a_rule_is_told_once(self) -> None:
        wrong = {"when": {"on": "delivery", "queue": "dev"}, "then": {"do": "kill", "side": "before"}}
        with pytest.raises(ValidationError) as caught:
            TypeAdapter(Fault).validate_python(wrong)
        (error,) = caught.value.errors()
        assert "'duplicate', 'delay', 'reorder'" in error["msg"]

    def test_a_rule_without_on_is_for_calls(self) -> None:
        read: Fault = TypeAdapter(Fault).validate_python({"when": {}, "then": {"do": "hang"}})
        assert isinstance(read, CallFault)

    def test_a_rule_that_was_written_reads_as_itself(self) -> None:
        adapter: TypeAdapter[list[Fault]] = TypeAdapter(list[Fault])
        rules: list[Fault] = [CallFault(when=Call(nth=3), then=SLOW)]
        assert adapter.validate_json(adapter.dump_json(rules)) == rules


@pytest.mark.parametrize(("seconds", "is_one"), [(0.001, True), (0, False), (-1, False)])
def test_a_delay_is_of_some_time(seconds: float, is_one: bool) -> None:
    with nullcontext() if is_one else pytest.raises(ValidationError):
        Delay(do="delay", seconds=seconds)


def test_a_rule_keeps_the_name_that_no_mapping_has() -> None:
    call = CallFault(when=Call(function="pm"), then=SLOW)
    delivery = DeliveryFault(when=Delivery(on="delivery", queue="qa"), then=Delay(do="delay", seconds=1))
    assert (rename(call, {}, {}), rename(delivery, {}, {})) == (call, delivery)
    assert rename(call, {"pm": "a-pm"}, {"pm": "wrong"}).when == Call(function="a-pm")
    assert rename(delivery, {"qa": "wrong"}, {"qa": "a-qa"}).when == Delivery(on="delivery", queue="a-qa")
