"""The runs that are kept: a folder for each under `runs/` in the state folder, with its reports; the newest stay."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from agenticai.scenarios.reports.document import RunReport
from agenticai.scenarios.reports.junit import junit
from agenticai.scenarios.reports.page import page

RUNS: Final = "runs"
"""The folder in the state folder."""

KEPT: Final = 20
DOCUMENT: Final = "run.json"


def folder_for(seed: int, home: Path, now: datetime | None = None) -> Path:
    """Create a folder for a run that begins in the state folder `home`, and remove those of all but the newest runs."""
    runs = home / RUNS
    for old in sorted(runs.glob("*/"))[: -(KEPT - 1)]:
        shutil.rmtree(old, ignore_errors=True)
    folder = runs / f"{now or datetime.now(UTC):%Y%m%dT%H%M%S.%f}-{seed}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700)
    return folder


def keep(report: RunReport, folder: Path) -> Path:
    """Write the three reports of a run to its folder; return the page for people."""
    (folder / DOCUMENT).write_text(report.model_dump_json(indent=2), encoding="utf-8")
    (folder / "junit.xml").write_text(junit(report), encoding="utf-8")
    shown = folder / "report.html"
    shown.write_text(page(report), encoding="utf-8")
    return shown


def kept(home: Path) -> Iterator[tuple[Path, RunReport]]:
    """Yield the runs that are kept in the state folder `home`, the newest first.

    What cannot be read, because it is of another version, is left out.
    """
    for document in sorted((home / RUNS).glob(f"*/{DOCUMENT}"), reverse=True):
        try:
            yield document.parent, RunReport.model_validate_json(document.read_bytes())
        except (OSError, ValidationError):
            continue
