"""The newest runs are kept with their reports, and listed."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from agenticai.scenarios.reports import runs
from agenticai.scenarios.reports.document import RunReport, report_results
from tests.fakes.replayed import AT, result


def report() -> RunReport:
    return RunReport(
        started_at=AT, target="embedded", seed=0, repeat=1, wall_s=1, scenarios=report_results([result()], ["greeting"])
    )


def test_a_run_leaves_its_reports_and_is_listed_newest_first(tmp_path: Path) -> None:
    first = runs.make_folder(0, tmp_path, datetime(2026, 1, 1, tzinfo=UTC))
    second = runs.make_folder(7, tmp_path, datetime(2026, 1, 2, tzinfo=UTC))
    assert second.name == "20260102T000000.000000-7"
    for folder in (first, second):
        assert runs.keep_run(report(), folder) == folder / "report.html"
        assert sorted(path.name for path in folder.iterdir()) == ["junit.xml", "report.html", "run.json"]
    assert list(runs.list_kept(tmp_path)) == [(second, report()), (first, report())]


def test_only_the_newest_are_kept(tmp_path: Path) -> None:
    started = datetime(2026, 1, 1, tzinfo=UTC)
    made = [runs.make_folder(0, tmp_path, started + timedelta(minutes=minute)) for minute in range(runs.KEPT + 2)]
    assert sorted((tmp_path / runs.RUNS).iterdir()) == made[2:]


def test_what_another_version_wrote_is_left_out(tmp_path: Path) -> None:
    folder = runs.make_folder(0, tmp_path)
    (folder / runs.DOCUMENT).write_text('{"schema": "agenticai-run/0"}')
    assert list(runs.list_kept(tmp_path)) == []


def test_there_may_be_no_runs_yet(tmp_path: Path) -> None:
    assert list(runs.list_kept(tmp_path / "none")) == []
