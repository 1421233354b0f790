"""MiniStack as the engine: the only module that knows its internals (release 1.5.33).

What is exchanged in it, and why:
- `lambda_runtime._worker_class_for`: functions with a Python runtime run in our execution environments.
- `lambda_svc._execute_function_warm`: its twin for custom runtimes hands a function's own error on; this one does not.
- `lambda_svc.acquire_worker`: an environment that becomes free is preferred to one that is still being initialised.
- `lambda_svc._run_sqs_batch`, `sqs._delete_messages_for_esm`: event source mappings poll in process, so the meter
  could not see what AWS would bill for them.
"""

import contextlib
import functools
import importlib
import os
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emulator.engines.code_cache import UnsafeBundle, unpack
from emulator.engines.environment_pool import first_free, start_ahead
from emulator.engines.execution_environment import INIT_SECONDS, ExecutionEnvironment
from emulator.engines.function import Function, FunctionError, Invocation
from emulator.meter.attribution import project_of_event
from emulator.meter.ledger import Ledger
from emulator.meter.sums import Call

if TYPE_CHECKING:
    from starlette.types import ASGIApp

ACCOUNT = "000000000000"
REGION = "us-east-1"
PRELOADED = (
    *("s3", "sqs", "dynamodb", "ssm", "iam", "sts", "lambda_svc", "apigateway", "apigateway_v1"),
    *("cloudformation", "cloudwatch", "cloudwatch_logs"),
)

# Lambda itself reports these, and not the function's runtime, so they have neither request id nor stack.
WITHOUT_STACK = frozenset({"Sandbox.Timedout", "Runtime.ExitError"})


@dataclass
class LambdaHost:
    """What every execution environment needs: where AWS is, the interpreter, the unpacked code, and the meter."""

    endpoint_url: str
    python: Path
    code_cache: Path
    ledger: Ledger
    closed: threading.Event = field(default_factory=threading.Event)


class MiniStack:
    """The engine's ASGI application, lifespan included. One a process: MiniStack keeps its state in its modules."""

    def __init__(self, host: LambdaHost, port: int) -> None:
        os.environ.update(settings(port))
        from ministack.app import app
        from ministack.core import lambda_runtime
        from ministack.services import lambda_svc, sqs

        self.app: ASGIApp = app
        self._host = host
        self._stop_environments: Callable[[], None] = lambda_runtime.reset
        lambda_runtime._worker_class_for = worker_class(host, lambda_runtime._worker_class_for)
        lambda_svc._execute_function_warm = execute(
            lambda_svc._execute_function_provided_warm, lambda_svc._execute_function_warm
        )
        lambda_svc.acquire_worker = acquire(lambda_svc.acquire_worker, lambda_runtime._workers, lambda_runtime._lock)
        polls = EventSourceMappingMeter(host.ledger)
        lambda_svc._run_sqs_batch = polls.metered_batch(lambda_svc._run_sqs_batch)
        sqs._delete_messages_for_esm = polls.metered_delete(sqs._delete_messages_for_esm)

    def preload(self) -> None:
        """Import what a first deploy would wait for: services, the SAM translator, botocore's models."""
        from emulator.meter.operations import routes

        for name in PRELOADED:
            importlib.import_module(f"ministack.services.{name}")
        importlib.import_module("samtranslator.translator.transform")
        for service in ("s3", "lambda", "apigateway"):
            routes(service)

    def start_ahead(self) -> None:
        """Start one environment of every aliased function in the background, as Lambda may before a first request.

        See https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html.
        """
        from ministack.services import lambda_svc

        versions = [
            function["versions"][alias["FunctionVersion"]]
            for function in list(lambda_svc._functions._data.values())
            for alias in function["aliases"].values()
            if is_python(function["config"])
        ]
        start_ahead(functools.partial(self._start_one, version) for version in versions)

    def _start_one(self, version: Mapping[str, Any]) -> None:
        from ministack.core import lambda_runtime

        config = version["config"]
        worker, _ = lambda_runtime.acquire_worker(
            config["FunctionName"], config, version["code_zip"], qualifier=config["Version"]
        )
        worker.begin_init()
        lambda_runtime.release_worker(worker)
        worker.await_init()

    def close(self) -> None:
        """End every execution environment and start no other."""
        self._host.closed.set()
        self._stop_environments()


def settings(port: int) -> dict[str, str]:
    """The environment that MiniStack reads when it is imported: one account, no Docker, no listener but ours."""
    return {
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": "127.0.0.1",
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_REGION": REGION,
        "AWS_ACCESS_KEY_ID": ACCOUNT,
        "AWS_SECRET_ACCESS_KEY": "embedded",
        "AWS_DEFAULT_REGION": REGION,
        "DOCKER_HOST": "unix:///nonexistent/docker.sock",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "LOG_LEVEL": "INFO",
    }


def worker_class(
    host: LambdaHost, original: Callable[[Mapping[str, Any]], Callable[..., Any]]
) -> Callable[[Mapping[str, Any]], Callable[..., Any]]:
    """Choose our worker for Python runtimes and MiniStack's own for the rest."""

    def choose(config: Mapping[str, Any]) -> Callable[..., Any]:
        return functools.partial(PythonWorker, host) if is_python(config) else original(config)

    return choose


def execute(of_python: Callable[..., Any], of_others: Callable[..., Any]) -> Callable[..., Any]:
    """Choose the executor that reports a function's error as the function raised it, where the worker can tell."""

    def choose(func: Mapping[str, Any], event: Any, request_id: str) -> Any:
        executor = of_python if is_python(func.get("config") or func) else of_others
        return executor(func, event, request_id)

    return choose


def is_python(config: Mapping[str, Any]) -> bool:
    """Whether a function's runtime is one of Python's."""
    return str(config.get("Runtime", "python")).startswith("python")


def acquire(
    original: Callable[..., tuple[Any, str]], pools: Mapping[str, list[Any]], lock: threading.Lock
) -> Callable[..., tuple[Any, str]]:
    """Lease as `original` does, but where it would wait for a new environment's init, take what is free first."""

    def lease(func_name: str, config: Mapping[str, Any], *rest: Any, **named: Any) -> tuple[Any, str]:
        worker, how = original(func_name, config, *rest, **named)
        if is_python(config) and not worker.initialised:
            worker = first_free(worker, next(pool for pool in pools.values() if worker in pool), lock)
        return worker, how

    return lease


class PythonWorker:
    """What MiniStack's pool leases for one invocation at a time, in place of its own `Worker`.

    The pool reads and writes `in_use`, `last_used` and `config`, takes `_proc` to end the process, and then calls
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

    def begin_init(self) -> None:
        """Start the environment, if none runs; a bundle that cannot be unpacked is reported by the invocation."""
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
        """Whether an environment is there whose init has ended, well or badly."""
        return self._proc is not None and self._proc.initialised.is_set()

    def invoke(
        self,
        event: Any,
        request_id: str,
        *,
        trace_id: str | None = None,
        invoked_function_arn: str | None = None,
    ) -> dict[str, Any]:
        """Run one invocation and return MiniStack's account of it."""
        with self._lock:
            if self._host.closed.is_set():
                return report(FunctionError("ServiceException", "The engine is stopping.", request_id))
            started_at = datetime.now(UTC)
            try:
                environment = self._spawn()
            except UnsafeBundle as error:
                return report(FunctionError("InvalidZipFileException", str(error), request_id))
            invocation = Invocation(request_id, event, invoked_function_arn or environment.function.arn, trace_id)
            self._host.ledger.invocation_started(self._token, invocation)
            outcome = environment.invoke(invocation)
            self._host.ledger.invocation_ended(self._token, environment.function, invocation, outcome, started_at)
            if outcome.ended:
                environment.close()
                self._proc = None
            return report(outcome.error, outcome.result, outcome.log)

    def _spawn(self) -> ExecutionEnvironment:
        """Return the warm environment, or start one; MiniStack calls this too, for SnapStart."""
        if self._proc is not None and self._proc.poll() is None:
            return self._proc
        function = function_of(self.config, self.code_zip, self._host.code_cache)
        variables = function.environment(
            endpoint_url=self._host.endpoint_url,
            session_token=self._token,
            log_stream=function.log_stream(datetime.now(UTC), self._token),
        )
        self._host.ledger.environment_started(self._token, function)
        self._proc = ExecutionEnvironment(function, self._host.python, variables)
        return self._proc

    def _discard_tmpdir(self) -> None:
        """MiniStack calls this when it has ended the process."""
        self._host.ledger.environment_ended(self._token)


def function_of(config: Mapping[str, Any], code_zip: bytes, code_cache: Path) -> Function:
    """MiniStack's record of a function in our terms, its bundles unpacked. Raises UnsafeBundle."""
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


def report(error: FunctionError | None, result: object = None, log: str = "") -> dict[str, Any]:
    """An outcome as MiniStack's executors take it from a worker."""
    if error is None:
        return {"status": "ok", "result": result, "log": log}
    payload: dict[str, Any] = {"errorMessage": error.message, "errorType": error.error_type}
    if error.error_type not in WITHOUT_STACK:
        payload |= {"requestId": error.request_id, "stackTrace": list(error.stack_trace)}
    return {"status": "error", "error": error.message, "error_payload": payload, "log": log}


class EventSourceMappingMeter:
    """Counts what an SQS event source mapping is billed for: one receive a batch, and one delete if any succeeded.

    See https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._batch: ContextVar[tuple[str, str | None] | None] = ContextVar("batch", default=None)

    def metered_batch(self, run: Callable[..., None]) -> Callable[..., None]:
        """Wrap `_run_sqs_batch`, which is called once a batch was received."""

        def run_metered(esm: Mapping[str, Any], func_rec: Any, event: Any, *rest: Any) -> None:
            size = sum(len(record["body"]) for record in event["Records"])
            batch = esm["FunctionName"], project_of_event(event)
            self._ledger.record_poll(Call("sqs", "ReceiveMessage", response_bytes=size), *batch)
            token = self._batch.set(batch)
            try:
                run(esm, func_rec, event, *rest)
            finally:
                self._batch.reset(token)

        return run_metered

    def metered_delete(self, delete: Callable[[str, set[str]], None]) -> Callable[[str, set[str]], None]:
        """Wrap `_delete_messages_for_esm`, which is called inside of `_run_sqs_batch`."""

        def delete_metered(queue_url: str, receipt_handles: set[str]) -> None:
            if batch := self._batch.get():
                operation = "DeleteMessage" if len(receipt_handles) == 1 else "DeleteMessageBatch"
                self._ledger.record_poll(Call("sqs", operation), *batch)
            delete(queue_url, receipt_handles)

        return delete_metered
