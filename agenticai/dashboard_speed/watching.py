"""Measures pages in a browser: when each can be used, and how long each of its refreshes takes."""

import base64
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from agenticai.client.errors import SettingsError

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

LOAD_SECONDS: Final = 60.0
LOOK_MS: Final = 50
STILL_MS: Final = 100.0
"""A page counts as drawn if nothing on it has changed for this long."""

WATCH: Final = """
(() => {
  const seen = window.__seen = {sent: [], received: [], changed: []};
  const note = (list, data) => {
    if (typeof data === 'string') return;
    const bytes = new Uint8Array(data);
    const text = bytes.length > 20000 ? '' : btoa(String.fromCharCode(...bytes));
    list.push([performance.now(), text]);
  };
  window.WebSocket = class extends WebSocket {
    constructor(...given) {
      super(...given);
      this.addEventListener('message', event => note(seen.received, event.data));
    }
    send(data) { note(seen.sent, data); super.send(data); }
  };
  const drawn = () => setTimeout(() => seen.changed.push(performance.now()));
  new MutationObserver(() => requestAnimationFrame(drawn)).observe(
    document, {subtree: true, childList: true, attributes: true, characterData: true});
})()
"""
"""Records each message to and from the server, and each change, with the time in ms since the page was requested."""


@dataclass(frozen=True)
class Run:
    """A run of the page's script, or of one live part of it; all times in ms since the page was requested."""

    asked: float
    began: float
    ended: float
    drawn: float
    is_refresh: bool

    @property
    def server_ms(self) -> float:
        """How long the script ran."""
        return self.ended - self.began

    @property
    def drawn_ms(self) -> float:
        """The time from the page's request until the answer was drawn."""
        return self.drawn - self.asked


@dataclass(frozen=True)
class PageTimes:
    """The ms until a page could be used, with an empty cache and then with a full one, and its refreshes."""

    first_ms: float
    again_ms: Sequence[float]
    refreshes: Sequence[Run]

    @property
    def usual_ms(self) -> float:
        """The median of the ms until the page could be used, with a full cache."""
        return statistics.median(self.again_ms)

    def refresh_ms(self, name: str, percent: int) -> float:
        """Return a percentile of `server_ms` or `drawn_ms` over the refreshes; NaN if there were none."""
        times: list[float] = [getattr(run, name) for run in self.refreshes]
        if len(times) < 2:
            return times[0] if times else float("nan")
        return statistics.quantiles(times, n=100, method="inclusive")[percent - 1]


@contextmanager
def run_chromium() -> "Iterator[BrowserContext]":
    """Run headless Chromium during the block. Raises SettingsError if it is not installed.

    It has a new profile on disk and one window, whose tabs are its pages, as a user's browser has. In Playwright's
    default contexts every page opens a window, whose own programs start while the page is measured, and programs are
    compiled again for each page.
    """
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        raise SettingsError("There is no Chromium: install your system's package, such as `apt-get install chromium`.")
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as profile:
        context = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=path,
            args=["--no-sandbox", "--disable-dev-shm-usage", "--window-size=1280,900"],
            viewport={"width": 1280, "height": 900},
        )
        yield context
        context.close()


def watch(url: str, *, again: int, refreshes: int, longest_s: float) -> PageTimes:
    """Open a page with an empty cache, then `again` times more, and stay for `refreshes`, at most `longest_s`."""
    with run_chromium() as context:
        context.add_init_script(WATCH)
        loads = [_open(context, url, 0, 0)[0].drawn for _ in range(1 + again)]
        _, *following = _open(context, url, refreshes, longest_s)
    return PageTimes(loads[0], loads[1:], [run for run in following if run.is_refresh])


def _open(context: "BrowserContext", url: str, refreshes: int, longest_s: float) -> list[Run]:
    """Open a page, and return the run that drew it and the refreshes that followed."""
    page = context.new_page()
    page.goto(url, wait_until="commit")
    began, runs = time.monotonic(), list[Run]()
    while True:
        page.wait_for_timeout(LOOK_MS)
        observations, waited = page.evaluate("[performance.now(), window.__seen]"), time.monotonic() - began
        runs = find_runs(*observations)
        loaded = [index for index, run in enumerate(runs) if not run.is_refresh]
        if loaded and (len(runs) - 1 - loaded[-1] >= refreshes or waited > LOAD_SECONDS + longest_s):
            break
        if waited > LOAD_SECONDS + longest_s:
            raise SettingsError(f"{url} was not drawn in {LOAD_SECONDS:g} s.")
        if loaded and waited > longest_s + runs[loaded[-1]].drawn / 1000:
            break
    page.close()
    return runs[loaded[-1] :]


def find_runs(now: float, seen: Mapping[str, Any]) -> list[Run]:
    """Return the runs that have ended and been drawn, in their order, without those that another run replaced."""
    from streamlit.proto.BackMsg_pb2 import BackMsg
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

    request_times = [
        at for at, text in seen["sent"] if BackMsg.FromString(base64.b64decode(text)).HasField("rerun_script")
    ]
    runs, began = list[Run](), 0.0
    for at, text in seen["received"]:
        message = ForwardMsg.FromString(base64.b64decode(text))
        if message.HasField("new_session"):
            began = at
        elif message.HasField("script_finished"):
            status = message.script_finished
            done = status in {ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY}
            drawn = find_drawn(seen["changed"], at, now)
            if done and drawn is not None:
                refresh = status == ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY
                sent = max((request_time for request_time in request_times if request_time <= began), default=began)
                runs.append(Run(sent, began, at, drawn, refresh))
    return runs


def find_drawn(changes: Sequence[float], ended: float, now: float) -> float | None:
    """Return when the last change of a run that ended at `ended` was drawn; None if more changes may come."""
    last = ended
    for before, at in pairwise([ended, *(at for at in changes if at > ended)]):
        if at - before > STILL_MS:
            break
        last = at
    return last if now - last > STILL_MS else None
