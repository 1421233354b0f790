"""Measures the size of each bundle and the time of its import: `make size`."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agenticai.display.console import Display, make_figure_columns, make_grid
from agenticai.emulator.core.home import find_home
from agenticai.emulator.engines.runtime_venv import ensure_runtime_python
from agenticai.stack.packaging import Packaging, build
from agenticai.stack.platform import HERE
from agenticai.stack.template import Template

MB: Final = 1_000_000
LIMITS: Final = {
    "ApiFunction": 40,
    "PmFunction": 60,
    "DevFunction": 60,
    "QaFunction": 90,
    "OpsFunction": 40,
    "RunnerFunction": 60,
    "NodeRunnerFunction": 200,
}
"""The limits in megabytes unpacked, including layers. Lambda's own limit is 250 MiB, which is 262 MB."""
RUNS: Final = 5


@dataclass(frozen=True)
class Size:
    """One function: megabytes unpacked with its layers, its limit, and the seconds of its cold import."""

    function: str
    unpacked: float
    limit: float
    cold_import: float

    @property
    def fits(self) -> bool:
        """Whether it is within its limit."""
        return self.unpacked <= self.limit


def measure(home: Path) -> list[Size]:
    """Build for Lambda and measure sizes; build for this machine and time imports in fresh interpreters (median)."""
    template = Template.load()
    weighed = build(template, Packaging.of_handlers(cache=home / "cache"))
    local_bundles = build(template, Packaging.of_handlers(HERE, home / "cache"))
    parts = {artifact.id: (artifact.id, *artifact.layers) for artifact in template.artifacts}
    modules = {
        name: template.document["Resources"][name]["Properties"]["Handler"].rpartition(".")[0] for name in LIMITS
    }
    with tempfile.TemporaryDirectory() as folder:
        roots = {name: _unpack(bundle.path, Path(folder) / name) for name, bundle in local_bundles.items()}
        return [
            Size(
                function=name,
                unpacked=sum(weighed[part].unpacked for part in parts[name]) / MB,
                limit=limit,
                cold_import=_time_cold_import(modules[name], [roots[part] for part in parts[name]], home),
            )
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
    screen.show(make_grid(("function", *make_figure_columns("unpacked", "limit", "cold import")), rows))
    return 0 if all(size.fits for size in sizes) else 1


def _unpack(bundle: Path, folder: Path) -> Path:
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(folder)
    return folder


def _time_cold_import(module: str, roots: Sequence[Path], home: Path) -> float:
    """Return the median time of importing a function's module with compiled byte code, as in a warm image."""
    python = ensure_runtime_python(home.resolve(), environ=os.environ, on_progress=lambda _: None)
    paths = [str(root / folder) for root in roots for folder in ("", "python")]
    program = f"import sys; sys.path[:0] = {paths!r}; import {module}"
    seconds = []
    for _ in range(RUNS + 1):
        began = time.perf_counter()
        subprocess.run([python, "-I", "-c", program], check=True, env={"AWS_DEFAULT_REGION": "us-east-1"})
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds[1:])


if __name__ == "__main__":
    sys.exit(show())
