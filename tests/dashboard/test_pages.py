"""The pages on a source that tells what a test says: what they show, what they do, and how they take its faults."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from agenticai.client.queues.model import Depth
from agenticai.dashboard.components import session
from agenticai.emulator.core.errors import ControlError
from tests.fakes.dashboard import DEAD, HOSTILE, QUEUE, FakeBench, FakeConnection, FakeSource, letter

PAGES = ("overview", "queues", "dead_letters", "bench")
DRAWN = "from agenticai.dashboard.views import {0}\n{0}.page()"
LIMIT_SECONDS = 60


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    """Opens a page on a source."""

    def open_page(name: str, source: FakeSource, fault: Exception | None = None) -> AppTest:
        monkeypatch.setattr(session, "connection", lambda: FakeConnection(source, fault))
        return AppTest.from_string(DRAWN.format(name), default_timeout=LIMIT_SECONDS).run()

    return open_page


def shown(page: AppTest) -> str:
    """All text of a page."""
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
    assert "`agenticai up` starts one" in page.info[0].value
    assert "Nothing answers there." in shown(page)


def test_a_page_on_another_target_says_what_it_cannot_tell(opened: Callable[..., AppTest]) -> None:
    assert "This target does not tell" in shown(opened("bench", FakeSource(exact=False))).replace("\\", "")
    assert "Samples that this page took" in shown(opened("queues", FakeSource(exact=False)))
    assert "counts as a receive" in shown(opened("dead_letters", FakeSource([letter("m")], exact=False)))


def test_the_overview_counts_messages_and_dead_letters(opened: Callable[..., AppTest]) -> None:
    page = opened("overview", FakeSource([letter("m1")], Depth(4, 2, 1)))
    assert [metric.value for metric in page.metric] == ["", "7"]
    assert "1 dead letter" in shown(page)


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
    assert page.button(key="purge-dev").disabled
    page.text_input(key="purge-name-dev").input(DEAD).run()
    page.button(key="purge-dev").click().run()
    assert source.acts == [("purge", DEAD)]
    assert f"{DEAD} was purged." in shown(page)
    assert "No dead letters." in shown(page)


def test_all_are_redriven_at_a_rate_and_the_list_is_true_afterwards(opened: Callable[..., AppTest]) -> None:
    source = FakeSource([letter("m1"), letter("m2")])
    page = opened("dead_letters", source)
    page.number_input(key="rate-dev").set_value(7).run()
    page.button(key="all-dev").click().run()
    assert source.acts == [("redrive all", 7)]
    assert "2 messages were moved back" in shown(page)
    assert "No dead letters." in shown(page)


def test_the_bench_is_told(opened: Callable[..., AppTest]) -> None:
    source = FakeSource()
    page = opened("bench", source)
    page.button(key="settle").click().run()
    page.radio(key="mode").set_value("stepped").run()
    page.button(key="apply-mode").click().run()
    page.button(key="next").click().run()
    page.button(key="faults-on").click().run()
    assert isinstance(source.controls, FakeBench)
    told = source.controls.told
    assert told[:3] == [("settle", None), ("dispatch", "stepped"), ("settle", 1)]
    assert told[3][0] == "faults"
    assert len(told[3][1]) == 1


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
