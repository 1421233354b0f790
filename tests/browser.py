"""Debian's Chromium, controlled by Playwright; tests that need it are skipped if it is missing."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, sync_playwright

from tests.needs import needs

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

needs_chromium = needs(CHROMIUM is not None, "there is no Chromium: apt-get install chromium")


@contextmanager
def chromium(*options: str) -> Iterator[Browser]:
    """Start a headless Chromium that resolves no names outside this machine."""
    arguments = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", *options]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


def complaints(message: ConsoleMessage) -> list[str]:
    """Return a console message if it reports a fault; Streamlit's own graphs report missing workers."""
    is_wrong = message.type in {"error", "warning"} and "useWorker" not in message.text
    return [message.text] if is_wrong else []


def keep_page(browser: Browser) -> Page:
    """Return the open page, or a new one: each page is a window, which is far more expensive than its content."""
    kept = [page for context in browser.contexts for page in context.pages]
    return kept[0] if kept else browser.new_page()


def click(target: Locator) -> None:
    """Click an element wherever it is by then: a mouse's click is lost if the page moves between press and release."""
    target.click(trial=True)
    target.evaluate("element => element.click()")


def stop_refreshing(page: Page) -> None:
    """Stop all timers of a page at rest, so that it changes only when it is used."""
    page.evaluate("for (let timer = setInterval(() => {}, 1e9); timer > 0; timer--) clearInterval(timer)")
