"""A scenario: what is posted to the factory, read from a YAML file."""

from pathlib import Path
from typing import Final

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from scenarios.errors import InvalidScenario

HERE: Final = Path(__file__).parent
LIBRARY: Final = HERE / "library"
CASSETTES: Final = HERE / "cassettes"


class ScenarioProject(BaseModel):
    """The project that a scenario posts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    requirements: str


class Scenario(BaseModel):
    """A scenario file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    description: str
    project: ScenarioProject


def load(path: Path) -> Scenario:
    """Read a scenario; raises `InvalidScenario`, naming the file and the field."""
    try:
        return Scenario.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError) as error:
        raise InvalidScenario(f"{path} cannot be read: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise InvalidScenario(f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}.") from error
