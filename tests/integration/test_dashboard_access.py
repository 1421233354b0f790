"""Accessibility of every dashboard page in a real browser: wide and light, narrow and dark, by all input devices."""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

import pytest
from playwright.sync_api import Browser, Page, expect

from agenticai.scenarios.benches.deployed import Bench
from tests.browser import chromium, needs_chromium
from tests.screenshots import LIMIT_MS, LOOKS, Look, addresses, opened, served_seeded
from tests.seeded import Seeded

if TYPE_CHECKING:
    from _pytest.mark import ParameterSet

pytestmark = needs_chromium

AXE: Final = (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")
RUN: Final = "axe.run({resultTypes: ['violations']})"
GRAVE: Final = ("serious", "critical")
STREAMLITS: Final = {
    ("color-contrast", '<span class="token '): "the colours of its highlighter are no part of a theme",
}
"""Violations in Streamlit's own code, by axe's rule and the beginning of the node, with the reason."""

NAMES: Final = tuple(addresses(Seeded("", "", "")))


@dataclass(frozen=True)
class Shown:
    """A seeded stack and its dashboard."""

    bench: Bench
    seeded: Seeded
    url: str

    def address(self, name: str) -> str:
        return f"{self.url}/{addresses(self.seeded)[name]}"


@pytest.fixture(scope="module")
def shown() -> Iterator[Shown]:
    with served_seeded() as (running, seeded, url):
        yield Shown(running, seeded, url)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


def in_turns(turn: int, name: str) -> Iterator["ParameterSet"]:
    """Yield a page in one look by day and in the other at night; by day, each look has every second page."""
    for look, by_night in ((LOOKS[0], turn % 2 == 1), (LOOKS[-1], turn % 2 == 0)):
        marks = [pytest.mark.nightly] if by_night else []
        yield pytest.param(name, look, marks=marks, id="-".join(map(str, (name, *look))))


@pytest.mark.parametrize(("name", "look"), [each for turn in enumerate(NAMES) for each in in_turns(*turn)])
def test_a_page_has_no_grave_violation_fits_its_width_and_logs_no_error(
    browser: Browser, shown: Shown, name: str, look: Look
) -> None:
    page, errors = watched(browser, shown.address(name), look)
    page.evaluate(AXE)
    violations = page.evaluate(RUN)["violations"]
    wide = page.evaluate("(e => [e.scrollWidth, e.clientWidth])(document.querySelector('[data-testid=stMain]'))")
    assert list(ours(violations)) == []
    assert wide[0] <= wide[1]
    assert errors == []


def watched(browser: Browser, address: str, look: Look) -> tuple[Page, list[str]]:
    """Open a page; errors in its console are added to the list."""
    errors: list[str] = []
    page = opened(browser, address, look, errors)
    return page, errors


def ours(violations: list[dict[str, Any]]) -> Iterator[tuple[str, str, str]]:
    """Yield the rule, node and reason of each serious violation that is not Streamlit's own."""
    for violation in violations:
        for node in violation["nodes"]:
            known = any(rule == violation["id"] and node["html"].startswith(part) for rule, part in STREAMLITS)
            if violation["impact"] in GRAVE and not known:
                yield violation["id"], node["html"][:300], node["failureSummary"]


def test_charts_have_an_alternative_in_words(browser: Browser, shown: Shown) -> None:
    for name in ("queues", "project", "project-quality", "scores", "costs"):
        page, _ = watched(browser, shown.address(name), LOOKS[0])
        charts = page.get_by_test_id("stVegaLiteChart")
        expect(charts.first).to_be_visible(timeout=LIMIT_MS)
        for chart in charts.all():
            assert len(chart.get_attribute("aria-label") or "") > 20, name


def test_pages_are_reached_with_the_keyboard(browser: Browser, shown: Shown) -> None:
    page, _ = watched(browser, shown.url, LOOKS[0])
    tab_to(page, "Queues")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Queues", exact=True)).to_be_visible(timeout=LIMIT_MS)


def test_a_project_is_opened_with_the_keyboard(browser: Browser, shown: Shown) -> None:
    page, _ = watched(browser, shown.address("projects"), LOOKS[0])
    tab_to_table(page)
    page.keyboard.press("Shift+Space")
    expect(page.get_by_role("button", name="All projects")).to_be_visible(timeout=LIMIT_MS)
    tab_to(page, "arrow_backAll projects")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Projects", exact=True)).to_be_visible(timeout=LIMIT_MS)


def test_a_letter_is_redriven_with_the_keyboard(browser: Browser, shown: Shown) -> None:
    page, _ = watched(browser, f"{shown.url}/dead-letters?queue=ops", LOOKS[0])
    tab_to_table(page)
    page.keyboard.press("Shift+Space")
    redrive = page.get_by_role("button", name="Redrive 1 selected")
    expect(redrive).to_be_enabled(timeout=LIMIT_MS)
    tab_to(page, "Redrive 1 selected")
    page.keyboard.press("Enter")
    expect(page.get_by_text("sent back")).to_be_visible(timeout=LIMIT_MS)


MOST_TABS: Final = 80
FOCUSED: Final = "document.activeElement.textContent.trim()"


def tab_to(page: Page, text: str) -> None:
    """Press Tab until the focused element has this text."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if page.evaluate(FOCUSED).endswith(text):
            return
    pytest.fail(f"no Tab comes to {text!r}")


def tab_to_table(page: Page) -> None:
    """Press Tab until a table is focused, and select its first row."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.tagName") == "CANVAS":
            page.keyboard.press("ArrowDown")
            page.keyboard.press("ArrowUp")
            return
    pytest.fail("no Tab comes to a table")
