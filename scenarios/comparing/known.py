"""The differences between engines that are known: docs/localstack.md lists each, with what AWS does."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from agenticai.scenarios.comparing.differences import Difference
from agenticai.scenarios.comparing.observation import Observation


@dataclass(frozen=True)
class KnownDifference:
    """A difference that is expected between the embedded engine and one whose name begins with `engine`."""

    name: str
    engine: str
    explains: Callable[[Difference, Observation, Observation], bool]


KNOWN: Final[tuple[KnownDifference, ...]] = ()


def name_known(difference: Difference, first: Observation, other: Observation) -> Difference:
    """Return a difference with the name of the known one that explains it, if there is one."""
    for known in KNOWN:
        is_there = any(seen.engine.startswith(known.engine) for seen in (first, other))
        if is_there and known.explains(difference, first, other):
            return difference.model_copy(update={"known": known.name})
    return difference
