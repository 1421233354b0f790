"""MiniStack as the engine: the only package that knows its internals; `patches` lists those that are replaced."""

import functools
import importlib
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agenticai.emulator.core.bench_records import Dispatch, Settled
from agenticai.emulator.engines.environment_pool import start_ahead
from agenticai.emulator.engines.function import SECRET_KEY
from agenticai.emulator.engines.ministack.alarms import Alarms, QueueSamples
from agenticai.emulator.engines.ministack.contents import Contents
from agenticai.emulator.engines.ministack.event_sources import EventSources
from agenticai.emulator.engines.ministack.interference import RunningFunctions
from agenticai.emulator.engines.ministack.metrics import ApiMetrics, Metrics
from agenticai.emulator.engines.ministack.origins import list_allowed_origins
from agenticai.emulator.engines.ministack.patches import PATCHES, PatchContext
from agenticai.emulator.engines.ministack.permissions import Permissions
from agenticai.emulator.engines.ministack.roles import Caller
from agenticai.emulator.engines.ministack.sessions import Sessions
from agenticai.emulator.engines.ministack.workers import LambdaHost, is_python
from agenticai.emulator.engines.settling import settle
from agenticai.emulator.faults.schedule import FaultBook
from agenticai.emulator.queues.depths import Depths
from agenticai.emulator.spool.file import Spool

if TYPE_CHECKING:
    from starlette.types import ASGIApp

__all__ = ["LambdaHost", "MiniStack", "list_allowed_origins"]

ACCOUNT = "000000000000"
REGION = "us-east-1"
PRELOADED = (
    *("s3", "sqs", "dynamodb", "ssm", "iam", "sts", "lambda_svc", "apigateway", "apigateway_v1"),
    *("cloudformation", "cloudwatch", "cloudwatch_logs"),
)


class MiniStack:
    """The engine's ASGI application, lifespan included. One per process: MiniStack keeps its state in its modules.

    With `iam` the policies of functions' roles are enforced; otherwise denials are only recorded.
    """

    def __init__(
        self, host: LambdaHost, faults: FaultBook, port: int, spool: Spool, folder: Path, *, iam: bool = True
    ) -> None:
        os.environ.update(build_settings(port))
        import ministack.app
        from ministack.core import lambda_runtime
        from ministack.services import apigateway_v1, cloudwatch, lambda_svc, sqs

        self._sessions = Sessions()
        self.permissions = Permissions(self._find_caller, enforced=iam)
        metrics = Metrics(cloudwatch)
        self.app: ASGIApp = ApiMetrics(
            self.permissions.wrap(ministack.app.app), metrics, make_api_name_finder(apigateway_v1)
        )
        self.functions = RunningFunctions(host)
        self._host = host
        self._pools: Mapping[str, list[Any]] = lambda_runtime._workers
        self._stop_environments: Callable[[], None] = lambda_runtime.reset
        self._sources = EventSources(lambda_svc, sqs, host.activity)
        depths = Depths()
        self.contents = Contents(sqs, depths)
        self.alarms = Alarms(cloudwatch, QueueSamples(sqs, depths, metrics))
        owner = ACCOUNT, REGION
        context = PatchContext(
            ministack,
            host,
            faults,
            spool,
            folder / "s3",
            owner,
            depths,
            self._sources,
            self.permissions,
            self._sessions,
            metrics,
            self.alarms,
        )
        for patch in PATCHES:
            patch.apply(context)
        self.alarms.start(host.clock)

    def _find_caller(self, token: str) -> Caller | None:
        """Return the function whose environment has this session token."""
        worker = self._host.workers.get(token)
        return Caller(worker.func_name, worker.config["Role"]) if worker else self._sessions.find_caller(token)

    def preload(self) -> None:
        """Import what the first deployment would have to wait for: services, the SAM translator, botocore's models."""
        from agenticai.emulator.http.operations import list_rest_routes

        for name in PRELOADED:
            importlib.import_module(f"ministack.services.{name}")
        importlib.import_module("samtranslator.translator.transform")
        for service in ("s3", "lambda", "apigateway"):
            list_rest_routes(service)

    @property
    def dispatching(self) -> Dispatch:
        """Return how messages are delivered."""
        return "stepped" if self._sources.stepped else "free"

    def dispatch(self, mode: Dispatch) -> None:
        """Set how messages are delivered from now on."""
        self._sources.stepped = mode == "stepped"
        self._sources.poll_now()

    def poll_now(self) -> None:
        """Deliver messages that have become visible, unless dispatch is stepped."""
        self._sources.poll_now()

    def settle(self, *, deliveries: int | None, skip: bool, timeout_s: float) -> Settled:
        """Work until nothing is left to do; see `settling.settle`. Raises Unsettled."""
        return settle(
            self._sources,
            self._host.activity,
            self._host.clock,
            deliveries=deliveries,
            skip=skip,
            timeout_s=timeout_s,
        )

    def start_ahead(self, functions: Sequence[str]) -> None:
        """Start an environment of each aliased version of these functions in the background, as Lambda may do.

        See https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html.
        """
        from ministack.services import lambda_svc

        deployed = {key[-1]: function for key, function in list(lambda_svc._functions._data.items())}
        versions = [
            deployed[name]["versions"][alias["FunctionVersion"]]
            for name in functions
            if name in deployed and is_python(deployed[name]["config"])
            for alias in deployed[name]["aliases"].values()
        ]
        start_ahead(functools.partial(self._start_one, version) for version in versions)

    def _start_one(self, version: Mapping[str, Any]) -> None:
        from ministack.core import lambda_runtime

        config = version["config"]
        key = lambda_runtime._worker_key(config["FunctionName"], config, config["Version"])
        if self._pools.get(key):
            return  # an invocation was faster
        worker, _ = lambda_runtime.acquire_worker(
            config["FunctionName"], config, version["code_zip"], qualifier=config["Version"]
        )
        worker.begin_init()
        lambda_runtime.release_worker(worker)
        worker.await_init()

    def close(self) -> None:
        """End all execution environments, and start no more."""
        self._host.closed.set()
        self.alarms.close()
        self._host.activity.release()
        self._stop_environments()


def make_api_name_finder(apigateway: Any) -> Callable[[str], str | None]:
    """Return a function that finds the name of a REST API by its id, or None."""

    def find_name(api_id: str) -> str | None:
        apis = list(apigateway._rest_apis._data.items())
        return next((str(api["name"]) for key, api in apis if key[-1] == api_id), None)

    return find_name


def build_settings(port: int) -> dict[str, str]:
    """Return the variables that MiniStack reads when imported: one account, no Docker, no listeners of its own."""
    return {
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": "127.0.0.1",
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_REGION": REGION,
        "AWS_ACCESS_KEY_ID": ACCOUNT,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_DEFAULT_REGION": REGION,
        "DOCKER_HOST": "unix:///nonexistent/docker.sock",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "LOG_LEVEL": "INFO",
    }
