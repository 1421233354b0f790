"""The scenarios that `replay` plays: the named files, the longest first."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agenticai.commands.replay import choose_scenarios, sort_longest_first
from agenticai.scenarios.format.errors import ScenarioError
from agenticai.scenarios.format.scenario import LIBRARY
from agenticai.scenarios.reports import runs
from agenticai.scenarios.reports.document import RunReport, report_results
from tests.fakes.replayed import AT, result, scenario

SMALL = "name: {}\ndescription: It is small.\nprojects: {{a: {{name: A, requirements: A program.}}}}\n"


def names(*files: str) -> list[str]:
    return [played.name for played in choose_scenarios(files)]


def test_without_files_the_whole_library_is_played() -> None:
    assert names() == sorted(path.stem for path in LIBRARY.glob("*.yaml"))


def test_files_folders_and_names_in_the_library_are_played_once_each(tmp_path: Path) -> None:
    for name in ("b", "a"):
        (tmp_path / f"{name}.yaml").write_text(SMALL.format(name))
    assert names(str(tmp_path / "b.yaml"), str(tmp_path), "greeting") == ["b", "a", "greeting"]


@pytest.mark.parametrize("misspelt", ["worker-crsh", "scenarios/library/worker-crsh.yaml"])
def test_a_misspelt_name_is_answered_with_the_nearest(misspelt: str) -> None:
    with pytest.raises(ScenarioError, match=r"in the library: did you mean worker-crash\?$"):
        names(misspelt)


def test_what_is_no_file_and_near_to_no_name_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(ScenarioError, match=r"There is no file xyz, .* burst, .* greeting,"):
        names("xyz")


def test_two_scenarios_of_one_name_are_refused(tmp_path: Path) -> None:
    (tmp_path / "greeting.yaml").write_text(SMALL.format("greeting"))
    with pytest.raises(ScenarioError, match="Two files hold a scenario named greeting"):
        names(str(tmp_path), "greeting")


def test_a_folder_without_any_scenario_is_refused(tmp_path: Path) -> None:
    (tmp_path / "scenario.yml").write_text(SMALL.format("scenario"))
    with pytest.raises(
        ScenarioError, match=r"holds no scenario: name a folder that has files whose names end in \.yaml"
    ):
        names(str(tmp_path))


def test_what_took_longest_the_last_time_is_first_and_what_is_new_before_that(tmp_path: Path) -> None:
    for day, times in enumerate(({"slow": 5.0, "quick": 9.0}, *[{"quick": 2.0}] * 5), start=1):
        results = [replace(result(name), wall_s=took) for name, took in times.items()]
        report = RunReport(
            started_at=AT, target="embedded", seed=0, repeat=1, wall_s=1, scenarios=report_results(results, times)
        )
        runs.keep_run(report, runs.make_folder(0, tmp_path, datetime(2026, 1, day, tzinfo=UTC)))
    played = [scenario(name) for name in ("quick", "slow", "new")]
    assert [one.name for one in sort_longest_first(played, tmp_path)] == ["new", "slow", "quick"]
