"""Applies AWS's rules to MiniStack's event source mappings of SQS queues, and to the filters of all mappings."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from agenticai.emulator.engines.ministack.permissions import Permissions
from agenticai.emulator.engines.ministack.roles import Caller
from agenticai.emulator.http.aws_errors import AwsError, Refused
from agenticai.emulator.queues.mapping_rules import ONLY_OF_STREAMS, SourceMapping, check_mapping

Answer = tuple[int, Any, bytes]
# A mapping as MiniStack stores it, with the names of CreateEventSourceMapping.
MappingRecord = Mapping[str, Any]

# Only updates of these parameters are checked, so that a valid mapping can still be disabled after its function's
# timeout has grown beyond the queue's visibility timeout.
CHECKED = ONLY_OF_STREAMS | {
    *("BatchSize", "MaximumBatchingWindowInSeconds", "FunctionResponseTypes", "FunctionName", "FilterCriteria"),
}


class Mappings:
    """Checks mappings that the API or CloudFormation create or update in MiniStack.

    `resources` are the handlers of CloudFormation resources, by type; `permissions` are those of functions' roles.
    """

    def __init__(
        self, lambda_svc: Any, sqs: Any, resources: Mapping[str, dict[str, Any]], permissions: Permissions
    ) -> None:
        self._permissions = permissions
        self._lambda = lambda_svc
        self._sqs = sqs
        self._create: Callable[[MappingRecord], Answer] = lambda_svc._create_esm
        self._update: Callable[[str, MappingRecord], Answer] = lambda_svc._update_esm
        self._start: Callable[[str, str, str], None] = lambda_svc._init_stream_position
        lambda_svc._create_esm = self._create_checked
        lambda_svc._update_esm = self._update_checked
        lambda_svc._init_stream_position = self._start_checked
        lambda_svc._match_esm_filter = fits
        handlers = resources["AWS::Lambda::EventSourceMapping"]
        handlers["create"] = self._wrap_stack_create(handlers["create"])

    def _wrap_stack_create(self, make: Callable[..., Any]) -> Callable[..., Any]:
        return lambda logical_id, properties, stack: make(logical_id, add_default_batch_size(properties), stack)

    def _create_checked(self, parameters: MappingRecord) -> Answer:
        answer = self._create(add_default_batch_size(parameters))
        if answer[0] >= 400:
            return answer
        try:
            self._check_new(json.loads(answer[2])["UUID"])
        except Refused as refused:
            return self._build_answer(refused)
        return answer

    def _update_checked(self, mapping_id: str, parameters: MappingRecord) -> Answer:
        record = self._lambda._esms.get(mapping_id)
        if record is not None and not CHECKED.isdisjoint(parameters):
            function = {"FunctionName": record["FunctionName"], "Qualifier": record.get("Qualifier")}
            if "FunctionName" in parameters:
                name, qualifier = self._lambda._resolve_request_scoped_name_and_qualifier(parameters["FunctionName"])
                function = {"FunctionName": name, "Qualifier": qualifier}
            try:
                self._check({**record, **parameters, **function})
            except Refused as refused:
                return self._build_answer(refused)
        return self._update(mapping_id, parameters)

    def _start_checked(self, mapping_id: str, source_arn: str, starting: str) -> None:
        """Check a mapping that CloudFormation has created, of any source; an error fails the resource."""
        if mapping_id in self._lambda._esms:
            self._check_new(mapping_id)
        self._start(mapping_id, source_arn, starting)

    def _check_new(self, mapping_id: str) -> None:
        try:
            self._check(self._lambda._esms[mapping_id])
        except Refused:
            del self._lambda._esms[mapping_id]
            raise

    def _check(self, record: MappingRecord) -> None:
        check_filters(record.get("FilterCriteria"))
        if ":sqs:" in record["EventSourceArn"]:
            check_mapping(self._read_mapping(record))
            self._check_role(record)

    def _check_role(self, record: MappingRecord) -> None:
        _, config = self._lambda._get_func_record_for_qualifier(record["FunctionName"], record.get("Qualifier"))
        if config is None:
            return
        caller = Caller(record["FunctionName"], config["Role"])
        for action in self._permissions.find_denied_polling(caller, record["EventSourceArn"]):
            message = f"The provided execution role does not have permissions to call {action} on SQS"
            raise Refused(AwsError("InvalidParameterValueException", message))

    def _read_mapping(self, record: MappingRecord) -> SourceMapping:
        queue = self._sqs._queue_by_arn(record["EventSourceArn"])
        _, config = self._lambda._get_func_record_for_qualifier(record["FunctionName"], record.get("Qualifier"))
        return SourceMapping(
            queue_arn=record["EventSourceArn"],
            function=record["FunctionName"],
            batch_size=int(record["BatchSize"]),
            window_s=int(record["MaximumBatchingWindowInSeconds"]),
            response_types=record["FunctionResponseTypes"],
            function_timeout_s=int((config or {}).get("Timeout", 0)),
            visibility_timeout_s=int(queue["attributes"]["VisibilityTimeout"]) if queue else None,
            settings=record.keys(),
            same_as=next(
                (other["UUID"] for other in self._lambda._esms.values() if are_duplicates(record, other)), None
            ),
        )

    def _build_answer(self, refused: Refused) -> Answer:
        error = refused.error
        answer: Answer = self._lambda.error_response_json(error.code, error.message, error.status)
        return answer


def add_default_batch_size(parameters: MappingRecord) -> MappingRecord:
    """Return the parameters of a new mapping with AWS's default batch size: 10 for SQS, 100 for other sources.

    See https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html.
    """
    return {"BatchSize": 10 if ":sqs:" in str(parameters.get("EventSourceArn")) else 100, **parameters}


def are_duplicates(one: MappingRecord, other: MappingRecord) -> bool:
    """Return whether two mappings have the same queue and function."""
    return one["UUID"] != other["UUID"] and all(
        one.get(name) == other.get(name) for name in ("EventSourceArn", "FunctionName", "Qualifier")
    )


def check_filters(criteria: Mapping[str, Any] | None) -> None:
    """Check that every pattern of a mapping's FilterCriteria is a valid EventBridge pattern. Raises Refused.

    The rules are those of EventBridge's patterns, which MiniStack implements there. See
    https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html#filtering-syntax.
    """
    from ministack.services import eventbridge

    for each in (criteria or {}).get("Filters") or ():
        if "Pattern" in each and eventbridge._parse_pattern_text(each["Pattern"])[0] is None:
            raise Refused(AwsError("InvalidParameterValueException", "Invalid filter pattern definition."))


def fits(record: Mapping[str, Any], pattern: Mapping[str, Any]) -> bool:
    """Return whether a record matches a filter's pattern, which `check_filters` has accepted."""
    from ministack.services import eventbridge

    return any(eventbridge._matches_detail(record, each) for each in eventbridge._compile_pattern(pattern))
