"""The runs that are kept: a folder for each under `.agenticai/runs/`, with its reports; the newest stay."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from agenticai.emulator.process import HOME
from agenticai.scenarios.reports.document import RunReport
from agenticai.scenarios.reports.junit import junit
from agenticai.scenarios.reports.page import page

RUNS: Final = HOME / "runs"
KEPT: Final = 20
DOCUMENT: Final = "run.json"


def folder_for(seed: int, runs: Path = RUNS, now: datetime | None = None) -> Path:
    """A folder for a run that begins; those of all but the newest runs are removed."""
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


def kept(runs: Path = RUNS) -> Iterator[tuple[Path, RunReport]]:
    """The runs that are kept, the newest first; what cannot be read, because it is of another version, is left out."""
    for document in sorted(runs.glob(f"*/{DOCUMENT}"), reverse=True):
        try:
            yield document.parent, RunReport.model_validate_json(document.read_bytes())
        except (OSError, ValidationError):
            continue
