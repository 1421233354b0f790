"""Hostile text everywhere in the dashboard, in a real browser: shown as text, never as markup."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect

from agenticai.dashboard.components.timeline_chart import LANE_HEIGHT
from agenticai.dashboard.views.project import SECTIONS
from agenticai.stack.waiting import pause
from tests.browser import chromium, click, needs_chromium
from tests.fakes.dashboard_projects import ID
from tests.screenshots import LIMIT_MS, LOOKS, PAINTED, free_port, opened

pytestmark = needs_chromium

ROOT: Final = Path(__file__).parents[2]
HOST: Final = "evil.example"
LITERAL: Final = ":red[mark-red]"
TEXT: Final = (
    f"<i>mark-i</i> {LITERAL} :streamlit: :material/home: **mark-b** _mark-e_ `mark-c` ~~mark-d~~ $x^2$ :smile: -> #"
    f" [mark-l](http://{HOST}/a) ![p](http://{HOST}/p.png) http://{HOST}/b www.{HOST} me@{HOST}"
    "<img src=x onerror='window.taken=1'><script>window.taken=1</script> \x1b[31m \u202egnp \u200b \u2066"
)
APP: Final = """
import runpy
from pathlib import Path

from agenticai.dashboard import __main__ as served
from agenticai.dashboard.components import session
from tests.fakes.dashboard_filled import FilledConnection
from tests.integration.test_dashboard_hostile import TEXT

made = FilledConnection(TEXT)
session.get_connection = lambda: made
runpy.run_path(str(Path(served.__file__).with_name("app.py")), run_name="__main__")
"""
SERVE: Final = """
import sys
from pathlib import Path
from agenticai.dashboard import __main__ as served

served.APP = Path(sys.argv[3])
served.main()
"""
FOUND: Final = """() => {
    const all = selector => [...document.querySelectorAll(selector)];
    const shown = document.body.cloneNode(true);
    shown.querySelectorAll("textarea").forEach(field => field.remove());  // there a text is edited as it is
    const within = (selector, text) => all(selector).filter(each => each.textContent === text).length;
    return {
        run: window.taken === 1,
        links: all("a[href*='evil.example'], a[href^='mailto:']").length,
        images: all("img, image").length,
        html: within("i", "mark-i"),
        strong: within("strong", "mark-b"),
        emphasis: within("em", "mark-e"),
        struck: within("del", "mark-d"),
        code: within("p code", "mark-c"),
        colour: within(".stMarkdownColoredText", "mark-red"),
        formulas: all(".katex").length,
        icons: all("[data-testid=stIconMaterial]").filter(each => each.textContent === "home").length,
        replaced: /\\u2192|\\u{1f604}/u.test(document.body.textContent),
        hidden: /[\\u0000-\\u0008\\u000b-\\u001f\\u200b\\u202a-\\u202e\\u2066-\\u2069]/.test(shown.textContent),
    };
}"""
SHOWN: Final = "text => document.body.textContent.replaceAll('\\u2060', '').includes(text)"
SECTION_PAGES: Final = {f"project: {name}": f"projects?project={ID}&section={name}" for name in SECTIONS}
PAGES: Final = {
    "overview": "",
    "queues": "queues",
    "dead letters": "dead-letters",
    "projects": "projects",
    **SECTION_PAGES,
    "model calls": "model-calls",
    "scores": "scores",
    "bench scores": "scores?scores=bench",
    "costs": "costs",
    "bench": "bench",
}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A dashboard that shows only this text."""
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "app.py").write_text(APP)
    keep_run(folder / "home" / "runs" / "2026-01-01")
    port = free_port()
    environ = os.environ | {"PYTHONPATH": str(ROOT), "AGENTICAI_HOME": str(folder / "home")}
    command = [sys.executable, "-c", SERVE, str(port), "127.0.0.1", str(folder / "app.py")]
    with subprocess.Popen(command, env=environ, cwd=folder, stdin=subprocess.PIPE) as process:
        url = f"http://127.0.0.1:{port}"
        await_served(process, url)
        yield url
        assert process.stdin
        process.stdin.close()


def await_served(process: "subprocess.Popen[bytes]", url: str) -> None:
    while process.poll() is None:
        try:
            if httpx2.get(f"{url}/_stcore/health", trust_env=False, timeout=60).is_success:
                return
        except httpx2.TransportError:
            pause(0.1)
    pytest.fail("the dashboard ended by itself")


def keep_run(folder: Path) -> None:
    replay: dict[str, Any] = {"name": TEXT, "outcome": "failed", "unmet": [TEXT], "wall_s": 1}
    run = {"schema": "agenticai-run/1", "started_at": "2026-01-01T00:00:00Z", "target": TEXT, "seed": 0, "repeat": 1}
    folder.mkdir(parents=True)
    (folder / "run.json").write_text(json.dumps({**run, "wall_s": 1, "scenarios": [replay]}))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


def assert_text(page: Page, errors: list[str]) -> None:
    """Check that no part of the text is run, rendered or loaded."""
    found = page.evaluate(FOUND)
    assert {name: value for name, value in found.items() if value} == {}
    assert HOST not in page.title()
    assert errors == []


@pytest.mark.parametrize("name", PAGES)
def test_nothing_of_it_is_markup(browser: Browser, address: str, name: str) -> None:
    errors: list[str] = []
    page = opened(browser, f"{address}/{PAGES[name]}", LOOKS[0], errors)
    assert_text(page, errors)
    if name not in ("overview", "project: Use and cost"):
        page.wait_for_function(SHOWN, arg=LITERAL)
    for summary in page.locator("summary").all():
        click(summary)
    for tab in page.get_by_role("tab").all():
        click(tab)
    page.wait_for_load_state("networkidle")
    assert_text(page, errors)


def test_nothing_of_a_dead_letter_and_its_long_log_is_markup(browser: Browser, address: str) -> None:
    errors: list[str] = []
    page = opened(browser, f"{address}/dead-letters", LOOKS[0], errors)
    for row in range(3):
        page.get_by_test_id("stDataFrame").click(position={"x": 20, "y": 52 + 35 * row})
        expect(page.get_by_text(f"message {row}-letter")).to_be_visible(timeout=LIMIT_MS)
    for attempt in page.get_by_text("Attempt 1").all():
        click(attempt)
    for toggle in ("Log lines", "Send an edited copy"):
        page.get_by_role("switch", name=toggle).first.press("Space")
    expect(page.get_by_role("button", name="Send the copy")).to_be_visible(timeout=LIMIT_MS)
    assert LITERAL in page.inner_text("body")
    assert_text(page, errors)


def test_nothing_of_what_an_act_says_is_markup(browser: Browser, address: str) -> None:
    errors: list[str] = []
    page = opened(browser, f"{address}/bench", LOOKS[0], errors)
    click(page.get_by_role("button", name="Remove", exact=True))
    expect(page.get_by_text("Removed: call 1 of")).to_be_visible(timeout=LIMIT_MS)
    assert_text(page, errors)


def test_nothing_in_the_tooltip_of_a_chart_is_markup(browser: Browser, address: str) -> None:
    errors: list[str] = []
    page = opened(browser, f"{address}/projects?project={ID}", LOOKS[0], errors)
    box = page.get_by_test_id("stVegaLiteChart").bounding_box()
    assert box
    tooltip = page.locator("#vg-tooltip-element.visible")
    for step in range(40):
        page.mouse.move(box["x"] + 60 + (box["width"] - 70) * step / 40, box["y"] + LANE_HEIGHT / 2)
        page.evaluate(PAINTED)
        if tooltip.count() and LITERAL in tooltip.inner_text():
            break
    else:
        pytest.fail("no tooltip has the text")
    assert "2026-01-01 12:00:0" in tooltip.inner_text()
    assert_text(page, errors)
