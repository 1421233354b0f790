"""The bench: a deployed stack, and the engine that it runs on."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agenticai.client.stack import DeployedStack

if TYPE_CHECKING:
    from agenticai.emulator.process import Engine

TellProgress = Callable[[str], None]


@dataclass(frozen=True)
class Bench(DeployedStack):
    """A deployed stack on a running engine; `engine` is None if it was started elsewhere."""

    engine: "Engine | None" = None
