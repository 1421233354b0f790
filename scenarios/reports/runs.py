"""The stored runs: a folder for each under `runs/` in the state folder, with its reports; old ones are removed."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from agenticai.scenarios.benches.run_folders import remove_ended
from agenticai.scenarios.reports.document import RunReport
from agenticai.scenarios.reports.junit import render_junit
from agenticai.scenarios.reports.page import render_page
from agenticai.stack.private_files import make_private, write_private

RUNS: Final = "runs"
"""The name of the folder in the state folder."""

KEPT: Final = 20
DOCUMENT: Final = "run.json"


def make_folder(seed: int, home: Path, now: datetime | None = None) -> Path:
    """Create a folder for a starting run in the state folder `home`.

    The folders of runs that have ended are removed, except for the newest.
    """
    runs = home / RUNS
    remove_ended(sorted(runs.glob("*/")), KEPT - 1)
    folder = runs / f"{now or datetime.now(UTC):%Y%m%dT%H%M%S.%f}-{seed}"
    make_private(runs)
    folder.mkdir(mode=0o700)
    return folder


def keep_run(report: RunReport, folder: Path) -> Path:
    """Write the three reports of a run to its folder, and return the path of the HTML page."""
    write_private(folder / DOCUMENT, report.model_dump_json(indent=2))
    write_private(folder / "junit.xml", render_junit(report))
    html = folder / "report.html"
    write_private(html, render_page(report))
    return html


def list_kept(home: Path) -> Iterator[tuple[Path, RunReport]]:
    """Yield the runs stored in the state folder `home`, the newest first.

    Unreadable ones, from another version, are left out.
    """
    for document in sorted((home / RUNS).glob(f"*/{DOCUMENT}"), reverse=True):
        try:
            yield document.parent, RunReport.model_validate_json(document.read_bytes())
        except (OSError, ValidationError):
            continue
