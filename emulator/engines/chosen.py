"""Which engine the gateway's steps are put before, as its process is told."""

from dataclasses import dataclass
from typing import Literal

EngineName = Literal["embedded", "localstack"]


@dataclass(frozen=True)
class Chosen:
    """The embedded engine, or LocalStack: one that runs at `url`, or a process of its own where that is empty."""

    name: EngineName = "embedded"
    url: str = ""

    @property
    def arguments(self) -> list[str]:
        """The command line of the gateway process for it."""
        return ["--engine", self.name, *(["--localstack-url", self.url] if self.url else [])]

    @property
    def starts_localstack(self) -> bool:
        """Whether LocalStack's runtime has to be there, and is started."""
        return self.name == "localstack" and not self.url


EMBEDDED = Chosen()
