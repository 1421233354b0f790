"""Every scenario of the library, on the embedded engine: each ends as its file says."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from scenarios.bench import bench
from scenarios.deployed import Bench
from scenarios.run import run_scenario
from scenarios.scenario import LIBRARY, load
from shared.models.events import EventType

SCENARIOS = sorted(LIBRARY.glob("*.yaml"))


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with bench(run_dir=tmp_path_factory.mktemp("library") / "run") as stack:
        yield stack


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_a_scenario_ends_as_its_file_says(running: Bench, tmp_path: Path, path: Path) -> None:
    scenario = load(path)
    result = run_scenario(running, scenario, tmp_path)
    assert result.unmet == ()
    kinds = [event.type for event in result.events]
    assert kinds.count(EventType.CHANGE_REQUESTED) == len(scenario.changes)
    assert scenario.name == path.stem
    if scenario.expect.tests != "none" and result.not_run:
        pytest.skip(result.not_run)
