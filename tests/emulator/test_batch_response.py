"""AWS's rules for a function's answer to a batch of SQS messages, one by one.

See "Success and failure conditions" in https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html.
"""

import pytest
from pydantic import JsonValue

from agenticai.emulator.engines.batch_response import read_failed_ids

BATCH = ("a", "b", "c")
NONE: set[str] = set()
ALL = set(BATCH)


@pytest.mark.parametrize(
    ("rule", "result"),
    [
        ("an empty batchItemFailures list", {"batchItemFailures": []}),
        ("a null batchItemFailures list", {"batchItemFailures": None}),
        ("an empty response", {}),
        ("an empty response, as text", ""),
        ("a null response", None),
        ("a null response, as text", "null"),
        ("a response that says nothing of the batch", {"statusCode": 200}),
    ],
)
def test_lambda_treats_a_batch_as_a_complete_success(rule: str, result: JsonValue) -> None:
    assert read_failed_ids(result, BATCH) == NONE, rule


@pytest.mark.parametrize(
    ("rule", "result"),
    [
        ("an invalid JSON response", '{"batchItemFailures": ['),
        ("a response that is no object", ["a"]),
        ("a response that is no object, as text", '"done"'),
        ("failures that are no list", {"batchItemFailures": "a"}),
        ("an empty string itemIdentifier", {"batchItemFailures": [{"itemIdentifier": ""}]}),
        ("a null itemIdentifier", {"batchItemFailures": [{"itemIdentifier": None}]}),
        ("an itemIdentifier with a bad key name", {"batchItemFailures": [{"itemId": "a"}]}),
        ("an entry that is no object", {"batchItemFailures": ["a"]}),
        ("an itemIdentifier that is no text", {"batchItemFailures": [{"itemIdentifier": ["a"]}]}),
        ("a message id that does not exist", {"batchItemFailures": [{"itemIdentifier": "z"}]}),
        ("one of several that is bad", {"batchItemFailures": [{"itemIdentifier": "a"}, {"itemIdentifier": None}]}),
    ],
)
def test_lambda_treats_a_batch_as_a_complete_failure(rule: str, result: JsonValue) -> None:
    assert read_failed_ids(result, BATCH) == ALL, rule


@pytest.mark.parametrize("as_text", ['{"batchItemFailures": [{"itemIdentifier": "b"}, {"itemIdentifier": "b"}]}', None])
def test_only_the_messages_that_are_named_come_back(as_text: str | None) -> None:
    named: JsonValue = {"batchItemFailures": [{"itemIdentifier": "b"}]}
    assert read_failed_ids(as_text or named, BATCH) == {"b"}
