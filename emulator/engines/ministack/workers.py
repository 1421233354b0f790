"""Runs functions with a Python runtime in our execution environments instead of MiniStack's own workers."""

import contextlib
import functools
import os
import shutil
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from agenticai.emulator.core.clock import Clock
from agenticai.emulator.engines.activity import Activity
from agenticai.emulator.engines.code_cache import UnsafeBundle, unpack
from agenticai.emulator.engines.environment_pool import find_first_free
from agenticai.emulator.engines.execution_environment import INIT_SECONDS, ExecutionEnvironment
from agenticai.emulator.engines.function import Function, FunctionError, Invocation
from agenticai.emulator.engines.starter import Starter, Starters
from agenticai.emulator.meter.ledger import Ledger

# Lambda itself reports these errors, not the function's runtime, so they have neither request id nor stack.
WITHOUT_STACK = frozenset({"Sandbox.Timedout", "Runtime.ExitError", "Function.ResponseSizeTooLarge"})


@dataclass
class LambdaHost:
    """What every execution environment needs: AWS's address, the interpreter, the unpacked code, meter and clock.

    `model_url` is the language model's address; `workers` are those with an environment, by its session token.
    """

    endpoint_url: str
    model_url: str
    python: Path
    code_cache: Path
    ledger: Ledger
    clock: Clock
    activity: Activity
    closed: threading.Event = field(default_factory=threading.Event)
    workers: dict[str, "PythonWorker"] = field(default_factory=dict)
    starters: Starters = field(default_factory=Starters)


def find_node(path: str | None = None) -> tuple[str, ...]:
    """Return the folder of this machine's Node.js, with which functions run produced code; empty if there is none.

    Version managers install it in the user's own folders, which are not in a function's PATH; `path` is the user's.
    """
    executable = shutil.which("node", path=path)
    return (os.path.dirname(os.path.abspath(executable)),) if executable else ()


def choose_worker(
    host: LambdaHost, original: Callable[[Mapping[str, Any]], Callable[..., Any]]
) -> Callable[[Mapping[str, Any]], Callable[..., Any]]:
    """Choose our worker for Python runtimes, and MiniStack's own for others."""

    def choose(config: Mapping[str, Any]) -> Callable[..., Any]:
        return functools.partial(PythonWorker, host) if is_python(config) else original(config)

    return choose


def choose_executor(of_python: Callable[..., Any], of_others: Callable[..., Any]) -> Callable[..., Any]:
    """Choose the executor that reports a function's error as raised, if the worker provides it."""

    def choose(func: Mapping[str, Any], event: Any, request_id: str) -> Any:
        executor = of_python if is_python(func.get("config") or func) else of_others
        return executor(func, event, request_id)

    return choose


def is_python(config: Mapping[str, Any]) -> bool:
    """Return whether a function's runtime is Python."""
    return str(config.get("Runtime", "python")).startswith("python")


def prefer_free(
    original: Callable[..., tuple[Any, str]], pools: Mapping[str, list[Any]], lock: threading.Lock
) -> Callable[..., tuple[Any, str]]:
    """Lease as `original` does, but rather than wait for a new environment's init take the first free environment."""

    def lease(func_name: str, config: Mapping[str, Any], *args: Any, **kwargs: Any) -> tuple[Any, str]:
        worker, origin = original(func_name, config, *args, **kwargs)
        if is_python(config) and not worker.initialised:
            worker = find_first_free(worker, next(pool for pool in pools.values() if worker in pool), lock)
        return worker, origin

    return lease


class PythonWorker:
    """A worker that MiniStack's pool leases for one invocation at a time; replaces its own `Worker`.

    The pool reads and writes `in_use`, `last_used` and `config`, ends the process by `_proc`, and then calls
    `_discard_tmpdir`.
    """

    def __init__(self, host: LambdaHost, func_name: str, config: Mapping[str, Any], code_zip: bytes) -> None:
        self.func_name = func_name
        self.config = config
        self.code_zip = code_zip
        self.in_use = False
        self.last_used = time.time()
        self._host = host
        self._token = uuid.uuid4().hex
        self._lock = threading.Lock()
        self._proc: ExecutionEnvironment | None = None
        self.starter: Starter | None = None
        self.invocation: Invocation | None = None
        """The running invocation, if any."""

    def begin_init(self) -> None:
        """Start the environment if none runs; errors of unpacking a bundle are reported by the invocation."""
        with self._lock, contextlib.suppress(UnsafeBundle):
            self._spawn()

    def await_init(self) -> None:
        """Wait until init has ended."""
        if self._proc is not None:
            self._proc.initialised.wait(INIT_SECONDS)

    @property
    def started(self) -> bool:
        """Whether the environment's process runs."""
        return self._proc is not None and self._proc.poll() is None

    @property
    def initialised(self) -> bool:
        """Whether there is an environment whose init has ended, successfully or not."""
        return self._proc is not None and self._proc.initialised.is_set()

    def invoke(
        self,
        event: Any,
        request_id: str,
        *,
        trace_id: str | None = None,
        invoked_function_arn: str | None = None,
    ) -> dict[str, Any]:
        """Run one invocation, and return its result in MiniStack's format."""
        with self._lock:
            if self._host.closed.is_set():
                return format_outcome(FunctionError("ServiceException", "The engine is stopping.", request_id))
            started_at = datetime.now(UTC)
            try:
                environment = self._spawn()
            except UnsafeBundle as error:
                return format_outcome(FunctionError("InvalidZipFileException", str(error), request_id))
            invocation = Invocation(request_id, event, invoked_function_arn or self.config["FunctionArn"], trace_id)
            self._host.ledger.record_invocation_start(self._token, invocation, started_at)
            self.invocation = invocation
            outcome = environment.invoke(invocation)
            self.invocation = None
            self._host.ledger.record_invocation_end(self._token, environment.function, invocation, outcome, started_at)
            if outcome.ended:
                environment.close()
                self._proc = None
            return format_outcome(outcome.error, outcome.result, outcome.log)

    def _spawn(self) -> ExecutionEnvironment:
        """Return the warm environment, or start one; MiniStack calls this too, for SnapStart."""
        if self._proc is not None and self._proc.poll() is None:
            return self._proc
        function = read_function(self.config, self.code_zip, self._host.code_cache)
        variables = function.build_variables(
            endpoint_url=self._host.endpoint_url,
            session_token=self._token,
            log_stream=function.name_log_stream(datetime.now(UTC), self._token),
            programs=find_node(),
        )
        model_url = self._host.model_url
        own_url = f"{model_url}/as/{self._token}"  # the model's SDK signs no calls: the path names the caller
        variables = {name: value.replace(model_url, own_url) for name, value in variables.items()}
        self._host.ledger.record_environment_start(self._token, function)
        self._host.workers[self._token] = self
        self.starter = self._host.starters.find_or_create(function, self._host.python)
        self._proc = ExecutionEnvironment(self.starter, variables, self._host.clock, self._host.activity)
        return self._proc

    def kill(self) -> None:
        """Kill the environment, even during an invocation."""
        if self._proc is not None:
            self._proc.kill()

    def _discard_tmpdir(self) -> None:
        """Clean up; MiniStack calls this after it has ended the process."""
        self._host.workers.pop(self._token, None)
        self._host.ledger.record_environment_end(self._token)
        if self.starter and not any(other.starter is self.starter for other in list(self._host.workers.values())):
            self._host.starters.discard(self.starter)


def read_function(config: Mapping[str, Any], code_zip: bytes, code_cache: Path) -> Function:
    """Convert MiniStack's record of a function, and unpack its bundles. Raises UnsafeBundle."""
    from ministack.services.lambda_svc import _resolve_layer_zip

    arn = str(config["FunctionArn"])
    layers = (_resolve_layer_zip(layer) for layer in config.get("Layers") or [])
    return Function(
        name=config["FunctionName"],
        version=config.get("Version", "$LATEST"),
        arn=arn,
        runtime=config.get("Runtime", "python3.13"),
        handler=config["Handler"],
        memory_mb=int(config.get("MemorySize", 128)),
        timeout_s=int(config.get("Timeout", 3)),
        region=arn.split(":")[3],
        account=arn.split(":")[4],
        log_group=(config.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{config['FunctionName']}",
        variables=(config.get("Environment") or {}).get("Variables") or {},
        task_root=unpack(code_zip, code_cache),
        layers=tuple(unpack(layer, code_cache) for layer in layers if layer),
    )


def format_outcome(error: FunctionError | None, result: object = None, log: str = "") -> dict[str, Any]:
    """Return an outcome in the format that MiniStack's executors expect from a worker."""
    if error is None:
        return {"status": "ok", "result": result, "log": log}
    payload: dict[str, Any] = {"errorMessage": error.message, "errorType": error.error_type}
    if error.error_type not in WITHOUT_STACK:
        payload |= {"requestId": error.request_id, "stackTrace": list(error.stack_trace)}
    return {"status": "error", "error": error.message, "error_payload": payload, "log": log}
