"""Enforces the policies of queues, topics and functions on deliveries by AWS services."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from agenticai.emulator.core.permission_records import Denial
from agenticai.emulator.engines.ministack.permission_book import PermissionBook
from agenticai.emulator.engines.ministack.policy_evaluation import DenialReason, PolicyEvaluation
from agenticai.emulator.engines.ministack.roles import Caller, Roles

GATEWAY: Final = "apigateway.amazonaws.com"
EVENTS: Final = "events.amazonaws.com"
STORAGE: Final = "s3.amazonaws.com"
TOPICS: Final = "sns.amazonaws.com"
ALARMS: Final = "cloudwatch.amazonaws.com"
ACTIONS: Final = {"ALARM": "AlarmActions", "OK": "OKActions", "INSUFFICIENT_DATA": "InsufficientDataActions"}

# MiniStack's records are dictionaries.
Record = Mapping[str, Any]


class ServiceCalls:
    """Checks the policy of a delivery's target; a denied delivery is recorded and dropped.

    A function whose role is not in IAM accepts all deliveries, as it may also do everything.
    """

    def __init__(
        self, evaluator: Any, evaluation: PolicyEvaluation, book: PermissionBook, roles: Roles, *, enforced: bool
    ) -> None:
        self._evaluator = evaluator
        self._evaluation = evaluation
        self._book = book
        self._roles = roles
        self._enforced = enforced

    def take_over(self, ministack: Any) -> None:
        """Add the check to MiniStack's deliveries; it checks only those to queues and topics that a function causes."""
        self._get_scope: Callable[[], tuple[str, str]] = lambda: (
            ministack.core.responses.get_region(),
            ministack.core.responses.get_account_id(),
        )
        services = ministack.services
        self._sqs, self._sns, self._lambda = services.sqs, services.sns, services.lambda_svc
        services.sqs.queue_policy_allows = self._allows_queue
        services.sns.topic_policy_allows = self._allows_topic
        services.cloudwatch._dispatch_alarm_actions = self._check_alarm(services.cloudwatch._dispatch_alarm_actions)
        services.apigateway_v1._call_lambda_raw = self._check_rest_api(services.apigateway_v1._call_lambda_raw)
        services.apigateway._invoke_lambda_proxy = self._check_http_api(services.apigateway._invoke_lambda_proxy)
        services.eventbridge._invoke_target = self._check_rule(services.eventbridge._invoke_target)
        services.sns._deliver_to_lambda = self._check_topic(services.sns._deliver_to_lambda)
        services.s3._deliver_event_to_lambda = self._check_bucket(services.s3._deliver_event_to_lambda)

    def _allows_queue(self, arn: str, service: str, source: str, account: str) -> bool:
        found = self._sqs.queue_policy_for_arn(arn)
        return found is None or self._allows(service, "sqs:SendMessage", arn, found[0], source, account)

    def _allows_topic(self, arn: str, service: str, source: str, account: str) -> bool:
        found = self._sns.topic_policy_for_arn(arn)
        return found is None or self._allows(service, "sns:Publish", arn, found[0], source, account)

    def _allows_function(self, arn: str, service: str, source: str, account: str) -> bool:
        function, config, _ = self._lambda._get_func_record_for_ref(arn)
        if not function or not self._roles.knows(Caller(config["FunctionName"], config["Role"])):
            return True
        function_arn = arn if arn.startswith("arn:") else self._lambda._func_arn(arn)
        policy = self._lambda._functions[config["FunctionName"]]["policy"]  # a version's own record lacks it
        return self._allows(service, "lambda:InvokeFunction", function_arn, policy, source, account)

    def _allows(self, service: str, action: str, arn: str, policy: object, source: str, account: str) -> bool:
        """Check, and record, whether a policy allows an action to a service on behalf of an account's resource."""
        context = self._evaluator.EvalContext(
            principal_arn="*",
            principal_type="Service",
            principal_account="",
            action=action,
            resource_arn=arn,
            region=self._get_scope()[0],
            secure_transport=True,
            service_context={
                "aws:sourcearn": source,
                "aws:sourceaccount": account,
                "aws:sourceowner": account,
                "aws:principalisawsservice": "true",
                "aws:principalservicename": service,
            },
        )
        result = self._evaluator.evaluate_resource_policy(policy, context, service=service)
        if result.decision == "Allow":
            self._book.record_service_use(service, self._evaluation.build_call(context))
            return True
        self._book.record_denial(service, "", describe_denial(result.because, action, arn, service))
        return not self._enforced

    def _check_alarm(self, dispatch: Callable[..., Any]) -> Callable[..., Any]:
        def dispatch_allowed(alarm: Record, old: str, new: str, reason: str) -> Any:
            name, source = ACTIONS[new], alarm.get("AlarmArn", "")
            allowed = [arn for arn in alarm.get(name) or () if self._allows_action(arn, source)]
            return dispatch({**alarm, name: allowed}, old, new, reason)

        return dispatch_allowed

    def _allows_action(self, arn: str, source: str) -> bool:
        return _parse_service(arn) != "sns" or self._allows_topic(arn, ALARMS, source, self._get_scope()[1])

    def _check_rest_api(self, invoke: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def invoke_allowed(function: str, event: Record, **owner: Any) -> Any:
            context = event["requestContext"]
            route = f"{context['apiId']}/{context['stage']}/{context['httpMethod']}{context['resourcePath']}"
            if not self._allows_gateway(function, route):
                return None, "Invalid permissions on Lambda function"
            return await invoke(function, event, **owner)

        return invoke_allowed

    def _check_http_api(self, invoke: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def invoke_allowed(
            integration: Record, api: str, stage: str, path: str, method: str, *args: Any, **kwargs: Any
        ) -> Any:
            function = integration.get("integrationUri", "")
            function = function.partition("/functions/")[2].removesuffix("/invocations") or function
            key = kwargs.get("route_key") or (args[3] if len(args) > 3 else "$default")
            route = key if key.startswith("$") else f"{method}{key.partition(' ')[2]}"
            if not self._allows_gateway(function, f"{api}/{stage}/{route}"):
                return 500, {"Content-Type": "application/json"}, b'{"message": "Internal Server Error"}'
            return await invoke(integration, api, stage, path, method, *args, **kwargs)

        return invoke_allowed

    def _allows_gateway(self, function: str, route: str) -> bool:
        region, account = self._get_scope()
        return self._allows_function(function, GATEWAY, f"arn:aws:execute-api:{region}:{account}:{route}", account)

    def _check_rule(self, deliver: Callable[..., Any]) -> Callable[..., Any]:
        def deliver_allowed(target: Record, event: Record, rule: Record, *args: Any) -> Any:
            _, account = self._get_scope()
            arn = target.get("Arn", "")
            checks = {"lambda": self._allows_function, "sqs": self._allows_queue, "sns": self._allows_topic}
            check = None if target.get("RoleArn") else checks.get(_parse_service(arn))
            if check is None or check(arn, EVENTS, rule.get("Arn", ""), account):
                return deliver(target, event, rule, *args)
            return None

        return deliver_allowed

    def _check_topic(self, deliver: Callable[..., Any]) -> Callable[..., Any]:
        def deliver_allowed(function: str, envelope: str, topic: str, *args: Any) -> Any:
            if self._allows_function(function, TOPICS, topic, self._get_scope()[1]):
                return deliver(function, envelope, topic, *args)
            return None

        return deliver_allowed

    def _check_bucket(self, deliver: Callable[..., Any]) -> Callable[..., Any]:
        def deliver_allowed(function: str, event: Record, *args: Any) -> Any:
            bucket = event["Records"][0]["s3"]["bucket"]["arn"] if event.get("Records") else ""
            if self._allows_function(function, STORAGE, bucket, self._get_scope()[1]):
                return deliver(function, event, *args)
            return None

        return deliver_allowed


def describe_denial(reason: DenialReason, action: str, resource: str, service: str = "") -> Denial:
    """Return the record of a denial."""
    return Denial(
        action=action,
        resource=resource,
        times=1,
        explicitly=reason.statement is not None,
        statement=reason.statement.name if reason.statement else "",
        lacks=reason.layer,
        service=service,
    )


def _parse_service(arn: str) -> str:
    return "".join(arn.split(":")[2:3])
