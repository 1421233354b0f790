"""Finds names in a template that existing resources already have, by asking their services."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from agenticai.stack.target import Target
    from agenticai.stack.template import Template


def find_taken(target: Target, template: Template, values: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Yield each resource whose name is already taken: its logical id, its type and the name.

    `values` are those of parameters and pseudo parameters. Raises botocore's errors.
    """
    for logical_id, resource in template.document["Resources"].items():
        resource_type = resource.get("Type", "")
        if resource_type in _NAMED:
            property_name, exists = _NAMED[resource_type]
            name = _resolve((resource.get("Properties") or {}).get(property_name), values)
            if name and exists(target, name):
                yield logical_id, resource_type, name


def _resolve(name: object, values: Mapping[str, str]) -> str:
    """Return a name with parameters replaced by their values; empty if it contains anything else."""
    match name:
        case {"Fn::Sub": str(text)}:
            for key, value in values.items():
                text = text.replace(f"${{{key}}}", value)
            return "" if "${" in text else text
        case str(text):
            return text
    return ""


def _answers(ask: Callable[[], object], *absent: str) -> bool:
    try:
        ask()
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in absent:
            return False
        if code in {"403", "AccessDenied", "AccessDeniedException"}:
            return code == "403"  # another account's bucket; other errors prove nothing
        raise
    return True


def _is_log_group(target: Target, name: str) -> bool:
    groups = target.client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    return any(group["logGroupName"] == name for group in groups)


_NAMED: Final[Mapping[str, tuple[str, Callable[[Target, str], bool]]]] = {
    "AWS::S3::Bucket": (
        "BucketName",
        lambda target, name: _answers(lambda: target.client("s3").head_bucket(Bucket=name), "404", "NoSuchBucket"),
    ),
    "AWS::DynamoDB::Table": (
        "TableName",
        lambda target, name: _answers(
            lambda: target.client("dynamodb").describe_table(TableName=name), "ResourceNotFoundException"
        ),
    ),
    "AWS::SQS::Queue": (
        "QueueName",
        lambda target, name: _answers(
            lambda: target.client("sqs").get_queue_url(QueueName=name),
            "AWS.SimpleQueueService.NonExistentQueue",
            "QueueDoesNotExist",
        ),
    ),
    "AWS::Logs::LogGroup": ("LogGroupName", _is_log_group),
    "AWS::Serverless::Function": (
        "FunctionName",
        lambda target, name: _answers(
            lambda: target.client("lambda").get_function_configuration(FunctionName=name), "ResourceNotFoundException"
        ),
    ),
}
"""The property with a resource's name, and the function that checks whether the name exists."""
