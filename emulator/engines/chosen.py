"""Which engine the gateway's steps are put before, as its process is told."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

EngineName = Literal["embedded", "localstack"]

IMAGE: Final = "localstack/localstack:4.14.0"
"""The last image of LocalStack that starts without an account."""

IMAGE_VARIABLE: Final = "AGENTICAI_LOCALSTACK_IMAGE"
TOKEN_VARIABLE: Final = "LOCALSTACK_AUTH_TOKEN"  # noqa: S105 - the name of a variable

_OF_DOCKER: Final = ("DOCKER_", "TESTCONTAINERS_", TOKEN_VARIABLE)
"""What the variables begin with that lead to Docker, and what LocalStack's own image asks for."""


@dataclass(frozen=True)
class Chosen:
    """The embedded engine, or LocalStack: one that runs at `url`, a container of `image`, else a process of its own.

    `docker_socket` lets the container start others, as LocalStack's own images do for functions. `observed` is a file:
    there the LocalStack at `url` finds the secret with which it tells of its functions. What these run on is
    `functions_on`, as in `EngineAbout`. With `iam` the embedded engine holds functions to the policies of their roles.
    """

    name: EngineName = "embedded"
    url: str = ""
    image: str = ""
    docker_socket: bool = False
    observed: str = ""
    functions_on: str = ""
    iam: bool = True

    @property
    def arguments(self) -> list[str]:
        """The command line of the gateway process for it."""
        given = {
            "--localstack-url": self.url,
            "--localstack-image": self.image,
            "--observed": self.observed,
            "--functions-on": self.functions_on,
        }
        options = [word for option, value in given.items() if value for word in (option, value)]
        switches = {"--docker-socket": self.docker_socket, "--no-iam": not self.iam}
        return ["--engine", self.name, *options, *(switch for switch, on in switches.items() if on)]

    @property
    def starts_localstack(self) -> bool:
        """Whether LocalStack's runtime has to be there, and is started."""
        return self.name == "localstack" and not self.url and not self.image

    def variables(self, environ: Mapping[str, str]) -> dict[str, str]:
        """Return the variables that the gateway process needs for it: none where no container is started."""
        return {name: value for name, value in environ.items() if self.image and name.startswith(_OF_DOCKER)}


EMBEDDED = Chosen()
