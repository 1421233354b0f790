"""The choice of the engine behind the gateway, as passed to the gateway process."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

IMAGE: Final = "localstack/localstack:4.14.0"
"""The last LocalStack image that starts without an account."""

IMAGE_VARIABLE: Final = "AGENTICAI_LOCALSTACK_IMAGE"
TOKEN_VARIABLE: Final = "LOCALSTACK_AUTH_TOKEN"  # noqa: S105 - the name of a variable

_OF_DOCKER: Final = ("DOCKER_", "TESTCONTAINERS_", TOKEN_VARIABLE)
"""Prefixes of the variables that configure the Docker client, and the token for LocalStack's own image."""


@dataclass(frozen=True)
class EngineChoice:
    """The embedded engine, or LocalStack: the one at `url`, a container of `image`, or else a new process.

    `docker_socket` lets the container start others, as LocalStack's own images do for functions. `observed` is the file
    where the LocalStack at `url` finds the secret with which it reports on its functions; `functions_on` is their
    platform, as in `EngineAbout`. With `iam` the embedded engine enforces the policies of functions' roles.
    """

    name: Literal["embedded", "localstack"] = "embedded"
    url: str = ""
    image: str = ""
    docker_socket: bool = False
    observed: str = ""
    functions_on: str = ""
    iam: bool = True

    @property
    def arguments(self) -> list[str]:
        """The command-line arguments of the gateway process for it."""
        values = {
            "--localstack-url": self.url,
            "--localstack-image": self.image,
            "--observed": self.observed,
            "--functions-on": self.functions_on,
        }
        options = [word for option, value in values.items() if value for word in (option, value)]
        switches = {"--docker-socket": self.docker_socket, "--no-iam": not self.iam}
        return ["--engine", self.name, *options, *(switch for switch, on in switches.items() if on)]

    @property
    def starts_localstack(self) -> bool:
        """Whether LocalStack's runtime is needed, and started."""
        return self.name == "localstack" and not self.url and not self.image

    def select_variables(self, environ: Mapping[str, str]) -> dict[str, str]:
        """Return the variables that the gateway process needs for it: none unless it starts a container."""
        return {name: value for name, value in environ.items() if self.image and name.startswith(_OF_DOCKER)}


EMBEDDED = EngineChoice()
