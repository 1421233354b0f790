"""Fills an engine, measures every page of the dashboard in a browser, and what the open dashboard costs the engine."""

import argparse
import os
import socket
import statistics
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from agenticai.commands.dashboard import serve_dashboard
from agenticai.dashboard_speed.seeding import seed_letters, seed_projects, seed_runs
from agenticai.dashboard_speed.watching import PageTimes, run_chromium, watch
from agenticai.dashboard_speed.workload import Pair, compare, measure_rate, run_workload
from agenticai.display.console import Display, make_figure_columns, make_grid
from agenticai.emulator.core.home import VARIABLE
from agenticai.scenarios.benches.deployed import Bench
from agenticai.scenarios.benches.embedded import bench

USABLE_MS: Final = 1500
REFRESH_MS: Final = 300
KEPT: Final = 0.95
"""The targets: the time until a page can be used, that of a refresh, and the remaining share of the engine's rate."""

AGENT: Final = "qa"
"""The agent whose dead letters are seeded."""

AGAIN: Final = 5
REFRESHES: Final = 8
LONGEST_SECONDS: Final = 32.0
"""The maximum time on a page to see its refreshes; some pages refresh every ten seconds."""

OPEN: Final = "overview"
"""The page that is open while the engine's rate is measured."""


def list_pages(project: str) -> Mapping[str, str]:
    """Return every page by its name, with its path in the dashboard."""
    return {
        "Overview": "overview",
        "Queues": "queues",
        "Dead letters": f"dead-letters?queue={AGENT}",
        "Projects": "projects",
        "One project": f"projects?project={project}",
        "Model calls": "model-calls",
        "Scores of projects": "scores?scores=projects",
        "Scenarios of the bench": "scores?scores=bench",
        "Free tier and cost": "costs",
        "Bench": "bench",
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print the results; return 1 if a target was missed."""
    options, screen = parse_arguments(arguments), Display()
    with tempfile.TemporaryDirectory() as home, bench() as stack:
        with screen.step(f"{options.projects} projects, {options.letters} dead letters, {options.runs} runs") as step:
            projects = seed_projects(stack, options.projects)
            seed_letters(stack, AGENT, options.letters, projects)
            seed_runs(Path(home), options.runs)
            step.done()
        # The runs are in a folder of their own, which only the dashboard uses.
        environ = {**os.environ, VARIABLE: home}
        with serve_dashboard(stack.target.endpoint_url, stack.outputs.stage, find_free_port(), environ=environ) as (
            _,
            url,
        ):
            times = measure_pages(screen, url, list_pages(projects[0]), options.page)
            show_pages(screen, times)
            pairs = measure_rates(screen, stack, url, options.pairs, options.seconds)
            show_rates(screen, pairs)
    return 0 if all(map(_is_in_time, times.values())) and (not pairs or compute_remaining_share(pairs) >= KEPT) else 1


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="python -m agenticai.dashboard_speed", description=__doc__)
    parser.add_argument("--projects", type=int, default=500, help="number of projects (default: 500)")
    parser.add_argument("--letters", type=int, default=10_000, help="number of dead letters (default: 10,000)")
    parser.add_argument("--runs", type=int, default=50, help="number of kept runs of the bench (default: 50)")
    parser.add_argument("--pairs", type=int, default=6, help="pairs of measurements of the rate (default: 6)")
    parser.add_argument("--seconds", type=float, default=15.0, help="seconds of each measurement (default: 15)")
    parser.add_argument("--page", action="append", help="name of a page to measure, may be repeated (default: all)")
    return parser.parse_args(arguments)


def find_free_port() -> int:
    """Return a port of this machine that is free now."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


def measure_pages(
    screen: Display, url: str, paths: Mapping[str, str], only: Sequence[str] | None
) -> dict[str, PageTimes]:
    """Measure pages, one after the other."""
    times = {}
    for name, path in paths.items():
        if only is None or name in only:
            with screen.status(f"measuring {name}"):
                times[name] = watch(f"{url}/{path}", again=AGAIN, refreshes=REFRESHES, longest_s=LONGEST_SECONDS)
    return times


def measure_rates(screen: Display, stack: Bench, url: str, pairs: int, seconds: float) -> list[Pair]:
    """Measure the rate of the agents without the dashboard and with it."""
    if not pairs:
        return []
    with (
        run_chromium() as browser,
        stack.control() as control,
        run_workload(stack),
        screen.status("measuring the rate"),
    ):
        page = browser.new_page()
        api = stack.outputs.function_names["api"]
        return list(
            compare(
                lambda: measure_rate(control, api, seconds, lambda s: page.wait_for_timeout(s * 1000)),
                opened=lambda: page.goto(f"{url}/{OPEN}"),
                closed=lambda: page.goto("about:blank"),
                pairs=pairs,
            )
        )


def show_pages(screen: Display, times: Mapping[str, PageTimes]) -> None:
    """Print the times of pages."""
    screen.say(f"Milliseconds. Usable: at most {USABLE_MS}. Refresh: at most {REFRESH_MS} on the server.")
    columns = make_figure_columns("first", "usable", "refresh p50", "p95", "drawn p50", "p95", "refreshes")
    rows = [
        (
            name,
            f"{page_times.first_ms:.0f}",
            f"{page_times.usual_ms:.0f}",
            *(
                f"{page_times.refresh_ms(part, percent):.0f}"
                for part in ("server_ms", "drawn_ms")
                for percent in (50, 95)
            ),
            str(len(page_times.refreshes)),
            "" if _is_in_time(page_times) else "missed",
        )
        for name, page_times in times.items()
    ]
    screen.show(make_grid(["page", *columns, ""], rows))


def show_rates(screen: Display, pairs: Sequence[Pair]) -> None:
    """Print the rates of the engine."""
    if not pairs:
        return
    rows = [(f"{pair.without:.2f}", f"{pair.open:.2f}", f"{pair.kept:.1%}") for pair in pairs]
    screen.show(make_grid(make_figure_columns("without", "open", "kept"), rows, "Invocations of agents a second"))
    screen.say(f"Kept over all pairs: {compute_remaining_share(pairs):.1%}, at least {KEPT:.0%}.")


def compute_remaining_share(pairs: Sequence[Pair]) -> float:
    """Return the share of the engine's rate that remains with the dashboard open, over all pairs."""
    return statistics.fmean(pair.open for pair in pairs) / statistics.fmean(pair.without for pair in pairs)


def _is_in_time(times: PageTimes) -> bool:
    return times.usual_ms <= USABLE_MS and not times.refresh_ms("server_ms", 50) > REFRESH_MS


if __name__ == "__main__":
    sys.exit(main())
