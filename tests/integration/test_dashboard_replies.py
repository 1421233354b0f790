"""Problems while the dashboard is open, in a real browser: a missing reply, a deleted project, a stopped engine."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from playwright.sync_api import Browser, Page, expect

from agenticai.commands.dashboard import serve_dashboard
from agenticai.emulator.core.documents import parse_yaml
from agenticai.scenarios.benches.embedded import bench
from agenticai.scenarios.format.scenario import CASSETTES, LIBRARY, load
from tests.browser import chromium, click, needs_chromium, stop_refreshing
from tests.screenshots import LIMIT_MS, LOOKS, free_port, opened

if TYPE_CHECKING:
    from agenticai.scenarios.benches.deployed import Bench

pytestmark = needs_chromium

SCENARIO: Final = load(LIBRARY / "repair-ends-well.yaml")
HELD_BACK: Final = "3-totals.yaml"
"""The reply that is missing at first."""


class Stack:
    """A stack whose engine can be stopped while its dashboard continues."""

    def __init__(self, folder: Path) -> None:
        shutil.copytree(CASSETTES / SCENARIO.name, folder / "cassettes", ignore=shutil.ignore_patterns(HELD_BACK))
        self._ending = ExitStack()
        self.bench: Bench = self._ending.enter_context(bench(run_dir=folder / "run", cassettes=folder / "cassettes"))

    def settle(self) -> None:
        with self.bench.control() as control:
            control.settle(timeout_s=180)

    def end(self) -> None:
        self._ending.close()


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    running = Stack(tmp_path_factory.mktemp("dashboard"))
    yield running
    running.end()


@pytest.fixture(scope="module")
def url(stack: Stack) -> Iterator[str]:
    running = stack.bench
    with serve_dashboard(running.target.endpoint_url, running.outputs.stage, free_port()) as (_, address):
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


def opened_project(browser: Browser, url: str, project_id: str) -> Page:
    return opened(browser, f"{url}/projects?project={project_id}", LOOKS[0])


def test_a_missing_reply_is_written_and_its_project_goes_on(browser: Browser, url: str, stack: Stack) -> None:
    with stack.bench.api() as api, stack.bench.control() as control:
        posted = api.create("Household expenses", SCENARIO.first.requirements)
        control.settle(timeout_s=180)
        (missed,) = control.missed_replies()
        page = opened_project(browser, url, posted.id)
        link = page.get_by_role("link", name="Write the missing reply").get_attribute("href")
        assert link == f"/model-calls?miss={missed.digest}"
        page.goto(f"{url}{link}")
        reply = page.get_by_label("Reply", exact=True).first
        expect(page.get_by_text("An agent would refuse this:")).to_be_visible(timeout=LIMIT_MS)
        expect(page.get_by_role("button", name="Store the reply and retry")).to_be_disabled(timeout=LIMIT_MS)

        text = parse_yaml((CASSETTES / SCENARIO.name / HELD_BACK).read_text("utf-8"))["reply"]["text"]
        reply.fill(text.replace("${tag}", missed.prompt.partition("<file-")[2][:8]))
        reply.press("Control+Enter")
        expect(page.get_by_text("An agent would accept this")).to_be_visible(timeout=LIMIT_MS)
        click(page.get_by_role("button", name="Store the reply and retry"))
        expect(page.get_by_text("1 retried.")).to_be_visible(timeout=LIMIT_MS)
        control.settle(timeout_s=180)
        page.goto(f"{url}/projects?project={posted.id}")
        expect(page.get_by_text("COMPLETED", exact=True)).to_be_visible(timeout=LIMIT_MS)


def test_a_project_that_is_deleted_meanwhile_is_told_as_gone(browser: Browser, url: str, stack: Stack) -> None:
    with stack.bench.api() as api:
        posted = api.create("Soon gone", "Requirements that no stored reply fits.")
        stack.settle()
        page = opened_project(browser, url, posted.id)
        stop_refreshing(page)
        api.delete(posted.id)
        click(page.get_by_role("button", name="Retry"))
        expect(page.get_by_text("There is no such project").first).to_be_visible(timeout=LIMIT_MS)
        expect(page.get_by_text("could not be drawn")).to_have_count(0)


def test_an_engine_that_ends_meanwhile_is_told_as_gone(browser: Browser, url: str, stack: Stack) -> None:
    page = opened(browser, f"{url}/bench", LOOKS[0])
    stop_refreshing(page)
    stack.end()
    click(page.get_by_role("button", name="Settle"))
    expect(page.get_by_text("No stack is running yet")).to_be_visible(timeout=LIMIT_MS)
    expect(page.get_by_text("could not be drawn")).to_have_count(0)
