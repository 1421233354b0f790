"""The patch set: which private parts of MiniStack are replaced, how, and in which release they were last checked.

`docs/engine-patches.md` explains what each patch fixes and what MiniStack itself could do. For a new release,
`tests/emulator/test_engine_patches.py` reports which parts have changed.
"""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from agenticai.emulator.engines.ministack import compressed
from agenticai.emulator.engines.ministack.alarms import Alarms
from agenticai.emulator.engines.ministack.backlog import Backlog
from agenticai.emulator.engines.ministack.bundles import Bundles
from agenticai.emulator.engines.ministack.capacities import meter_capacity
from agenticai.emulator.engines.ministack.conditions import resolve_condition_functions, skip_false_conditions
from agenticai.emulator.engines.ministack.deliveries import FaultyDeliveries
from agenticai.emulator.engines.ministack.event_sources import EventSources, correct_answers
from agenticai.emulator.engines.ministack.http_apis import HttpApis
from agenticai.emulator.engines.ministack.log_events import LogEvents
from agenticai.emulator.engines.ministack.mappings import Mappings
from agenticai.emulator.engines.ministack.metrics import FunctionMetrics, Metrics
from agenticai.emulator.engines.ministack.objects import Objects
from agenticai.emulator.engines.ministack.permissions import Permissions
from agenticai.emulator.engines.ministack.polls import EventSourceMappingMeter
from agenticai.emulator.engines.ministack.presigned_links import PresignedLinks
from agenticai.emulator.engines.ministack.property_types import convert_property_types
from agenticai.emulator.engines.ministack.queues import Queues
from agenticai.emulator.engines.ministack.records import complete_records
from agenticai.emulator.engines.ministack.sessions import Sessions
from agenticai.emulator.engines.ministack.table_sizes import TableSizes
from agenticai.emulator.engines.ministack.tables import Tables
from agenticai.emulator.engines.ministack.template_text import read_scalars_as_text
from agenticai.emulator.engines.ministack.variables import refuse_other_types
from agenticai.emulator.engines.ministack.workers import LambdaHost, choose_executor, choose_worker, prefer_free
from agenticai.emulator.faults.schedule import FaultBook
from agenticai.emulator.queues.depths import Depths
from agenticai.emulator.spool.file import Spool

RELEASE: Final = "1.5.33"


@dataclass(frozen=True)
class PatchContext:
    """The package `ministack`, whose parts are replaced, and the engine's objects that the patches use.

    `objects` is the folder that MiniStack uses for S3 objects; `owner` is the engine's account and region.
    """

    ministack: Any
    host: LambdaHost
    faults: FaultBook
    spool: Spool
    objects: Path
    owner: tuple[str, str]
    depths: Depths
    sources: EventSources
    permissions: Permissions
    sessions: Sessions
    metrics: Metrics
    alarms: Alarms


@dataclass(frozen=True)
class Patch:
    """Parts that are replaced together; each is an attribute of a module below `ministack`, or an entry of one."""

    name: str
    parts: tuple[str, ...]
    exchange: Callable[[PatchContext], object]

    def apply(self, context: PatchContext) -> None:
        """Replace the parts. Raises ImportError, AttributeError or KeyError if MiniStack has no such part."""
        for part in self.parts:
            importlib.import_module(f"ministack.{part.rpartition('.')[0]}")
        self.exchange(context)


def bound_inflation(context: PatchContext) -> None:
    """Refuse bodies that inflate beyond the limit of a request."""
    app = context.ministack.app
    app._dispatch_service_request = compressed.bound_inflation(app._dispatch_service_request)


def exchange_environments(context: PatchContext) -> None:
    """Run Python functions in the engine's own environments, and interpret batch responses as AWS does."""
    runtime, lambda_svc = context.ministack.core.lambda_runtime, context.ministack.services.lambda_svc
    runtime._worker_class_for = choose_worker(context.host, runtime._worker_class_for)
    lambda_svc._execute_function_warm = choose_executor(
        lambda_svc._execute_function_provided_warm, lambda_svc._execute_function_warm
    )
    lambda_svc.acquire_worker = prefer_free(lambda_svc.acquire_worker, runtime._workers, runtime._lock)
    lambda_svc._execute_function = correct_answers(lambda_svc._execute_function)


def meter_polls(context: PatchContext) -> None:
    """Count the billable polling of queues, and complete the records of batches."""
    services, polls = context.ministack.services, EventSourceMappingMeter(context.host.ledger)
    services.lambda_svc._run_sqs_batch = polls.meter_batch(complete_records(services.lambda_svc._run_sqs_batch))
    services.sqs._delete_messages_for_esm = polls.meter_delete(services.sqs._delete_messages_for_esm)


def refuse_variables(context: PatchContext) -> None:
    """Refuse environment variables that are not text."""
    lambda_svc = context.ministack.services.lambda_svc
    for operation in ("_create_function", "_update_config"):
        checked = refuse_other_types(getattr(lambda_svc, operation), lambda_svc.error_response_json)
        setattr(lambda_svc, operation, checked)


def read_templates(context: PatchContext) -> None:
    """Read templates as CloudFormation does, and convert properties to the types that resources need."""
    cloudformation = context.ministack.services.cloudformation
    read_scalars_as_text(cloudformation.engine, cloudformation.changesets, cloudformation.handlers)
    convert_property_types(cloudformation.provisioners, cloudformation.stacks)


def evaluate_conditions(context: PatchContext) -> None:
    """Evaluate conditions completely, and have change sets name only resources whose condition is true."""
    cloudformation = context.ministack.services.cloudformation
    resolve_condition_functions(
        cloudformation.engine, (cloudformation.changesets, cloudformation.handlers, cloudformation.stacks)
    )
    skip_false_conditions(cloudformation.changesets)


def validate_mappings(context: PatchContext) -> None:
    """Apply AWS's rules to event source mappings."""
    services = context.ministack.services
    handlers = services.cloudformation.provisioners._RESOURCE_HANDLERS
    Mappings(services.lambda_svc, services.sqs, handlers, context.permissions)


def make_http_apis(context: PatchContext) -> None:
    """Create the routes of HTTP APIs that a template describes in OpenAPI."""
    services = context.ministack.services
    HttpApis(services.apigateway, services.cloudformation.provisioners._RESOURCE_HANDLERS)


def meter_call_capacity(context: PatchContext) -> None:
    """Report the DynamoDB capacity that each call consumes to the meter."""
    dynamodb = context.ministack.services.dynamodb
    dynamodb.handle_request = meter_capacity(dynamodb.handle_request)


def enforce_roles(context: PatchContext) -> None:
    """Check the calls of functions against their roles, including functions that MiniStack itself runs."""
    for module in (context.ministack.core.lambda_runtime, context.ministack.services.lambda_svc):
        module.execution_credentials = context.sessions.issue_credentials
    context.permissions.take_over(context.ministack)


def evaluate_alarms(context: PatchContext) -> None:
    """Publish the metrics of functions as AWS does, and evaluate alarms as CloudWatch does."""
    context.metrics.take_over()
    FunctionMetrics(context.ministack.services.lambda_svc, context.metrics)
    context.alarms.take_over()


def _qualify(module: str, *names: str) -> tuple[str, ...]:
    return tuple(f"{module}.{name}" for name in names)


LAMBDA: Final = "services.lambda_svc"
SQS: Final = "services.sqs"
S3: Final = "services.s3"
DYNAMODB: Final = "services.dynamodb"
CLOUDWATCH: Final = "services.cloudwatch"
LOGS: Final = "services.cloudwatch_logs"
CLOUDFORMATION: Final = "services.cloudformation"
IAM: Final = "core.iam_evaluator"


PATCHES: Final = (
    Patch("Bounded inflation", ("app._dispatch_service_request",), bound_inflation),
    Patch(
        "Execution environments",
        (
            "core.lambda_runtime._worker_class_for",
            *_qualify(LAMBDA, "acquire_worker", "_execute_function", "_execute_function_warm"),
        ),
        exchange_environments,
    ),
    Patch(
        "Stepped delivery",
        _qualify(LAMBDA, "_poll_sqs", "_iter_all_esms", "_sqs_esm_concurrency", "_dispatch_esm_batch"),
        lambda context: context.sources.take_over(),
    ),
    Patch(
        "Long queues",
        _qualify(SQS, "_HANDLERS", "_collect_msgs", "_dlq_sweep", "_expire_retained"),
        lambda context: Backlog(context.ministack.services.sqs),
    ),
    Patch(
        "Rules of queues",
        _qualify(SQS, "_HANDLERS", "_queues_lock", "_collect_fifo", "_collect_msgs", "_receive_messages_for_esm")
        + _qualify(SQS, "_delete_messages_for_esm", "_dlq_sweep", "_expire_retained", "_validate_redrive_policy"),
        lambda context: Queues(context.ministack.services.sqs, context.owner, context.depths),
    ),
    Patch(
        "Rules of event source mappings",
        _qualify(LAMBDA, "_create_esm", "_update_esm", "_init_stream_position", "_match_esm_filter")
        + _qualify(CLOUDFORMATION, "provisioners._RESOURCE_HANDLERS", "changesets._RESOURCE_HANDLERS"),
        validate_mappings,
    ),
    Patch("Routes of HTTP APIs", (f"{CLOUDFORMATION}.provisioners._RESOURCE_HANDLERS",), make_http_apis),
    Patch(
        "Metered polls and whole records",
        (*_qualify(LAMBDA, "_run_sqs_batch"), f"{SQS}._delete_messages_for_esm"),
        meter_polls,
    ),
    Patch(
        "Faults of deliveries",
        _qualify(SQS, "_receive_messages_for_esm", "_delete_messages_for_esm"),
        lambda context: FaultyDeliveries(context.ministack.services.sqs, context.faults),
    ),
    Patch(
        "Bounded bundles",
        _qualify(LAMBDA, "_functions", "_reject_unreadable_zip"),
        lambda context: Bundles(context.ministack.services.lambda_svc),
    ),
    Patch("Variables are text", _qualify(LAMBDA, "_create_function", "_update_config"), refuse_variables),
    Patch(
        "Signed links",
        _qualify(S3, "_verify_presigned_sigv4", "resolve_credential", "calculate_signature", "signatures_match"),
        lambda context: PresignedLinks(context.ministack.services.s3, context.host.workers),
    ),
    Patch(
        "Types in templates",
        _qualify(CLOUDFORMATION, "engine.CfnLoader", "engine._parse_template", "changesets._parse_template")
        + _qualify(CLOUDFORMATION, "handlers._parse_template")
        + _qualify(CLOUDFORMATION, "provisioners._provision_resource", "provisioners._update_resource")
        + _qualify(CLOUDFORMATION, "stacks._provision_resource", "stacks._update_resource"),
        read_templates,
    ),
    Patch(
        "Conditions",
        _qualify(CLOUDFORMATION, "engine._evaluate_conditions", "changesets._evaluate_conditions")
        + _qualify(CLOUDFORMATION, "handlers._evaluate_conditions", "stacks._evaluate_conditions")
        + _qualify(CLOUDFORMATION, "changesets._resolve_props_for_diff"),
        evaluate_conditions,
    ),
    Patch(
        "Items in a file",
        _qualify(DYNAMODB, "_tables", "defaultdict", "_txn_idempotency", "_txn_token_store"),
        lambda context: Tables(context.ministack.services.dynamodb, context.spool),
    ),
    Patch(
        "Sizes of tables",
        _qualify(DYNAMODB, "_set_item", "_remove_item", "_update_counts"),
        lambda context: TableSizes(context.ministack.services.dynamodb),
    ),
    Patch("Capacity of calls", (f"{DYNAMODB}.handle_request",), meter_call_capacity),
    Patch(
        "Objects in a file",
        _qualify(S3, "S3_PERSIST", "DATA_DIR", "_buckets", "_object_versions", "_multipart_uploads")
        + _qualify(S3, "_completed_multipart_uploads", "_upload_part", "_upload_part_copy")
        + _qualify(S3, "_version_entry_from_record", "_persist_object", "_persist_delete_marker")
        + _qualify(S3, "_persist_displaced_version", "_read_body", "_version_body", "_delete_version_file")
        + _qualify(S3, "_delete_persisted_object", "_delete_persisted_bucket"),
        lambda context: Objects(context.ministack.services.s3, context.spool, context.objects),
    ),
    Patch(
        "Bounded logs",
        _qualify(LOGS, "_log_groups", "_log_records", "_queries", "_fanout_to_subscription_filters"),
        lambda context: LogEvents(context.ministack.services.cloudwatch_logs, context.spool, context.metrics),
    ),
    Patch(
        "Metrics and alarms",
        _qualify(LAMBDA, "_execute_function_dispatch", "_emit_lambda_metrics")
        + _qualify(CLOUDWATCH, "record_metric", "_evaluate_alarm", "_evaluate_all_alarms")
        + _qualify(CLOUDWATCH, "_describe_alarms", "_describe_alarms_for_metric", "_describe_alarm_history"),
        evaluate_alarms,
    ),
    Patch(
        "Roles of functions",
        (
            *("app.AUTH", "app.pin_request_origin", "core.iam_actions.access_denied_response"),
            *_qualify(IAM, "enforce", "authenticate", "check_credentials", "resolve_principal", "_request_origin"),
            *_qualify(LAMBDA, "_emit_lambda_logs", "execution_credentials"),
            "core.lambda_runtime.execution_credentials",
        ),
        enforce_roles,
    ),
    Patch(
        "Policies",
        _qualify(IAM, "parse_policy_document", "_first_match", "evaluate", "evaluate_resource_policy"),
        lambda context: context.permissions.evaluation.take_over(),
    ),
    Patch(
        "Policies of delivery targets",
        (
            *(f"{SQS}.queue_policy_allows", f"{CLOUDWATCH}._dispatch_alarm_actions", f"{S3}._deliver_event_to_lambda"),
            *_qualify("services.sns", "topic_policy_allows", "_deliver_to_lambda"),
            *("services.apigateway_v1._call_lambda_raw", "services.apigateway._invoke_lambda_proxy"),
            "services.eventbridge._invoke_target",
        ),
        lambda context: context.permissions.check_service_calls(context.ministack),
    ),
)
"""All patches, in the order in which they are applied: a later one may wrap an earlier replacement."""
