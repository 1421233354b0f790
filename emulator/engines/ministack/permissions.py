"""The permissions of functions: each of their calls is checked against the policies of their role."""

import uuid
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agenticai.emulator.core.permission_records import PermissionReport
from agenticai.emulator.engines.ministack.permission_book import PermissionBook
from agenticai.emulator.engines.ministack.policy_evaluation import DenialReason, PolicyEvaluation
from agenticai.emulator.engines.ministack.roles import Caller, Roles
from agenticai.emulator.engines.ministack.service_calls import ServiceCalls, describe_denial
from agenticai.emulator.http.aws_errors import AwsError, build_error_answer
from agenticai.emulator.http.json_bodies import answer_with
from agenticai.emulator.http.request import Request as HttpRequest
from agenticai.emulator.http.request import read_request

PATH: Final = "/permissions"

POLLING: Final = ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
"""The actions of an event source mapping on its queue, which the function's role has to allow.

See https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html#events-sqs-permissions.
"""

WRITING: Final = ("logs:CreateLogStream", "logs:PutLogEvents")
"""The actions of Lambda on a function's log, which the function's role has to allow."""

WORDING: Final = {
    "boundary": (
        ("in an identity-based policy", "in a permissions boundary"),
        ("no identity-based policy allows", "no permissions boundary allows"),
    ),
    "resource": (("no identity-based policy allows", "no resource-based policy allows"),),
}
"""How AWS words a refusal that was not decided by the policies of the role."""

OF_AN_ACCOUNT: Final = {
    "dynamodb:ListTables": "arn:aws:dynamodb:{region}:{account}:table/*",
    "s3:ListAllMyBuckets": "arn:aws:s3:::*",
    "sqs:ListQueues": "arn:aws:sqs:{region}:{account}:*",
    "ssm:DescribeParameters": "arn:aws:ssm:{region}:{account}:*",
}
"""The resources that AWS checks for actions that name none, as its refusals say; for all others it checks `*`."""


class Permissions:
    """Checks the calls of functions against their roles, and records what they used and were denied.

    `caller_of` returns the function that a call's session token belongs to; None for a client's. A function whose role
    is not in IAM may do everything. Unless `enforced`, a denial is only recorded.
    """

    def __init__(self, caller_of: Callable[[str], Caller | None], *, enforced: bool) -> None:
        from ministack.core import iam_evaluator
        from ministack.services import iam, lambda_svc

        self._evaluator: Any = iam_evaluator
        self._lambda: Any = lambda_svc
        self._roles = Roles(iam_evaluator, iam)
        self._book = PermissionBook(self._roles)
        self.evaluation = PolicyEvaluation(iam_evaluator)
        self._denial_reason: ContextVar[DenialReason | None] = ContextVar("because", default=None)
        self._find_caller = caller_of
        self._enforced = enforced
        self._current_caller: ContextVar[Caller | None] = ContextVar("calling", default=None)

    def take_over(self, ministack: Any) -> None:
        """Have MiniStack check the calls of functions, and no others, against these roles.

        They count as made over TLS, as on AWS, so that policies that require TLS allow them.
        """
        app, actions = ministack.app, ministack.core.iam_actions
        app.AUTH = Authorised(self._current_caller)
        app.pin_request_origin = lambda ip, _: self._evaluator.pin_request_origin(ip, True)
        self._evaluator._request_origin = ContextVar("origin", default=("127.0.0.1", True))
        self._evaluator.authenticate = lambda *_: None
        self._evaluator.check_credentials = lambda *_: None
        self._evaluator.resolve_principal = self._resolve_principal
        self._enforce = self._evaluator.enforce
        self._evaluator.enforce = self._check_call
        self._answer, self._format_denial = actions.access_denied_response, actions.identity_denial_message
        self._current_region = ministack.core.responses.get_region
        actions.access_denied_response = self._answer_denied
        self._emit = self._lambda._emit_lambda_logs
        self._lambda._emit_lambda_logs = self._write_log

    def check_service_calls(self, ministack: Any) -> None:
        """Have AWS services do only what the policies of queues, topics and functions allow."""
        services = ServiceCalls(self._evaluator, self.evaluation, self._book, self._roles, enforced=self._enforced)
        services.take_over(ministack)

    def wrap(self, app: ASGIApp) -> ASGIApp:
        """Return the step of the gateway that finds out which function made a request."""

        async def identify_caller(scope: Scope, receive: Receive, send: Send) -> None:
            token = read_request(scope).session_token if scope["type"] == "http" else None
            caller = self._find_caller(token) if token else None
            if caller is None or not self._roles.knows(caller):
                await app(scope, receive, send)
                return
            reset_token = self._current_caller.set(caller)
            try:
                await app(scope, receive, self._hide_missing(caller, read_request(scope), send))
            finally:
                self._current_caller.reset(reset_token)

        return identify_caller

    def _hide_missing(self, caller: Caller, request: HttpRequest, send: Send) -> Send:
        """Return a `send` that turns 404 for an object into 403 if the caller may not list the bucket.

        See https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html.
        """
        bucket, _, key = request.path.strip("/").partition("/")
        if request.service != "s3" or request.method not in {"GET", "HEAD"} or not key:
            return send
        hidden = False

        async def send_unless_hidden(message: Message) -> None:
            nonlocal hidden
            if message["type"] == "http.response.start" and message["status"] == 404:
                hidden = not self.allows(caller, "s3:ListBucket", f"arn:aws:s3:::{bucket}")
                if hidden:
                    refusal = AwsError("AccessDenied", "Access Denied", 403)
                    answer = build_error_answer(refusal, request, "s3", str(uuid.uuid4()))
                    await answer({"type": "http", "method": request.method}, _receive_disconnect, send)
            if not hidden:
                await send(message)

        return send_unless_hidden

    def find_denied_polling(self, caller: Caller, queue_arn: str) -> Iterator[str]:
        """Yield the actions of an event source mapping on a queue that the function's role does not allow."""
        return (action for action in POLLING if not self.allows(caller, f"sqs:{action}", queue_arn))

    def allows(self, caller: Caller, action: str, resource: str) -> bool:
        """Return whether a function's role allows an action, and record it."""
        if not self._roles.knows(caller):
            return True
        reset_token = self._current_caller.set(caller)
        try:
            service, region = action.partition(":")[0], self._current_region()
            return self._check_call("", action, service, region, resource) is None
        finally:
            self._current_caller.reset(reset_token)

    def list_routes(self) -> list[Route]:
        """Return the route of the control API that returns the report."""

        async def read_report(_: Request) -> Response:
            return answer_with(self.report())

        return [Route(PATH, read_report, methods=["GET"])]

    def report(self) -> PermissionReport:
        """Return what the role of each deployed function grants, what of it was used, and what was denied."""
        deployed = [record["config"] for record in list(self._lambda._functions._data.values())]
        callers = [Caller(config["FunctionName"], config["Role"]) for config in deployed]
        return self._book.report(sorted(callers, key=lambda caller: caller.function), enforced=self._enforced)

    def _resolve_principal(self, *_: Any) -> Any:
        """Return the calling function; replaces `resolve_principal`."""
        caller = self._current_caller.get()
        assert caller  # noqa: S101 - nothing else is checked
        return self._evaluator.PrincipalInfo(
            arn=caller.arn,
            type="AssumedRole",
            account=caller.account,
            policies=self._roles.list_statements(caller),
            keys={**self._roles.build_condition_keys(caller), "lambda:sourcefunctionarn": self._build_arn(caller)},
            limits=self._roles.list_limits(caller),
        )

    def _check_call(
        self, key: str, action: str, service: str, region: str, resource_arn: str = "*", service_context: Any = None
    ) -> Any:
        """Check a call, and record the result; replaces `enforce`."""
        caller = self._current_caller.get()
        if caller is None:
            return None
        resource = _find_resource(action, resource_arn, region, caller.account)
        self.evaluation.latest.set(None)
        denial = self._enforce(key, action, service, region, resource, service_context)
        if denial is None:
            call = self.evaluation.latest.get()
            if call:  # AWS allows some calls without a look at policies
                self._book.record_use(caller, call)
            return None
        reason = getattr(denial, "because", DenialReason("resource"))
        self._denial_reason.set(reason)
        self._book.record_denial(caller.function, caller.role_name, describe_denial(reason, action, resource))
        return denial if self._enforced else None

    def _build_arn(self, caller: Caller) -> str:
        """Return the ARN of a function, as services that it calls see it."""
        region, account = self._current_region(), caller.account
        return f"arn:aws:lambda:{region}:{account}:function:{caller.function}"

    def _answer_denied(self, service: str, action: str, principal: str, request_id: str, **details: Any) -> Any:
        """Answer with the resource in the message, as AWS does; replaces `access_denied_response`."""
        if not details.get("message") and not details.get("resource_policy_arn"):
            resource = _find_resource(
                action, details.get("resource_arn", "*"), self._current_region(), principal.split(":")[4]
            )
            message = self._format_denial(action, principal, resource, details.get("explicit_deny", False))
            reason = self._denial_reason.get()
            for original, replacement in WORDING.get(reason.layer if reason else "role", ()):
                message = message.replace(original, replacement)
            details |= {"message": message, "resource_arn": resource}
        return self._answer(service, action, principal, request_id, **details)

    def _write_log(self, function: Mapping[str, Any], *args: Any, **kwargs: Any) -> Any:
        """Write a function's log if its role allows that; replaces `_emit_lambda_logs`."""
        config = function.get("config") or function
        caller = Caller(config["FunctionName"], config["Role"])
        group = (config.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{caller.function}"
        region = config["FunctionArn"].split(":")[3]
        streams = f"arn:aws:logs:{region}:{caller.account}:log-group:{group}:log-stream:*"
        denied = [action for action in WRITING if not self.allows(caller, action, streams)]
        return None if denied else self._emit(function, *args, **kwargs)


class Authorised:
    """Replaces MiniStack's AUTH: true while a function's call is answered, so that calls of clients are not checked."""

    def __init__(self, calling: ContextVar[Caller | None]) -> None:
        self._current_caller = calling

    def __bool__(self) -> bool:
        return self._current_caller.get() is not None


def _find_resource(action: str, resource: str, region: str, account: str) -> str:
    """Return the resource that AWS checks for an action."""
    return OF_AN_ACCOUNT[action].format(region=region, account=account) if action in OF_AN_ACCOUNT else resource


async def _receive_disconnect() -> Message:
    return {"type": "http.disconnect"}
