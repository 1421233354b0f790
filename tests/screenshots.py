"""Pictures of the dashboard's pages on a seeded stack: `python -m tests.screenshots FOLDER [--every-look]`."""

import argparse
import io
import re
import socket
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from PIL import Image
from playwright.sync_api import Browser, Page, expect

from agenticai.commands.dashboard import serve_dashboard
from agenticai.scenarios.benches.embedded import bench
from tests.browser import chromium, complaints, keep_page
from tests.seeded import Seeded, seed

if TYPE_CHECKING:
    from agenticai.scenarios.benches.deployed import Bench

Scheme = Literal["light", "dark"]
Look = tuple[int, Scheme]

WIDE: Final = 1280
NARROW: Final = 400
LOOKS: Final[tuple[Look, ...]] = ((WIDE, "light"), (WIDE, "dark"), (NARROW, "light"), (NARROW, "dark"))
DOCUMENTED: Final = ("overview", "queues", "dead-letters", "project", "project-quality", "costs", "bench")
"""The pictures in docs/dashboard.md: none shows where this machine keeps files."""

COLOURS: Final = 256
TALLEST: Final = 1_600
LIMIT_MS: Final = 60_000
LAST_LINE: Final = re.compile("AWS calls? since it started|One column per run|No runs yet")
ATTEMPTS: Final = 8
NETWORK_CHANGED: Final = "net::ERR_NETWORK_CHANGED"
FRAMES: Final = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
PAINTED: Final = f"document.fonts.ready.then(() => {FRAMES})"


def addresses(seeded: Seeded) -> dict[str, str]:
    """Return the address of every page, below the root, by its picture's name."""
    project = f"projects?project={seeded.completed}"
    sections = ("Plan", "Files", "Changes", "Quality", "Model calls", "Use and cost", "Deployments")
    return {
        "overview": "",
        "queues": "queues?queue=agenticai-qa-dlq-dev",
        "dead-letters": "dead-letters?queue=qa",
        "projects": "projects",
        "project": project,
        **{f"project-{name.lower().replace(' ', '-')}": f"{project}&section={name}" for name in sections},
        "project-failed": f"projects?project={seeded.failed}",
        "model-calls": "model-calls",
        "scores": "scores",
        "scores-bench": "scores?scores=bench",
        "costs": "costs",
        "bench": "bench",
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--every-look", action="store_true", help="in two widths, light and dark")
    parser.add_argument("--only", default="", help="names of pages, comma separated")
    asked = parser.parse_args(arguments)
    asked.folder.mkdir(parents=True, exist_ok=True)
    looks = LOOKS if asked.every_look else LOOKS[:1]
    with served_seeded() as (_, seeded, url), chromium() as browser:
        pages = addresses(seeded)
        chosen = asked.only.split(",") if asked.only else pages if asked.every_look else DOCUMENTED
        for name in chosen:
            for look in looks:
                suffix = f"-{look[0]}-{look[1]}" if asked.every_look else ""
                path = asked.folder / f"{name}{suffix}.png"
                path.write_bytes(picture(browser, f"{url}/{pages[name]}", look))
                print(path, f"{path.stat().st_size:,} bytes", flush=True)  # noqa: T201 - what it is for


@contextmanager
def served_seeded() -> Iterator[tuple["Bench", Seeded, str]]:
    """Start a seeded stack with a dashboard; yield them and the dashboard's address."""
    with tempfile.TemporaryDirectory() as folder, bench(run_dir=Path(folder) / "run") as running:
        seeded = seed(running)
        with serve_dashboard(running.target.endpoint_url, running.outputs.stage, free_port()) as (_, url):
            yield running, seeded, url


def free_port() -> int:
    """Return a free port of this machine."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def picture(browser: Browser, address: str, look: Look) -> bytes:
    """Return a page in full height as a PNG with few colours."""
    page, width = opened(browser, address, look), look[0]
    height = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
    page.set_viewport_size({"width": width, "height": max(600, min(height, TALLEST))})
    await_drawn(page)
    shot = page.screenshot()
    small = io.BytesIO()
    Image.open(io.BytesIO(shot)).convert("RGB").quantize(COLOURS).save(small, "PNG", optimize=True)
    return small.getvalue()


def opened(browser: Browser, address: str, look: Look, errors: list[str] | None = None) -> Page:
    """Open an address in a look, and wait until the page is drawn; errors in its console are added to `errors`.

    The browser keeps one page, which is reused unless it is closed. Chromium's loads fail while a network interface of
    the machine appears or disappears, as other programs cause it; then everything is loaded again.
    """
    said = [] if errors is None else errors
    page = keep_page(browser)
    page.set_default_timeout(LIMIT_MS)
    page.set_viewport_size({"width": look[0], "height": 900})
    page.emulate_media(color_scheme=look[1])
    page.on("console", lambda message: said.extend(complaints(message)))
    page.on("pageerror", lambda error: said.append(str(error)))
    before = len(said)
    for _ in range(ATTEMPTS):
        del said[before:]
        page.goto(address)
        if not any(NETWORK_CHANGED in text for text in said[before:]):
            await_drawn(page)
        if not any(NETWORK_CHANGED in text for text in said[before:]):
            break
    return page


def await_drawn(page: Page) -> None:
    """Wait until a page is complete: its last line exists, no part is being drawn, and everything is painted."""
    expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=LIMIT_MS)
    expect(page.get_by_text(LAST_LINE).last).to_be_attached(timeout=LIMIT_MS)
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning", timeout=LIMIT_MS)
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0, timeout=LIMIT_MS)
    page.evaluate(PAINTED)


if __name__ == "__main__":
    main()
