"""What functions may do: each of their calls is held to the policies of their role, by MiniStack's own evaluator."""

import functools
import json
import logging
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agenticai.emulator.core.permission_records import Denial, FunctionPermissions, Grant, PermissionReport
from agenticai.emulator.http.aws_errors import AwsError, error_answer
from agenticai.emulator.http.json_bodies import answer_with
from agenticai.emulator.http.request import Request as HttpRequest
from agenticai.emulator.http.request import read_request

PATH: Final = "/permissions"
MOST_DENIALS: Final = 1_000
"""Different denials that are kept; more say nothing new."""

CACHED: Final = 4_096
"""Policies that stay parsed, and calls whose grants stay known."""

POLLING: Final = ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
"""What an event source mapping does with a queue in the name of its function's role.

See https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html#events-sqs-permissions.
"""
OF_AN_ACCOUNT: Final = {
    "dynamodb:ListTables": "arn:aws:dynamodb:{region}:{account}:table/*",
    "s3:ListAllMyBuckets": "arn:aws:s3:::*",
    "sqs:ListQueues": "arn:aws:sqs:{region}:{account}:*",
    "ssm:DescribeParameters": "arn:aws:ssm:{region}:{account}:*",
}
"""What AWS holds actions to that name no resource, as its refusals say; all others are held to `*`."""

WRITING: Final = ("logs:CreateLogStream", "logs:PutLogEvents")
"""What Lambda does with a function's log in the name of its role."""

logger = logging.getLogger("agenticai.permissions")


@dataclass(frozen=True)
class Caller:
    """A function that calls AWS, and the ARN of its role."""

    function: str
    role: str

    @property
    def account(self) -> str:
        """The account of its role."""
        return self.role.split(":")[4]

    @property
    def role_name(self) -> str:
        """The role's name, without its path."""
        return self.role.rpartition("/")[2]

    @property
    def arn(self) -> str:
        """The ARN that it calls by: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html."""
        partition = self.role.split(":")[1]
        return f"arn:{partition}:sts::{self.account}:assumed-role/{self.role_name}/{self.function}"


@dataclass(frozen=True)
class Policy:
    """One policy of a role: its name and its JSON."""

    name: str
    text: str


class Permissions:
    """Holds functions to their roles, and remembers what they used and what they were denied.

    `role_of` returns the ARN of a function's role by the session token of a call; None for a client's. A role that is
    not in IAM says nothing, so a function that names one may do everything.
    """

    def __init__(self, caller_of: Callable[[str], Caller | None], *, enforced: bool) -> None:
        from ministack.core import iam_evaluator
        from ministack.services import iam, lambda_svc

        self._evaluator: Any = iam_evaluator
        self._iam: Any = iam
        self._lambda: Any = lambda_svc
        self._caller_of = caller_of
        self._enforced = enforced
        self._calling: ContextVar[Caller | None] = ContextVar("calling", default=None)
        self._used: dict[tuple[str, str, str, str], Counter[str]] = defaultdict(Counter)
        self._denied: Counter[tuple[str, str, str, bool]] = Counter()
        self._statements = functools.lru_cache(CACHED)(self._evaluator.parse_policy_document)
        self._grants = functools.lru_cache(CACHED)(self._find_grants)

    def exchange(self, ministack: Any) -> None:
        """Have MiniStack check the calls of functions, and no others', by these roles.

        It is as if these came by TLS, as on AWS: policies that refuse what does not are of no concern here.
        """
        app = ministack.app
        self._original = self._evaluator.enforce
        app.AUTH = _Authorised(self._calling)
        app.pin_request_origin = lambda ip, _: self._evaluator.pin_request_origin(ip, True)
        self._evaluator._request_origin = ContextVar("origin", default=("127.0.0.1", True))
        self._answer = ministack.core.iam_actions.access_denied_response
        self._worded = ministack.core.iam_actions.identity_denial_message
        self._current_region = ministack.core.responses.get_region
        ministack.core.iam_actions.access_denied_response = self._answer_denied
        self._evaluator.enforce = self._check_call
        self._evaluator.authenticate = lambda *_: None
        self._evaluator.check_credentials = lambda *_: None
        self._evaluator.resolve_principal = self._principal
        self._emit = self._lambda._emit_lambda_logs
        self._lambda._emit_lambda_logs = self._write_log

    def step(self, app: ASGIApp) -> ASGIApp:
        """Return the step that knows which function a request is of, before the engine."""

        async def known(scope: Scope, receive: Receive, send: Send) -> None:
            token = read_request(scope).session_token if scope["type"] == "http" else None
            caller = self._caller_of(token) if token else None
            if caller is None or self._role(caller) is None:
                await app(scope, receive, send)
                return
            reset = self._calling.set(caller)
            try:
                await app(scope, receive, self._hiding(caller, read_request(scope), send))
            finally:
                self._calling.reset(reset)

        return known

    def _hiding(self, caller: Caller, request: HttpRequest, send: Send) -> Send:
        """Return what sends an answer, but not whether an object is there to who may not list its bucket.

        See https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html.
        """
        bucket, _, key = request.path.strip("/").partition("/")
        if request.service != "s3" or request.method not in {"GET", "HEAD"} or not key:
            return send
        hidden = False

        async def sent(message: Message) -> None:
            nonlocal hidden
            if message["type"] == "http.response.start" and message["status"] == 404:
                hidden = not self.allows(caller, "s3:ListBucket", f"arn:aws:s3:::{bucket}")
                if hidden:
                    refusal = AwsError("AccessDenied", "Access Denied", 403)
                    answer = error_answer(refusal, request, "s3", str(uuid.uuid4()))
                    await answer({"type": "http", "method": request.method}, _nothing, send)
            if not hidden:
                await send(message)

        return sent

    def denied_polling(self, caller: Caller, queue_arn: str) -> Iterator[str]:
        """Yield what an event source mapping would do with a queue and the function's role does not allow."""
        if self._role(caller) is not None:
            yield from (action for action in POLLING if not self.allows(caller, f"sqs:{action}", queue_arn))

    def allows(self, caller: Caller, action: str, resource: str) -> bool:
        """Return whether AWS may do this in the name of a function's role, and remember it."""
        if self._role(caller) is None:
            return True
        reset = self._calling.set(caller)
        try:
            return self._check_call("", action, action.partition(":")[0], self._region(resource), resource) is None
        finally:
            self._calling.reset(reset)

    def routes(self) -> list[Route]:
        """Return the route of the control API that tells of it."""

        async def permissions(_: Request) -> Response:
            return answer_with(self.report())

        return [Route(PATH, permissions, methods=["GET"])]

    def report(self) -> PermissionReport:
        """Return what each deployed function's role grants, what was used of it, and what was denied."""
        deployed = sorted(
            (record["config"] for record in list(self._lambda._functions._data.values())),
            key=lambda config: str(config["FunctionName"]),
        )
        callers = [Caller(config["FunctionName"], config["Role"]) for config in deployed]
        known = [caller for caller in callers if self._role(caller) is not None]
        return PermissionReport(enforced=self._enforced, functions=tuple(map(self._of_function, known)))

    def _of_function(self, caller: Caller) -> FunctionPermissions:
        grants = [
            Grant(policy=policy.name, action=action, resource=resource, used=dict(self._used.get(key, {})))
            for policy in self._policies(caller)
            for statement in self._statements(policy.text)
            if statement.effect == "Allow"
            for action in statement.actions
            for resource in statement.resources
            for key in [(caller.function, policy.name, action, resource)]
        ]
        denials = [
            Denial(action=action, resource=resource, times=times, explicitly=explicitly)
            for (function, action, resource, explicitly), times in sorted(self._denied.items())
            if function == caller.function
        ]
        return FunctionPermissions(
            function=caller.function, role=caller.role_name, grants=tuple(grants), denials=tuple(denials)
        )

    def _role(self, caller: Caller) -> Mapping[str, Any] | None:
        role: Mapping[str, Any] | None = self._iam._roles.get_scoped(caller.account, None, caller.role_name)
        return role

    def _policies(self, caller: Caller) -> tuple[Policy, ...]:
        role = self._role(caller) or {}
        managed = {
            arn.rpartition("/")[2]: self._evaluator._resolve_managed_policy_document(arn, caller.account)
            for arn in role.get("AttachedPolicies", ())
        }
        documents = {**(role.get("InlinePolicies") or {}), **managed}
        return tuple(
            Policy(name, document if isinstance(document, str) else json.dumps(document))
            for name, document in documents.items()
            if document
        )

    def _principal(self, *_: Any) -> Any:
        """Return, in the place of `resolve_principal`, the function that calls."""
        caller = self._calling.get()
        assert caller  # noqa: S101 - nothing else is checked
        return self._evaluator.PrincipalInfo(
            arn=caller.arn,
            type="AssumedRole",
            account=caller.account,
            policies=[self._statements(policy.text) for policy in self._policies(caller)],
            limits=self._evaluator._permissions_boundary(self._iam._roles, caller.role_name, caller.account),
        )

    def _check_call(self, key: str, action: str, service: str, region: str, resource: str = "*", **more: Any) -> Any:
        """Check, in the place of `enforce`, and remember."""
        resource = more.pop("resource_arn", resource)
        caller = self._calling.get()
        if caller is None:
            return None
        resource = _held_to(action, resource, region, caller.account)
        denied = self._original(key, action, service, region, resource_arn=resource, **more)
        if denied is None:
            self._note_use(caller, action, resource)
            return None
        self._note_denial(caller, action, resource, explicitly=denied.decision == "Deny")
        return denied if self._enforced else None

    def _answer_denied(self, service: str, action: str, principal: str, request_id: str, **how: Any) -> Any:
        """Answer, in the place of `access_denied_response`, with the resource in the message, as AWS does."""
        if not how.get("message") and not how.get("resource_policy_arn"):
            resource = _held_to(action, how.get("resource_arn", "*"), self._current_region(), principal.split(":")[4])
            message = self._worded(action, principal, resource, how.get("explicit_deny", False))
            how |= {"message": message, "resource_arn": resource}
        return self._answer(service, action, principal, request_id, **how)

    def _note_use(self, caller: Caller, action: str, resource: str) -> None:
        for grant in self._grants(self._policies(caller), action, resource):
            self._used[caller.function, *grant][action] += 1

    def _find_grants(self, policies: tuple[Policy, ...], action: str, resource: str) -> list[tuple[str, str, str]]:
        """Return what allows an action on a resource: policies, with the action and resource that they name."""
        matches_action, matches_resource = self._evaluator._action_matches, self._evaluator._resource_matches
        return [
            (policy.name, named, arn)
            for policy in policies
            for statement in self._statements(policy.text)
            if statement.effect == "Allow"
            for named in statement.actions
            if matches_action(action, [named], [])
            for arn in statement.resources
            if matches_resource(resource, [arn], [])
        ]

    def _note_denial(self, caller: Caller, action: str, resource: str, *, explicitly: bool) -> None:
        key = (caller.function, action, resource, explicitly)
        if key not in self._denied and len(self._denied) >= MOST_DENIALS:
            return
        self._denied[key] += 1
        if self._denied[key] == 1:
            remedy = _remedy(caller, action, resource, explicitly)
            logger.warning("%s may not %s on %s: %s", caller.function, action, resource, remedy)

    def _write_log(self, function: Mapping[str, Any], *rest: Any, **named: Any) -> Any:
        """Write a function's log, in the place of `_emit_lambda_logs`, if its role lets Lambda do so."""
        config = function.get("config") or function
        caller = Caller(config["FunctionName"], config.get("Role", "::::"))
        group = (config.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{caller.function}"
        region = config["FunctionArn"].split(":")[3]
        streams = f"arn:aws:logs:{region}:{caller.account}:log-group:{group}:log-stream:*"
        denied = [action for action in WRITING if not self.allows(caller, action, streams)]
        return None if denied else self._emit(function, *rest, **named)

    @staticmethod
    def _region(resource: str) -> str:
        return (resource.split(":") + [""] * 4)[3]


async def _nothing() -> Message:
    return {"type": "http.disconnect"}


class _Authorised:
    """Stands in the place of MiniStack's AUTH: true while a function's call is answered, so that clients' are not."""

    def __init__(self, calling: ContextVar[Caller | None]) -> None:
        self._calling = calling

    def __bool__(self) -> bool:
        return self._calling.get() is not None


def _held_to(action: str, resource: str, region: str, account: str) -> str:
    """Return the resource that AWS holds an action to."""
    return OF_AN_ACCOUNT[action].format(region=region, account=account) if action in OF_AN_ACCOUNT else resource


def _remedy(caller: Caller, action: str, resource: str, explicitly: bool) -> str:
    if explicitly:
        return "a statement denies it"
    return f'its role {caller.role_name} lacks {{"Effect": "Allow", "Action": "{action}", "Resource": "{resource}"}}'
