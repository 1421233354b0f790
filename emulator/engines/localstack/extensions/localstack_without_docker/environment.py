"""An execution environment: its variables, its process, and its invocations, one at a time."""

import json
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .observer import Observer
from .process import Ended, FunctionProcess
from .settings import Settings

INIT_SECONDS = 10.0
"""How long init may take before it counts towards the function's timeout:
https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html."""

RESPONSE_BYTES = 6 * 1024 * 1024 + 100
"""Maximum size of a function's result: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html."""

OF_LOCALSTACK = ("LOCALSTACK_", "_AWS_XRAY_", "AWS_XRAY_DAEMON", "AWS_LAMBDA_FUNCTION_TIMEOUT", "EDGE_PORT")
"""Prefixes of variables that LocalStack sets for its init in a container; Lambda has none of them."""

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Function:
    """One version of a function, its code and layers unpacked. Memory is in MB, the timeout in seconds."""

    name: str
    version: str
    runtime: str
    memory_mb: int
    timeout_s: int
    task_root: Path
    opt: Path | None = None

    @property
    def is_node(self) -> bool:
        """Whether it runs on Node.js; all other functions run on Python."""
        return self.runtime.startswith("nodejs")


@dataclass(frozen=True)
class Reply:
    """A handler's result, or its error report, and the duration; `init_ms` is None on a warm start."""

    result: Any
    error: dict[str, Any] | None
    duration_ms: float
    init_ms: float | None


@dataclass(frozen=True)
class Done:
    """The outcome of an invocation: a payload, which is the error report if `error_type` is set, and the log."""

    payload: bytes
    error_type: str | None
    log: str


class Environment:
    """Runs one function; starts a new process if an invocation ended the previous one."""

    def __init__(self, id_: str, function: Function, settings: Settings, observer: Observer) -> None:
        self._id = id_
        self._function = function
        self._settings = settings
        self._observer = observer
        self._variables: dict[str, str] = {}
        self._process: FunctionProcess | None = None

    def start(self, variables: Mapping[str, str]) -> None:
        """Start the process with LocalStack's variables, adapted to what Lambda defines."""
        self._variables = build_variables(self._id, self._function, self._settings, variables)
        self._spawn()

    def stop(self) -> None:
        """End the process."""
        if self._process:
            self._process.close()
        self._observer.send_event("environment ended", environment=self._id)

    def take_log(self) -> str:
        """Return the output since the last invocation."""
        return self._process.take_log() if self._process else ""

    def invoke(self, request_id: str, event: str, invoked_arn: str, trace_id: str) -> Done:
        """Run one invocation on an event, which is JSON; the function's errors are not raised."""
        process = self._process if self._process and self._process.alive else self._spawn()
        self._notify_observer("invocation started", request_id, payload=event)
        reply = self._run_handler(process, request_id, event, invoked_arn, trace_id)
        payload, error_type = _build_payload(reply)
        log = self._format_log(process, request_id, reply)
        durations = {"duration_ms": reply.duration_ms, "init_ms": reply.init_ms}
        self._notify_observer("invocation ended", request_id, error_type=error_type, result=reply.result, **durations)
        return Done(payload, error_type, log)

    def _spawn(self) -> FunctionProcess:
        if self._process:
            self._process.close()
        self._process = FunctionProcess(
            build_command(self._function, self._settings), self._variables, self._function.task_root
        )
        details = {"function": self._function.name, "version": self._function.version, "pid": self._process.pid}
        self._observer.send_event(
            "environment started", environment=self._id, memory_mb=self._function.memory_mb, **details
        )
        return self._process

    def _run_handler(
        self, process: FunctionProcess, request_id: str, event: str, invoked_arn: str, trace_id: str
    ) -> Reply:
        timeout_s = self._function.timeout_s
        init_ms, started = None, time.monotonic()
        try:
            init_ms = process.await_init(INIT_SECONDS + timeout_s)
            started = time.monotonic()
            request = {
                "request_id": request_id,
                "invoked_function_arn": invoked_arn,
                "trace_id": trace_id,
                "deadline_ms": int((time.time() + timeout_s) * 1000),
            }
            outcome = process.invoke(request, event, timeout_s)
            return Reply(outcome.get("result"), outcome.get("error"), _measure_ms_since(started), init_ms)
        except Ended as ended:
            report = _describe_end(ended, request_id, timeout_s)
            return Reply(None, report, _measure_ms_since(started), init_ms)

    def _notify_observer(self, event: str, request_id: str, **details: object) -> None:
        self._observer.send_event(event, environment=self._id, request_id=request_id, **details)

    def _format_log(self, process: FunctionProcess, request_id: str, reply: Reply) -> str:
        """Return the function's output between the lines that Lambda adds."""
        output = process.take_log()
        output += "" if not output or output.endswith("\n") else "\n"
        report = [
            f"REPORT RequestId: {request_id}",
            f"Duration: {reply.duration_ms:.2f} ms",
            f"Billed Duration: {math.ceil(reply.duration_ms + (reply.init_ms or 0))} ms",
            f"Memory Size: {self._function.memory_mb} MB",
            *([f"Init Duration: {reply.init_ms:.2f} ms"] if reply.init_ms else []),
        ]
        start = f"START RequestId: {request_id} Version: {self._function.version}"
        return f"{start}\n{output}END RequestId: {request_id}\n" + "\t".join(report) + "\n"


def _measure_ms_since(started: float) -> float:
    return (time.monotonic() - started) * 1000


def build_variables(id_: str, function: Function, settings: Settings, variables: Mapping[str, str]) -> dict[str, str]:
    """Return all variables of the handler's process.

    See https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html. The session token is the environment's
    id: LocalStack accepts any token, and a proxy before it identifies the caller by it.
    """
    inherited = {name: value for name, value in variables.items() if not name.startswith(OF_LOCALSTACK)}
    opt = [str(function.opt)] if function.opt else []
    defaults = {
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "PATH": ":".join(["/usr/local/bin", "/usr/bin", "/bin", *(f"{folder}/bin" for folder in opt)]),
        "LD_LIBRARY_PATH": ":".join([str(function.task_root), *(f"{folder}/lib" for folder in opt)]),
    }
    if function.is_node:
        defaults["NODE_PATH"] = ":".join(f"{folder}/nodejs/node_modules" for folder in opt)
    reserved = {
        "AWS_SESSION_TOKEN": id_,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.runtime}",
        "LAMBDA_TASK_ROOT": str(function.task_root),
        "LAMBDA_RUNTIME_DIR": str(HERE),
    }
    if settings.aws_endpoint_url:
        reserved["AWS_ENDPOINT_URL"] = settings.aws_endpoint_url
    configured = {
        name: f"{value}/as/{id_}" if settings.caller_url and value == settings.caller_url else value
        for name, value in inherited.items()
    }
    return defaults | configured | reserved


def build_command(function: Function, settings: Settings) -> list[str]:
    """Return the command that runs the function's bootstrap."""
    opt = [str(function.opt)] if function.opt else []
    if function.is_node:
        return [settings.node, str(HERE / "lambda_node.mjs"), *opt]
    return [settings.python, "-I", "-u", str(HERE / "lambda_python.py"), *opt]


def _describe_end(ended: Ended, request_id: str, timeout_s: int) -> dict[str, Any]:
    if ended.report:
        return ended.report
    if ended.timed_out:
        message = f"RequestId: {request_id} Error: Task timed out after {timeout_s:.2f} seconds"
        return {"errorType": "Sandbox.Timedout", "errorMessage": message}
    message = f"RequestId: {request_id} Error: Runtime exited with error: {ended.status}"
    return {"errorType": "Runtime.ExitError", "errorMessage": message}


def _build_payload(reply: Reply) -> tuple[bytes, str | None]:
    """Return Lambda's response payload, and the error type if it is an error."""
    report = reply.error
    payload = json.dumps(report if report else reply.result).encode()
    if not report and len(payload) > RESPONSE_BYTES:
        limit = f"exceeded maximum allowed payload size ({RESPONSE_BYTES} bytes)."
        message = f"Response payload size ({len(payload)} bytes) {limit}"
        report = {"errorType": "Function.ResponseSizeTooLarge", "errorMessage": message}
        payload = json.dumps(report).encode()
    return payload, str(report["errorType"]) if report else None
