"""The platforms that bundles are built for: Lambda's, and the interpreter that runs this code."""

import platform
import sys
import sysconfig
from dataclasses import dataclass
from typing import Self

from agenticai.stack.errors import BuildError

# manylinux2014 (glibc 2.17) is the oldest that wheels are published for: it runs on every Lambda runtime.
_WHEELS = {"arm64": "aarch64-manylinux2014", "x86_64": "x86_64-manylinux2014"}

LAMBDA = "lambda"
"""Stands for the runtime that each function names."""


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


@dataclass(frozen=True)
class FunctionsOn:
    """What a target runs functions on: the runtime and architecture that each of them names, unless said otherwise.

    `here` is the interpreter that runs this code; else a `runtime` and an `architecture` stand for those of all.
    """

    here: bool = False
    runtime: str = ""
    architecture: str = ""

    @classmethod
    def parse(cls, text: str) -> "FunctionsOn":
        """Read what an engine says of itself. Raises BuildError.

        Empty is this interpreter, as is its own `name_here`; `lambda` stands for what each function names,
        `lambda-x86_64` for its runtime on that architecture, and `python3.13-arm64` for one of all functions.
        """
        if text in ("", name_here()):
            return HERE
        runtime, _, architecture = text.partition("-")
        if runtime == LAMBDA:
            runtime = ""
        elif not architecture:
            raise BuildError(f"Functions cannot run on {text!r}: name `{LAMBDA}`, or one such as `python3.13-arm64`.")
        on = cls(runtime=runtime, architecture=architecture)
        on.platform("python3.13", "arm64")
        return on

    @property
    def one_platform(self) -> bool:
        """Whether it is one interpreter of Python for all functions."""
        return self.here or bool(self.runtime)

    def platform(self, runtime: str, architecture: str) -> Platform:
        """Return the platform of a function that names these. Raises BuildError where Lambda has no such platform."""
        if self.here:
            return Platform.host()
        return Platform.lambda_(self.runtime or runtime, self.architecture or architecture)


HERE = FunctionsOn(here=True)
AS_NAMED = FunctionsOn()


def name_here() -> str:
    """Return what an engine says of functions on this interpreter, such as `python3.13-arm64`.

    On another system than Linux that is named too, so that nobody builds for Lambda in its place.
    """
    architecture = {"aarch64": "arm64", "AMD64": "x86_64"}.get(platform.machine(), platform.machine())
    system = "" if sys.platform == "linux" else f"-{sys.platform}"
    return f"python{sys.version_info[0]}.{sys.version_info[1]}-{architecture}{system}"
