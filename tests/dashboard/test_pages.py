"""The pages with a source that returns what a test sets: their content, their actions, and their handling of faults."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from streamlit.testing.v1 import AppTest

from agenticai.client.queues.model import Attempt, Depth
from agenticai.dashboard.components import session
from agenticai.dashboard.components.texts import escape_markdown
from agenticai.dashboard.services.doing import Doing
from agenticai.emulator.core.bench_records import Settled
from agenticai.emulator.core.errors import ControlError
from agenticai.emulator.faults.rules import Call, CallFault, Error
from tests.fakes.dashboard import DEAD, HOSTILE, NOW, QUEUE, FakeBench, FakeConnection, FakeSource, letter
from tests.unfolding import unfold

PAGES = ("overview", "queues", "dead_letters", "bench")
DRAWN = "from agenticai.dashboard.views import {0}\n{0}.page()"
LIMIT_SECONDS = 60


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    """Return a function that opens a page with a source."""

    def open_page(name: str, source: FakeSource, fault: Exception | None = None) -> AppTest:
        monkeypatch.setattr(session, "get_connection", lambda: FakeConnection(source, fault))
        return AppTest.from_string(DRAWN.format(name), default_timeout=LIMIT_SECONDS).run()

    return open_page


def shown(page: AppTest) -> str:
    """Return all text of a page."""
    kinds = (page.text, page.caption, page.markdown, page.code, page.info, page.warning, page.success, page.metric)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("exact", [True, False])
def test_every_page_is_drawn_without_a_fault(opened: Callable[..., AppTest], name: str, exact: bool) -> None:
    page = opened(name, FakeSource([letter("m1"), letter("m2", HOSTILE, HOSTILE)], exact=exact))
    assert not page.exception
    assert not page.warning


@pytest.mark.parametrize("name", PAGES)
def test_where_there_is_no_stack_a_page_says_how_to_start_one(opened: Callable[..., AppTest], name: str) -> None:
    page = opened(name, FakeSource(), ControlError("Nothing answers there."))
    assert not page.exception
    assert "Start one with `agenticai up`" in page.info[0].value
    assert "Nothing answers there." in shown(page)


@pytest.mark.parametrize("name", PAGES)
def test_where_the_stack_is_gone_meanwhile_the_whole_page_waits_for_one(
    opened: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    source = FakeSource()
    monkeypatch.setattr(FakeConnection, "get", gone_after(1))
    page = opened(name, source)
    assert not page.warning
    assert "Start one with `agenticai up`" in page.info[0].value


def gone_after(times: int) -> Callable[[FakeConnection], object]:
    """Return a connection that finds its stack that many times, and then no more."""
    find, asked = FakeConnection.get, [0]

    def get(connection: FakeConnection) -> object:
        asked[0] += 1
        if asked[0] > times:
            raise ControlError("Nothing answers there.")
        return find(connection)

    return get


def test_a_page_on_another_target_says_what_it_cannot_tell(opened: Callable[..., AppTest]) -> None:
    assert "This target does not tell" in shown(opened("bench", FakeSource(exact=False))).replace("\\", "")
    assert "Samples taken by this page" in shown(opened("queues", FakeSource(exact=False)))
    assert "counts as a receive" in shown(opened("dead_letters", FakeSource([letter("m")], exact=False)))


def test_messages_that_a_look_would_receive_are_shown_to_who_asks_for_them(opened: Callable[..., AppTest]) -> None:
    source = FakeSource(exact=False)
    page = opened("queues", source)
    assert "<script>" not in "".join(element.value for element in page.code)
    page.button(key=f"look-{QUEUE}").click().run()
    assert source.looked == [QUEUE]
    assert "<script>" in "".join(element.value for element in page.code)


def test_dead_letters_are_looked_at_again_when_asked(opened: Callable[..., AppTest]) -> None:
    source = FakeSource([letter("m")], exact=False)
    opened("dead_letters", source).button(key="look-dev").click().run()
    assert source.looked == [DEAD]


def test_the_overview_counts_messages_and_dead_letters(opened: Callable[..., AppTest]) -> None:
    page = opened("overview", FakeSource([letter("m1")], Depth(4, 2, 1)))
    told = shown(page)
    for badge in ("7 messages", "4 visible", "2 in flight", "1 delayed", "oldest 1 min 5 s", "1 dead letter"):
        assert f"-badge[{escape_markdown(badge)}]" in told


def test_the_overview_tells_what_functions_are_doing(opened: Callable[..., AppTest]) -> None:
    source = FakeSource()
    told = shown(opened("overview", source))
    assert f"gray-badge[{escape_markdown('has not run')}]" in told
    failed = Attempt(NOW - timedelta(seconds=7), HOSTILE, "it failed", "r")
    since = NOW - timedelta(seconds=3)
    source.functions["dev"] = Doing(running=2, since=since, limit=2, throttled=1, failed=failed)
    told = shown(opened("overview", source))
    for badge in ("2 running for 3 s", "at its limit of 2", "1 call throttled", f"failed 7 s ago: {HOSTILE}"):
        assert f"-badge[{escape_markdown(badge)}]" in told
    told = shown(opened("overview", FakeSource(exact=False)))
    assert "This target does not tell" in told.replace("\\", "")


def test_what_each_function_does_is_a_row_and_its_log_lines_one_click_away(opened: Callable[..., AppTest]) -> None:
    source = FakeSource()
    source.functions["dev"] = Doing(running=1, since=NOW, limit=2, failed=Attempt(NOW, HOSTILE, HOSTILE, "r9"))
    page = opened("queues", source)
    table = next(one.value for one in page.dataframe if "running" in one.value)
    assert list(table["function"]) == ["API", "DEV"]
    assert list(table["running"]) == [0, 1]
    assert "line of r9" not in shown(page)
    page.toggle(key="failed-dev").set_value(True).run()
    assert "line of r9" in shown(page)
    assert "Not available here" in shown(opened("queues", FakeSource(exact=False)))


def test_a_queue_is_a_row_of_exact_numbers(opened: Callable[..., AppTest]) -> None:
    table = opened("queues", FakeSource(depth=Depth(1, 2, 3))).dataframe[0].value
    assert list(table["queue"]) == [QUEUE, DEAD]
    assert [table[name][0] for name in ("visible", "in flight", "delayed")] == [1, 2, 3]


def test_hostile_text_is_shown_as_text(opened: Callable[..., AppTest]) -> None:
    page = opened("queues", FakeSource())
    assert any("<script>" in element.value for element in page.code)
    assert not any("<script>" in element.value for element in page.markdown)
    assert not any("\u202e" in element.value for element in (*page.code, *page.text))


def test_a_purge_needs_the_name_of_the_queue(opened: Callable[..., AppTest]) -> None:
    source = FakeSource([letter("m1")])
    page = opened("dead_letters", source)
    assert unfold(page, "all-fold-dev").button(key="purge-dev").disabled
    page.text_input(key="purge-name-dev").input(DEAD).run()
    page.button(key="purge-dev").click().run()
    assert source.acts == [("purge", DEAD)]
    assert f"{DEAD} was purged." in shown(page)
    assert "No dead letters." in shown(page)


def test_all_are_redriven_at_a_rate_and_the_list_is_true_afterwards(opened: Callable[..., AppTest]) -> None:
    source = FakeSource([letter("m1"), letter("m2")])
    page = opened("dead_letters", source)
    unfold(page, "all-fold-dev").number_input(key="rate-dev").set_value(7).run()
    page.button(key="all-dev").click().run()
    assert source.acts == [("redrive all", 7)]
    assert "2 messages were moved back" in shown(page)
    assert "No dead letters." in shown(page)


def test_the_bench_is_told(opened: Callable[..., AppTest]) -> None:
    source = FakeSource()
    page = opened("bench", source)
    page.button(key="settle").click().run()
    assert "1 min skipped; the bench is quiet." in shown(page)
    assert "deliveries" not in shown(page)
    assert page.button(key="next").disabled
    page.button(key="mode-stepped").click().run()
    page.button(key="next").click().run()
    assert "3 delivered." in shown(page)
    assert isinstance(source.controls, FakeBench)
    page.button(key="settle").click().run()
    assert "3 deliveries, 1 min skipped; the bench is quiet." in shown(page)
    assert source.controls.told == [("settle", None), ("dispatch", "stepped"), ("settle", 1), ("settle", None)]


def test_a_fault_is_made_from_a_form_and_taken_off_again(opened: Callable[..., AppTest]) -> None:
    source = FakeSource()
    page = opened("bench", source)
    assert "No faults are active." in shown(page)
    page.selectbox(key="fault-function").set_value("dev").run()
    page.selectbox(key="fault-service").set_value("dynamodb").run()
    page.number_input(key="fault-times").set_value(4).run()
    page.button(key="fault-add").click().run()
    assert isinstance(source.controls, FakeBench)
    error = Error(do="error", code="ThrottlingException")
    asked = Call(function="agenticai-dev-dev", service="dynamodb", times=4)
    assert [one.fault for one in source.controls.on] == [CallFault(when=asked, then=error)]
    assert "1. calls 1 to 4 of dev to dynamodb: error, ThrottlingException" in shown(page)

    page.selectbox(key="fault-on").set_value("delivery").run()
    page.selectbox(key="fault-queue").set_value("dev").run()
    page.selectbox(key="fault-do-delivery").set_value("delay").run()
    page.number_input(key="fault-delivery-delay-seconds").set_value(90.0).run()
    page.button(key="fault-add").click().run()
    assert "2. deliveries 1 to 4 from dev: delay, 90 s" in shown(page)

    page.button(key="fault-off-0").click().run()
    assert [one.rule for one in source.controls.on] == [1]
    assert "Removed: calls 1 to 4 of dev" in shown(page)
    page.button(key="faults-off").click().run()
    assert source.controls.told == [("faults", ())]


def test_a_field_of_a_fault_that_cannot_be_is_answered_by_name(opened: Callable[..., AppTest]) -> None:
    page = opened("bench", FakeSource())
    page.number_input(key="fault-call-error-status").set_value(200).run()
    page.button(key="fault-add").click().run()
    assert "status" in page.warning[0].value
    assert "400" in page.warning[0].value


def test_an_act_that_is_refused_says_why_and_the_page_stays(opened: Callable[..., AppTest]) -> None:
    class Busy(FakeBench):
        def settle(self, *, deliveries: int | None = None) -> Settled:
            raise ControlError("The engine was *still* at work.")

    source = FakeSource()
    source.controls = Busy()
    page = opened("bench", source)
    page.button(key="settle").click().run()
    assert [error.value for error in page.error] == [r"The engine was \*still\* at work\."]
    assert "No faults are active." in shown(page)


def test_rules_are_set_as_yaml_with_the_names_of_agents(opened: Callable[..., AppTest]) -> None:
    source = FakeSource()
    page = opened("bench", source)
    page.button(key="faults-on").click().run()
    assert isinstance(source.controls, FakeBench)
    assert [one.fault.when.model_dump()["function"] for one in source.controls.on] == ["agenticai-dev-dev"]


@pytest.mark.parametrize("rules", ["- when: {function: dev}\n  then: {do: nothing}", "a: [", "5"])
def test_rules_that_are_none_are_answered_on_the_page(opened: Callable[..., AppTest], rules: str) -> None:
    source = FakeSource()
    page = opened("bench", source)
    page.text_area(key="rules").input(rules).run()
    page.button(key="faults-on").click().run()
    assert page.warning
    assert not page.exception
    assert isinstance(source.controls, FakeBench)
    assert source.controls.told == []
