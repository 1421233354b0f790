"""Debian's Chromium, driven through Playwright; tests that need it skip where there is none."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

SKIP_NOTHING = "AGENTICAI_TESTS_SKIP_NOTHING"
"""Set where everything that tests need is there, as in CI: then its absence is a failure."""

needs_chromium = pytest.mark.skipif(
    CHROMIUM is None and SKIP_NOTHING not in os.environ, reason="there is no Chromium: apt-get install chromium"
)


@contextmanager
def chromium(*options: str) -> Iterator[Browser]:
    """A headless Chromium that looks no name up outside of this machine."""
    arguments = ["--no-sandbox", "--disable-dev-shm-usage", *options]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()
