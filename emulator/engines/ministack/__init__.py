"""MiniStack as the engine: the only package that knows its internals, of which `patches` lists what is exchanged."""

import functools
import importlib
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agenticai.emulator.core.bench_records import Dispatch, Settled
from agenticai.emulator.engines.environment_pool import start_ahead
from agenticai.emulator.engines.ministack import compressed
from agenticai.emulator.engines.ministack.backlog import Backlog
from agenticai.emulator.engines.ministack.bundles import Bundles
from agenticai.emulator.engines.ministack.contents import Contents
from agenticai.emulator.engines.ministack.deliveries import FaultyDeliveries
from agenticai.emulator.engines.ministack.event_sources import EventSources
from agenticai.emulator.engines.ministack.interference import RunningFunctions
from agenticai.emulator.engines.ministack.log_events import LogEvents
from agenticai.emulator.engines.ministack.mappings import Mappings
from agenticai.emulator.engines.ministack.objects import Objects
from agenticai.emulator.engines.ministack.origins import allowed_origins
from agenticai.emulator.engines.ministack.polls import EventSourceMappingMeter
from agenticai.emulator.engines.ministack.presigned_links import PresignedLinks
from agenticai.emulator.engines.ministack.property_types import convert_property_types
from agenticai.emulator.engines.ministack.queues import Queues
from agenticai.emulator.engines.ministack.records import with_whole_records
from agenticai.emulator.engines.ministack.tables import Tables
from agenticai.emulator.engines.ministack.template_text import read_scalars_as_text
from agenticai.emulator.engines.ministack.variables import refuse_other_types
from agenticai.emulator.engines.ministack.workers import LambdaHost, acquire, execute, is_python, worker_class
from agenticai.emulator.engines.settling import settle
from agenticai.emulator.faults.schedule import FaultBook
from agenticai.emulator.spool.file import Spool

if TYPE_CHECKING:
    from starlette.types import ASGIApp

__all__ = ["LambdaHost", "MiniStack", "allowed_origins"]

ACCOUNT = "000000000000"
REGION = "us-east-1"
PRELOADED = (
    *("s3", "sqs", "dynamodb", "ssm", "iam", "sts", "lambda_svc", "apigateway", "apigateway_v1"),
    *("cloudformation", "cloudwatch", "cloudwatch_logs"),
)


class MiniStack:
    """The engine's ASGI application, lifespan included. One a process: MiniStack keeps its state in its modules."""

    def __init__(self, host: LambdaHost, faults: FaultBook, port: int, spool: Spool, folder: Path) -> None:
        os.environ.update(settings(port))
        from ministack import app as gateway
        from ministack.core import lambda_runtime
        from ministack.services import cloudwatch_logs, dynamodb, lambda_svc, s3, sqs
        from ministack.services.cloudformation import changesets, engine, handlers, provisioners, stacks

        self.app: ASGIApp = gateway.app
        gateway._dispatch_service_request = compressed.bounded(gateway._dispatch_service_request)
        self.functions = RunningFunctions(host)
        self._host = host
        self._pools: Mapping[str, list[Any]] = lambda_runtime._workers
        self._stop_environments: Callable[[], None] = lambda_runtime.reset
        lambda_runtime._worker_class_for = worker_class(host, lambda_runtime._worker_class_for)
        lambda_svc._execute_function_warm = execute(
            lambda_svc._execute_function_provided_warm, lambda_svc._execute_function_warm
        )
        lambda_svc.acquire_worker = acquire(lambda_svc.acquire_worker, lambda_runtime._workers, lambda_runtime._lock)
        Backlog(sqs)
        queues = Queues(sqs, (ACCOUNT, REGION))
        Mappings(lambda_svc, sqs, provisioners._RESOURCE_HANDLERS)
        Bundles(lambda_svc)
        polls = EventSourceMappingMeter(host.ledger)
        lambda_svc._run_sqs_batch = polls.metered_batch(with_whole_records(lambda_svc._run_sqs_batch))
        sqs._delete_messages_for_esm = polls.metered_delete(sqs._delete_messages_for_esm)
        PresignedLinks(s3, host.workers)
        read_scalars_as_text(engine, changesets, handlers)
        convert_property_types(provisioners, stacks)
        for operation in ("_create_function", "_update_config"):
            checked = refuse_other_types(getattr(lambda_svc, operation), lambda_svc.error_response_json)
            setattr(lambda_svc, operation, checked)
        Tables(dynamodb, spool)
        Objects(s3, spool, folder / "s3")
        LogEvents(cloudwatch_logs, spool)
        FaultyDeliveries(sqs, faults)
        self.contents = Contents(sqs, queues.depths)
        self._sources = EventSources(lambda_svc, sqs, host.activity)

    def preload(self) -> None:
        """Import what a first deploy would wait for: services, the SAM translator, botocore's models."""
        from agenticai.emulator.http.operations import routes

        for name in PRELOADED:
            importlib.import_module(f"ministack.services.{name}")
        importlib.import_module("samtranslator.translator.transform")
        for service in ("s3", "lambda", "apigateway"):
            routes(service)

    def dispatch(self, mode: Dispatch) -> None:
        """Choose how messages reach functions from now on."""
        self._sources.stepped = mode == "stepped"
        self._sources.look()

    def look(self) -> None:
        """Deliver what has become visible, where messages are delivered at any time."""
        self._sources.look()

    def settle(self, *, deliveries: int | None, skip: bool, timeout_s: float) -> Settled:
        """Work until nothing is left to do, as `settling.settle` says. Raises Unsettled."""
        return settle(
            self._sources,
            self._host.activity,
            self._host.clock,
            deliveries=deliveries,
            skip=skip,
            timeout_s=timeout_s,
        )

    def start_ahead(self, functions: Sequence[str]) -> None:
        """Start one environment of each aliased version of these in the background, as Lambda may before a request.

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
        """End every execution environment and start no other."""
        self._host.closed.set()
        self._host.activity.release()
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
