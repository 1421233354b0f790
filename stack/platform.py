"""The platforms for which bundles are built: Lambda's, and the interpreter that runs this code."""

import platform
import sys
import sysconfig
from dataclasses import dataclass
from typing import Self

from agenticai.stack.errors import BuildError

# manylinux2014 (glibc 2.17) is the oldest platform with published wheels: they run on every Lambda runtime.
_WHEELS = {"arm64": "aarch64-manylinux2014", "x86_64": "x86_64-manylinux2014"}

LAMBDA = "lambda"
"""Stands for the runtime in each function's definition."""


@dataclass(frozen=True)
class Platform:
    """The platform on which a bundle runs.

    `name` is part of every cache key and distinguishes builds; `uv_arguments` select the wheels.
    """

    name: str
    uv_arguments: tuple[str, ...]

    @classmethod
    def lambda_(cls, runtime: str, architecture: str) -> Self:
        """Return the platform of a Lambda runtime such as "python3.13" on "arm64" or "x86_64".

        Raises BuildError if the runtime is not Python, or if Lambda does not have the architecture.
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
    """What a target runs functions on: by default, the runtime and architecture in each function's definition.

    If `here`, it is the interpreter that runs this code; else `runtime` and `architecture` override those of all.
    """

    here: bool = False
    runtime: str = ""
    architecture: str = ""

    @classmethod
    def parse(cls, text: str) -> "FunctionsOn":
        """Parse an engine's description of its platform. Raises BuildError.

        The empty text and `name_this_platform()` mean this interpreter; `lambda` means each function's own
        definition, `lambda-x86_64` its runtime on that architecture, and `python3.13-arm64` one for all functions.
        """
        if text in ("", name_this_platform()):
            return HERE
        runtime, _, architecture = text.partition("-")
        if runtime == LAMBDA:
            runtime = ""
        elif not architecture:
            raise BuildError(f"Functions cannot run on {text!r}: name `{LAMBDA}`, or one such as `python3.13-arm64`.")
        functions_on = cls(runtime=runtime, architecture=architecture)
        functions_on.choose_platform("python3.13", "arm64")
        return functions_on

    @property
    def one_platform(self) -> bool:
        """Whether all functions run on one Python interpreter."""
        return self.here or bool(self.runtime)

    def choose_platform(self, runtime: str, architecture: str) -> Platform:
        """Return the platform for a function's definition. Raises BuildError if Lambda has no such platform."""
        if self.here:
            return Platform.host()
        return Platform.lambda_(self.runtime or runtime, self.architecture or architecture)


HERE = FunctionsOn(here=True)
AS_NAMED = FunctionsOn()


def name_this_platform() -> str:
    """Return an engine's description of functions on this interpreter, such as `python3.13-arm64`.

    On systems other than Linux it includes the system, so that bundles are not built for Lambda instead.
    """
    architecture = {"aarch64": "arm64", "AMD64": "x86_64"}.get(platform.machine(), platform.machine())
    system = "" if sys.platform == "linux" else f"-{sys.platform}"
    return f"python{sys.version_info[0]}.{sys.version_info[1]}-{architecture}{system}"
