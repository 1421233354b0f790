"""The bench's runs as the dashboard reads them: the reports over time, and what broke first."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from agenticai.dashboard.services import runs as read
from agenticai.dashboard.services.runs import Replay, Run, RunDocument, Runs
from agenticai.scenarios.format.scenario import LIBRARY, load
from agenticai.scenarios.reports import runs as written
from agenticai.scenarios.reports.document import RunReport, report_results
from tests.fakes.replayed import AT, result

BEGAN = datetime(2026, 11, 1, tzinfo=UTC)


def replay(name: str, outcome: str = "passed", **figures: Any) -> Replay:
    unmet = ("It ended otherwise.",) if outcome == "failed" else ()
    return Replay.model_validate({"name": name, "outcome": outcome, "unmet": unmet, "wall_s": 1.0, **figures})


def run(day: int, *replays: Replay) -> Run:
    document = RunDocument(
        schema="agenticai-run/1",
        started_at=BEGAN + timedelta(days=day),
        target="embedded",
        seed=0,
        repeat=1,
        wall_s=1,
        scenarios=replays,
    )
    return Run(f"2026110{day + 1}T000000.000000-0", document)


def test_what_the_reports_wrote_is_what_is_read(tmp_path: Path) -> None:
    report = RunReport(
        started_at=AT, target="embedded", seed=3, repeat=2, wall_s=1, scenarios=report_results([result()], ["greeting"])
    )
    folder = written.make_folder(3, tmp_path)
    shown = written.keep_run(report, folder)
    (found,) = Runs(tmp_path).look()
    assert (found.name, read.PAGE, read.RUNS) == (folder.name, shown.name, written.RUNS)
    document, (wrote,), (seen,) = found.document, report.scenarios, found.document.scenarios
    assert (document.started_at, document.target, document.seed, document.repeat) == (AT, "embedded", 3, 2)
    assert (seen.name, seen.outcome, seen.evidence) == (wrote.name, wrote.outcome, wrote.evidence)
    assert seen.get_figure("seconds") == wrote.wall_s
    assert seen.get_figure("AWS calls") == sum(wrote.calls_by_service.values())
    assert seen.get_figure("cost in US dollars") == wrote.cost_usd
    assert seen.get_figure("GB-seconds") == wrote.gb_seconds


def test_runs_are_read_once_and_forgotten_when_they_are_gone(tmp_path: Path) -> None:
    kept = Runs(tmp_path)
    assert kept.look() == []
    for name, text in (("a", run(0).document.model_dump_json(by_alias=True)), ("b", "{}"), ("c", "")):
        (tmp_path / "runs" / name).mkdir(parents=True)
        (tmp_path / "runs" / name / "run.json").write_text(text)
    (first,) = kept.look()
    assert kept.look()[0] is first
    (tmp_path / "runs" / "a" / "run.json").unlink()
    assert kept.look() == []


def test_a_table_of_scenarios_over_runs_the_newest_first() -> None:
    kept = [run(1, replay("a", "failed"), replay("a"), replay("b", "skipped")), run(0, replay("a"))]
    assert read.make_grid(kept) == {
        "scenario": ["a", "b"],
        "passed": ["1 of 2", "0 of 0"],
        "11-02 00:00:00": ["✗ failed", "skipped"],
        "11-01 00:00:00": ["✓", ""],
    }


def test_trends_are_averages_of_a_runs_replays_in_the_order_of_time() -> None:
    kept = [run(1, replay("a", wall_s=2), replay("a", wall_s=4), replay("b")), run(0, replay("a", wall_s=8))]
    points = read.compute_trend(kept, ["a"], "seconds")
    assert [(point["at"], point["figure"]) for point in points] == [
        ("2026-11-01T00:00:00+00:00", 8),
        ("2026-11-02T00:00:00+00:00", 3),
    ]


def test_what_broke_first_is_first() -> None:
    kept = [
        run(4, replay("late", "failed")),
        run(3, replay("early", "failed"), replay("late"), replay("healed")),
        run(2, replay("early", "skipped")),
        run(1, replay("early", "failed"), replay("healed", "failed"), replay("never", "failed")),
        run(0, replay("early")),
    ]
    broken = read.find_breaks(kept)
    assert [(row.scenario, row.since.day, row.runs) for row in broken] == [
        ("early", 2, 2),
        ("never", 2, 1),
        ("late", 5, 1),
    ]
    assert [row.passed_last and row.passed_last.day for row in broken] == [1, None, 4]
    assert broken[0].evidence == "It ended otherwise."


def test_the_library_is_that_of_the_command_line() -> None:
    listed = read.read_library()
    assert [scenario.name for scenario in listed] == sorted(path.stem for path in LIBRARY.glob("*.yaml"))
    assert [s.name for s in listed if s.description != load(LIBRARY / f"{s.name}.yaml").description] == []
