"""The pytest hooks that collect scenario files: each `*.yaml` file in a folder named `library` is a test.

`conftest.py` next to the library imports them; one next to other scenario files may do the same.
"""

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from agenticai.scenarios.pytest_items import ScenarioFile

FOLDER: Final = "library"
"""The name of the folders from which files are collected, as there are other YAML files next to them."""

SOURCE_ROOT: Final = Path(__file__).parents[1] / "handlers"
"""The source root of the Lambda code, whose models the scenarios share: it has a package named `shared`."""


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> "ScenarioFile | None":
    """Collect the files of a library."""
    if file_path.suffix != ".yaml" or file_path.parent.name != FOLDER:
        return None
    add_models_to_path()
    from agenticai.scenarios.pytest_items import ScenarioFile

    collected: ScenarioFile = ScenarioFile.from_parent(parent, path=file_path)
    return collected


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the engine of this process."""
    if __package__ + ".pytest_items" not in sys.modules:
        return
    from agenticai.scenarios.pytest_items import BENCH

    if BENCH in config.stash:
        config.stash[BENCH].close()


def add_models_to_path() -> None:
    """Add the models to the import path, after everything that is on it already.

    Raises pytest.Collector.CollectError if the tests have a package `shared` of their own.
    """
    spec = find_spec("shared")
    if spec is None:
        sys.path.append(str(SOURCE_ROOT))
        return
    paths = [Path(location).resolve() for location in spec.submodule_search_locations or ()]
    if (SOURCE_ROOT / "shared").resolve() not in paths:
        raise pytest.Collector.CollectError(
            f"Scenarios cannot be collected beside a package `shared` of your own ({spec.origin or paths[0]}): replay"
            " them with `agenticai replay FOLDER`."
        )
