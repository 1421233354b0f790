"""What a bundle weighs and how long its import takes: `make size`."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agenticai.display.console import Display, figures, grid
from agenticai.emulator.core.home import find_home
from agenticai.emulator.engines.runtime_venv import runtime_python
from agenticai.stack.packaging import Bundle, Bundles, Packaging, build
from agenticai.stack.platform import HERE
from agenticai.stack.template import Template

MB: Final = 1_000_000
LIMITS: Final = {"api_handler": 40, "pm_agent": 60, "dev_agent": 60, "qa_agent": 90, "ops_agent": 40, "runner": 60}
"""Megabytes unpacked, the layer included."""

ENTRY: Final = {"api_handler": "api_handler.app", "runner": "runner.app"}
LAYER: Final = "shared"
RUNS: Final = 5


@dataclass(frozen=True)
class Size:
    """One function: megabytes unpacked with the layer, its limit, and the seconds that its cold import takes."""

    function: str
    unpacked: float
    limit: float
    cold_import: float

    @property
    def fits(self) -> bool:
        """Whether it keeps its limit."""
        return self.unpacked <= self.limit


def measure(home: Path) -> list[Size]:
    """Build for Lambda and weigh; build for this machine and time the import in a fresh interpreter (the median)."""
    template = Template.load()
    weighed = _by_name(build(template, Packaging.of_handlers(cache=home / "cache")))
    runnable = _by_name(build(template, Packaging.of_handlers(HERE, home / "cache")))
    layer = weighed[LAYER].unpacked
    with tempfile.TemporaryDirectory() as folder:
        roots = {name: _unpacked(bundle.path, Path(folder) / name) for name, bundle in runnable.items()}
        return [
            Size(name, (weighed[name].unpacked + layer) / MB, limit, _cold_import(name, roots, home))
            for name, limit in LIMITS.items()
        ]


def show() -> int:
    """Print the table; return 1 if a function is over its limit."""
    screen = Display()
    with screen.status("building and measuring"):
        sizes = measure(find_home())
    rows = [
        (
            size.function,
            (f"{size.unpacked:.1f} MB", "green" if size.fits else "red"),
            f"{size.limit:g} MB",
            f"{size.cold_import * 1000:.0f} ms",
        )
        for size in sizes
    ]
    screen.show(grid(("function", *figures("unpacked", "limit", "cold import")), rows))
    return 0 if all(size.fits for size in sizes) else 1


def _by_name(bundles: Bundles) -> dict[str, Bundle]:
    return {bundle.name: bundle for bundle in bundles.values()}


def _unpacked(bundle: Path, folder: Path) -> Path:
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(folder)
    return folder


def _cold_import(name: str, roots: dict[str, Path], home: Path) -> float:
    """Return the median time of importing a function's module, its byte code already compiled, as in a warm image."""
    python = runtime_python(home.resolve(), environ=os.environ, on_progress=lambda _: None)
    module = ENTRY.get(name, f"{name}.worker")
    paths = [str(roots[name]), str(roots[LAYER] / "python")]
    program = f"import sys; sys.path[:0] = {paths!r}; import {module}"
    seconds = []
    for _ in range(RUNS + 1):
        began = time.perf_counter()
        subprocess.run([python, "-I", "-c", program], check=True, env={"AWS_DEFAULT_REGION": "us-east-1"})
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds[1:])


if __name__ == "__main__":
    sys.exit(show())
