"""The patch set: which private parts of MiniStack are exchanged, and in which release they were last looked at.

`docs/engine-patches.md` says of each patch what it mends and what MiniStack itself could do. For a new release
`tests/emulator/test_engine_patches.py` tells which parts are no longer as they were.
"""

from dataclasses import dataclass
from typing import Final

RELEASE: Final = "1.5.33"


@dataclass(frozen=True)
class Patch:
    """What is exchanged together; each part is an attribute of a module below `ministack`, or an entry of one."""

    name: str
    parts: tuple[str, ...]


def _parts(module: str, *names: str) -> tuple[str, ...]:
    return tuple(f"{module}.{name}" for name in names)


LAMBDA: Final = "services.lambda_svc"
SQS: Final = "services.sqs"
S3: Final = "services.s3"
DYNAMODB: Final = "services.dynamodb"
LOGS: Final = "services.cloudwatch_logs"
CLOUDFORMATION: Final = "services.cloudformation"

PATCHES: Final = (
    Patch("Bounded inflation", ("app._dispatch_service_request",)),
    Patch(
        "Execution environments",
        (
            "core.lambda_runtime._worker_class_for",
            *_parts(LAMBDA, "acquire_worker", "_execute_function", "_execute_function_warm"),
        ),
    ),
    Patch(
        "Stepped delivery",
        _parts(LAMBDA, "_poll_sqs", "_iter_all_esms", "_sqs_esm_concurrency", "_dispatch_esm_batch"),
    ),
    Patch(
        "Rules of queues",
        _parts(SQS, "_HANDLERS", "_queues_lock", "_collect_fifo", "_receive_messages_for_esm")
        + _parts(SQS, "_validate_redrive_policy"),
    ),
    Patch("Long queues", _parts(SQS, "_collect_msgs", "_dlq_sweep", "_expire_retained")),
    Patch(
        "Rules of event source mappings",
        _parts(LAMBDA, "_create_esm", "_update_esm", "_init_stream_position", "_match_esm_filter")
        + _parts(CLOUDFORMATION, "provisioners._RESOURCE_HANDLERS", "changesets._RESOURCE_HANDLERS"),
    ),
    Patch("Metered polls and whole records", (*_parts(LAMBDA, "_run_sqs_batch"), f"{SQS}._delete_messages_for_esm")),
    Patch("Bounded bundles", _parts(LAMBDA, "_functions", "_reject_unreadable_zip")),
    Patch("Variables are text", _parts(LAMBDA, "_create_function", "_update_config")),
    Patch(
        "Signed links",
        _parts(S3, "_verify_presigned_sigv4", "resolve_credential", "calculate_signature", "signatures_match"),
    ),
    Patch(
        "Types in templates",
        _parts(CLOUDFORMATION, "engine.CfnLoader", "engine._parse_template", "changesets._parse_template")
        + _parts(CLOUDFORMATION, "handlers._parse_template")
        + _parts(CLOUDFORMATION, "provisioners._provision_resource", "provisioners._update_resource")
        + _parts(CLOUDFORMATION, "stacks._provision_resource", "stacks._update_resource"),
    ),
    Patch("Items in a file", _parts(DYNAMODB, "_tables", "defaultdict", "_txn_idempotency", "_txn_token_store")),
    Patch(
        "Objects in a file",
        _parts(S3, "S3_PERSIST", "DATA_DIR", "_buckets", "_object_versions", "_multipart_uploads")
        + _parts(S3, "_completed_multipart_uploads", "_upload_part", "_upload_part_copy")
        + _parts(S3, "_version_entry_from_record", "_persist_object", "_persist_delete_marker")
        + _parts(S3, "_persist_displaced_version", "_read_body", "_version_body", "_delete_version_file")
        + _parts(S3, "_delete_persisted_object", "_delete_persisted_bucket"),
    ),
    Patch("Bounded logs", _parts(LOGS, "_log_groups", "_log_records", "_queries", "_fanout_to_subscription_filters")),
)
