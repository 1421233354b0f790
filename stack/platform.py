"""The platforms that bundles are built for: Lambda's, and the interpreter that runs this code."""

import sys
import sysconfig
from dataclasses import dataclass
from typing import Self

from agenticai.stack.errors import BuildError

# manylinux2014 (glibc 2.17) is the oldest that wheels are published for: it runs on every Lambda runtime.
_WHEELS = {"arm64": "aarch64-manylinux2014", "x86_64": "x86_64-manylinux2014"}


@dataclass(frozen=True)
class Platform:
    """Where a bundle runs.

    `name` is part of every cache key and tells builds apart; `uv_arguments` choose the wheels.
    """

    name: str
    uv_arguments: tuple[str, ...]

    @classmethod
    def lambda_(cls, runtime: str, architecture: str) -> Self:
        """Return the platform of a Lambda runtime such as "python3.13" on "arm64" or "x86_64".

        Raises BuildError for a runtime that is not Python or an architecture that Lambda does not have.
        https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
        """
        if not runtime.startswith("python3.") or architecture not in _WHEELS:
            raise BuildError(
                f"Bundles cannot be built for {runtime} on {architecture}: name a Python runtime and arm64 or x86_64."
            )
        version = runtime.removeprefix("python")
        return cls(
            name=f"lambda-{runtime}-{architecture}",
            uv_arguments=("--python-version", version, "--python-platform", _WHEELS[architecture]),
        )

    @classmethod
    def host(cls) -> Self:
        """Return the platform of this interpreter, for an engine that runs functions with it."""
        abi = sysconfig.get_config_var("EXT_SUFFIX") or sys.implementation.cache_tag
        return cls(name=f"host{abi}", uv_arguments=())
