"""The records of a Lambda function, as its execution environment needs it, and of an invocation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from pydantic import JsonValue

SECRET_KEY: Final = "embedded"  # noqa: S105 - it grants no access
"""The secret key with which functions sign their calls."""

_SYSTEM: Final = ("/usr/local/bin", "/usr/bin", "/bin")


@dataclass(frozen=True)
class Function:
    """One version of a function, its code unpacked. Memory is in MB, the timeout in seconds."""

    name: str
    version: str
    arn: str
    runtime: str
    handler: str
    memory_mb: int
    timeout_s: int
    account: str
    region: str
    log_group: str
    variables: Mapping[str, str]
    task_root: Path
    layers: tuple[Path, ...] = ()

    def build_variables(
        self, *, endpoint_url: str, session_token: str, log_stream: str, programs: Sequence[str] = ()
    ) -> dict[str, str]:
        """Return all variables of the handler: those that Lambda defines, the function's own, and AWS's address.

        `programs` are folders of this machine that are appended to PATH.

        See https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html. The addresses of the Runtime API
        and the X-Ray daemon are omitted, as neither exists here. A function's own AWS_ENDPOINT_URL takes precedence.
        """
        defined_by_default = {
            "AWS_ENDPOINT_URL": endpoint_url,
            "LANG": "en_US.UTF-8",
            "TZ": ":UTC",
            "PATH": ":".join([*_SYSTEM, *(str(layer / "bin") for layer in self.layers), *programs]),
            "LD_LIBRARY_PATH": ":".join([str(self.task_root), *(str(layer / "lib") for layer in self.layers)]),
            "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        }
        reserved = {
            "_HANDLER": self.handler,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{self.runtime}",
            "AWS_LAMBDA_FUNCTION_NAME": self.name,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(self.memory_mb),
            "AWS_LAMBDA_FUNCTION_VERSION": self.version,
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": self.log_group,
            "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
            # The engine uses a 12-digit access key as the account; the session token identifies the caller.
            "AWS_ACCESS_KEY_ID": self.account,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_SESSION_TOKEN": session_token,
            "LAMBDA_TASK_ROOT": str(self.task_root),
            "LAMBDA_RUNTIME_DIR": str(Path(__file__).parent),
        }
        return defined_by_default | dict(self.variables) | reserved

    def name_log_stream(self, started: datetime, unique: str) -> str:
        """Return the name of an environment's log stream, in Lambda's format."""
        return f"{started:%Y/%m/%d}/[{self.version}]{unique}"


@dataclass(frozen=True)
class Invocation:
    """An event for the handler, with the metadata of its invocation."""

    request_id: str
    event: JsonValue
    invoked_function_arn: str
    trace_id: str | None = None


@dataclass(frozen=True)
class FunctionError:
    """The error of a failed invocation, as Lambda reports it (https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html)."""

    error_type: str
    message: str
    request_id: str = ""
    stack_trace: tuple[str, ...] = ()


@dataclass(frozen=True)
class InvocationOutcome:
    """An invocation's result or error, its log, and the durations of init and handler in ms.

    `init_ms` is None on a warm start. `ended` tells whether the environment has ended.
    """

    result: JsonValue
    error: FunctionError | None
    log: str
    init_ms: float | None
    duration_ms: float
    ended: bool
