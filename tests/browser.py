"""Debian's Chromium, driven through Playwright; tests that need it skip where there is none."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from tests.needs import needs

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

needs_chromium = needs(CHROMIUM is not None, "there is no Chromium: apt-get install chromium")


@contextmanager
def chromium(*options: str) -> Iterator[Browser]:
    """A headless Chromium that looks no name up outside of this machine."""
    arguments = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", *options]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


def complaints(message: ConsoleMessage) -> list[str]:
    """Return what a page's console says is wrong, if it does; Streamlit's own graphs have no worker, and say so."""
    is_wrong = message.type in {"error", "warning"} and "useWorker" not in message.text
    return [message.text] if is_wrong else []


def keep_page(browser: Browser) -> Page:
    """Return the page that is open, or a new one: each is a window, which costs far more than what it shows."""
    kept = [page for context in browser.contexts for page in context.pages]
    return kept[0] if kept else browser.new_page()
