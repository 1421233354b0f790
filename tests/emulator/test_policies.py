"""The rules of IAM's policy language, case by case as in AWS's documentation.

See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies.html.
"""

import importlib.util
import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from agenticai.emulator.engines.ministack.policy_evaluation import PolicyEvaluation
from agenticai.emulator.policies.applying import Call, find_first
from agenticai.emulator.policies.statements import parse_policy

VERSION = "2012-10-17"
ACCOUNT = "111122223333"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/app/shop"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/shop/worker"
OTHER = "arn:aws:sts::444455556666:assumed-role/shop/worker"
OBJECT = "arn:aws:s3:::shop/orders/1.json"
QUEUE = f"arn:aws:sqs:eu-west-1:{ACCOUNT}:orders"
TOPIC = f"arn:aws:sns:eu-west-1:{ACCOUNT}:sold"
Keys = Mapping[str, str | Sequence[str]]
Said = dict[str, Any]


def allow(action: str | list[str] = "s3:GetObject", resource: str | list[str] = OBJECT, **more: Any) -> Said:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: str | list[str] = "s3:GetObject", resource: str | list[str] = OBJECT, **more: Any) -> Said:
    return {**allow(action, resource, **more), "Effect": "Deny"}


def when(**conditions: Any) -> Said:
    """Return an Allow with conditions; set operators are written as `ForAnyValue__StringLike`."""
    return allow(Condition={name.replace("__", ":"): keys for name, keys in conditions.items()})


def decide(statements: Sequence[Said], action: str, resource: str, keys: Keys, version: str | None = VERSION) -> str:
    """Return the decision of an identity's policies on a call."""
    document = {"Statement": list(statements), **({"Version": version} if version else {})}
    known = {name.lower(): value for name, value in keys.items()}
    call = Call(action, resource, lambda key: known.get(key.lower()))
    parsed = parse_policy(json.dumps(document))
    return "deny" if find_first(parsed, "Deny", call) else "allow" if find_first(parsed, "Allow", call) else "nothing"


@pytest.mark.parametrize(
    ("statements", "action", "resource", "said"),
    [
        # Denied by default, and an explicit deny is final.
        ([], "s3:GetObject", OBJECT, "nothing"),
        ([allow()], "s3:GetObject", OBJECT, "allow"),
        ([allow(), deny()], "s3:GetObject", OBJECT, "deny"),
        ([deny(), allow()], "s3:GetObject", OBJECT, "deny"),
        ([allow("*", "*"), deny("s3:*", "*")], "sqs:SendMessage", QUEUE, "allow"),
        # Actions: case-insensitive, with wildcards.
        ([allow("S3:getOBJECT")], "s3:GetObject", OBJECT, "allow"),
        ([allow("s3:Get*")], "s3:GetObjectTagging", OBJECT, "allow"),
        ([allow("s3:*Object")], "s3:PutObject", OBJECT, "allow"),
        ([allow("s3:Get?bject")], "s3:GetObject", OBJECT, "allow"),
        ([allow("s3:GetObject?")], "s3:GetObject", OBJECT, "nothing"),
        ([allow("s3:Get")], "s3:GetObject", OBJECT, "nothing"),
        ([allow(["s3:PutObject", "s3:GetObject"])], "s3:GetObject", OBJECT, "allow"),
        # Resources: case-sensitive; a wildcard crosses slashes and, at the end, colons.
        ([allow(resource="arn:aws:s3:::SHOP/*")], "s3:GetObject", OBJECT, "nothing"),
        ([allow(resource="arn:aws:s3:::shop/*")], "s3:GetObject", "arn:aws:s3:::shop/a/b/c", "allow"),
        ([allow(resource="arn:aws:s3:::shop/*")], "s3:GetObject", "arn:aws:s3:::shop", "nothing"),
        ([allow(resource="arn:aws:s3:::shop")], "s3:GetObject", OBJECT, "nothing"),
        ([allow(resource="arn:aws:s3:::shop/*/1.json")], "s3:GetObject", "arn:aws:s3:::shop/a/b/1.json", "allow"),
        ([allow(resource="arn:aws:s3:::shop/orders/?.json")], "s3:GetObject", OBJECT, "allow"),
        ([allow(resource="arn:aws:s3:::shop/orders/??.json")], "s3:GetObject", OBJECT, "nothing"),
        ([allow("sqs:*", "arn:aws:sqs:*")], "sqs:SendMessage", QUEUE, "allow"),
        ([allow("sqs:*", "arn:aws:sqs:*:*:orders")], "sqs:SendMessage", QUEUE, "allow"),
        ([allow(resource="arn:aws:s3:::shop/*")], "s3:GetObject", "arn:aws:s3:::shop/two\nlines", "allow"),
        ([allow(resource="arn:aws:s3:::shop/a")], "s3:GetObject", "arn:aws:s3:::shop/a\n", "nothing"),
        ([allow(resource="arn:aws:s3:::shop/[ab]")], "s3:GetObject", "arn:aws:s3:::shop/a", "nothing"),
        # NotAction and NotResource match all others.
        ([{"Effect": "Allow", "NotAction": "s3:Delete*", "Resource": "*"}], "s3:GetObject", OBJECT, "allow"),
        ([{"Effect": "Allow", "NotAction": "s3:delete*", "Resource": "*"}], "s3:DeleteObject", OBJECT, "nothing"),
        ([allow(), {"Effect": "Deny", "NotAction": "sqs:*", "Resource": "*"}], "s3:GetObject", OBJECT, "deny"),
        ([{"Effect": "Allow", "Action": "s3:*", "NotResource": OBJECT}], "s3:GetObject", OBJECT, "nothing"),
        ([{"Effect": "Allow", "Action": "s3:*", "NotResource": QUEUE}], "s3:GetObject", OBJECT, "allow"),
        (
            [allow(), {"Effect": "Deny", "Action": "*", "NotResource": "arn:aws:s3:::shop/*"}],
            *("s3:GetObject", OBJECT, "allow"),
        ),
    ],
)
def test_actions_and_resources(statements: list[Said], action: str, resource: str, said: str) -> None:
    assert decide(statements, action, resource, {}) == said


@pytest.mark.parametrize(
    ("conditions", "keys", "met"),
    [
        # Several values are combined by OR, several keys and operators by AND; keys ignore case, values do not.
        ({"StringEquals": {"aws:X": ["a", "b"]}}, {"aws:X": "b"}, True),
        ({"StringEquals": {"aws:X": "a", "aws:Y": "b"}}, {"aws:X": "a"}, False),
        ({"StringEquals": {"aws:X": "a"}, "StringLike": {"aws:Y": "b*"}}, {"aws:X": "a", "aws:Y": "c"}, False),
        ({"StringEquals": {"AWS:x": "a"}}, {"aws:X": "a"}, True),
        ({"stringequals": {"aws:X": "a"}}, {"aws:X": "a"}, True),
        ({"StringEquals": {"aws:X": "A"}}, {"aws:X": "a"}, False),
        ({"StringEquals": {"aws:X": "a*"}}, {"aws:X": "ab"}, False),
        ({"StringEqualsIgnoreCase": {"aws:X": "AB"}}, {"aws:X": "ab"}, True),
        ({"StringLike": {"aws:X": "a?c*"}}, {"aws:X": "abcd"}, True),
        ({"StringLike": {"aws:X": "A*"}}, {"aws:X": "ab"}, False),
        # Negated operators match if no value matches, or if the key is missing.
        ({"StringNotEquals": {"aws:X": ["a", "b"]}}, {"aws:X": "b"}, False),
        ({"StringNotEquals": {"aws:X": ["a", "b"]}}, {"aws:X": "c"}, True),
        ({"StringNotEquals": {"aws:X": "a"}}, {}, True),
        ({"StringNotLike": {"aws:X": "a*"}}, {"aws:X": "ab"}, False),
        ({"StringNotEqualsIgnoreCase": {"aws:X": "A"}}, {"aws:X": "a"}, False),
        ({"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, {"aws:SourceIp": "10.1.2.3"}, False),
        ({"NumericNotEquals": {"s3:max-keys": "10"}}, {"s3:max-keys": "11"}, True),
        ({"DateNotEquals": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}}, {}, True),
        # A missing key does not match, unless with IfExists; Null tests for it.
        ({"StringEquals": {"aws:X": "a"}}, {}, False),
        ({"StringEqualsIfExists": {"aws:X": "a"}}, {}, True),
        ({"StringEqualsIfExists": {"aws:X": "a"}}, {"aws:X": "b"}, False),
        ({"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}, {}, True),
        ({"Bool": {"aws:MultiFactorAuthPresent": "false"}}, {}, False),
        ({"Null": {"aws:X": "true"}}, {}, True),
        ({"Null": {"aws:X": "true"}}, {"aws:X": "a"}, False),
        ({"Null": {"aws:X": False}}, {"aws:X": "a"}, True),
        ({"Null": {"aws:X": "false"}}, {}, False),
        # Keys with several values.
        ({"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}}, {"aws:TagKeys": ["a"]}, True),
        ({"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}}, {"aws:TagKeys": ["a", "c"]}, False),
        ({"ForAllValues:StringEquals": {"aws:TagKeys": ["a"]}}, {}, True),
        ({"ForAnyValue:StringEquals": {"aws:TagKeys": ["a", "b"]}}, {"aws:TagKeys": ["b", "c"]}, True),
        ({"ForAnyValue:StringEquals": {"aws:TagKeys": ["a"]}}, {"aws:TagKeys": ["b"]}, False),
        ({"ForAnyValue:StringEquals": {"aws:TagKeys": ["a"]}}, {}, False),
        ({"ForAllValues:StringNotEquals": {"aws:TagKeys": ["a"]}}, {"aws:TagKeys": ["b", "c"]}, True),
        ({"ForAllValues:StringNotEquals": {"aws:TagKeys": ["a"]}}, {"aws:TagKeys": ["a", "c"]}, False),
        ({"ForAnyValue:StringNotEquals": {"aws:TagKeys": ["a"]}}, {"aws:TagKeys": ["a", "c"]}, True),
        ({"ForAnyValue:StringNotLike": {"aws:TagKeys": ["a*"]}}, {}, False),
        ({"ForAllValues:StringLikeIfExists": {"aws:TagKeys": ["a*"]}}, {}, True),
        ({"ForAnyValue:StringLike": {"aws:TagKeys": ["a*"]}}, {"aws:TagKeys": ["b", "abc"]}, True),
        # Numbers, dates, booleans.
        ({"NumericLessThanEquals": {"s3:max-keys": "10"}}, {"s3:max-keys": "10"}, True),
        ({"NumericLessThan": {"s3:max-keys": "10"}}, {"s3:max-keys": "9"}, True),
        ({"NumericLessThan": {"s3:max-keys": 10}}, {"s3:max-keys": "100"}, False),
        ({"NumericEquals": {"s3:max-keys": "10"}}, {"s3:max-keys": "10.0"}, True),
        ({"NumericGreaterThan": {"s3:max-keys": "10"}}, {"s3:max-keys": "many"}, False),
        (
            {"DateLessThan": {"aws:CurrentTime": "2026-07-01T00:00:00Z"}},
            {"aws:CurrentTime": "2026-06-30T23:59:59Z"},
            True,
        ),
        ({"DateLessThan": {"aws:CurrentTime": "1767225600"}}, {"aws:CurrentTime": "2026-01-01T00:00:00Z"}, False),
        ({"DateGreaterThan": {"aws:EpochTime": "2026-01-01"}}, {"aws:EpochTime": "1767225601"}, True),
        ({"DateGreaterThanEquals": {"aws:CurrentTime": "2026-01"}}, {"aws:CurrentTime": "2026-01-01T00:00:00Z"}, True),
        (
            {"DateEquals": {"aws:CurrentTime": "2026-01-01T01:00:00+01:00"}},
            {"aws:CurrentTime": "2026-01-01T00:00:00Z"},
            True,
        ),
        ({"Bool": {"aws:SecureTransport": True}}, {"aws:SecureTransport": "true"}, True),
        ({"Bool": {"aws:SecureTransport": "false"}}, {"aws:SecureTransport": "true"}, False),
        # Addresses.
        ({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, {"aws:SourceIp": "203.0.113.77"}, True),
        ({"IpAddress": {"aws:SourceIp": "203.0.113.7"}}, {"aws:SourceIp": "203.0.113.7"}, True),
        ({"IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "2001:db8::/32"]}}, {"aws:SourceIp": "2001:db8::1"}, True),
        ({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, {"aws:SourceIp": "2001:db8::1"}, False),
        ({"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, {"aws:SourceIp": "198.51.100.1"}, True),
        # ARNs, with each of the six parts matched separately, by either operator.
        ({"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:*:sold"}}, {"aws:SourceArn": TOPIC}, True),
        ({"ArnEquals": {"aws:SourceArn": "arn:aws:sns:*:*:so?d"}}, {"aws:SourceArn": TOPIC}, True),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:sold"}}, {"aws:SourceArn": TOPIC}, False),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:sns:*"}}, {"aws:SourceArn": TOPIC}, False),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:*:*"}}, {"aws:SourceArn": f"{TOPIC}:more"}, True),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:*:SOLD"}}, {"aws:SourceArn": TOPIC}, False),
        ({"ArnNotLike": {"aws:SourceArn": "arn:aws:sns:*:*:sold"}}, {"aws:SourceArn": TOPIC}, False),
        ({"ArnNotEquals": {"aws:SourceArn": "arn:aws:sns:*:*:bought"}}, {"aws:SourceArn": TOPIC}, True),
        ({"ArnLike": {"aws:SourceArn": "*"}}, {"aws:SourceArn": TOPIC}, True),
        # s3:prefix and other keys of a service; an unknown operator.
        ({"StringLike": {"s3:prefix": ["", "orders/*"]}}, {"s3:prefix": "orders/2026"}, True),
        ({"StringLike": {"s3:prefix": ["", "orders/*"]}}, {"s3:prefix": "bills/2026"}, False),
        ({"StringEquals": {"s3:prefix": ""}}, {"s3:prefix": ""}, True),
        ({"StringEquals": {"s3:prefix": ""}}, {}, False),
        ({"BinaryEquals": {"aws:X": "QQ=="}}, {"aws:X": "QQ=="}, True),
        ({"StringMatches": {"aws:X": "a"}}, {"aws:X": "a"}, False),
    ],
)
def test_conditions(conditions: Said, keys: Keys, met: bool) -> None:
    said = decide([allow(Condition=conditions)], "s3:GetObject", OBJECT, keys)
    assert said == ("allow" if met else "nothing")


TEAM = {"aws:PrincipalTag/Team": "orders", "aws:username": "ann", "aws:TagKeys": ["a", "b"]}


@pytest.mark.parametrize(
    ("statement", "keys", "said"),
    [
        (allow(resource="arn:aws:s3:::shop/${aws:PrincipalTag/team}/*"), TEAM, "allow"),
        (allow(resource="arn:aws:s3:::shop/${aws:PrincipalTag/Team}/*"), {"aws:PrincipalTag/Team": "bills"}, "nothing"),
        (allow(resource="arn:aws:s3:::shop/${aws:PrincipalTag/Team}/*"), {}, "nothing"),
        (allow(resource="arn:aws:s3:::shop/${aws:PrincipalTag/Team, 'orders'}/*"), {}, "allow"),
        (allow(resource="arn:aws:s3:::shop/${aws:PrincipalTag/Team, 'bills'}/*"), TEAM, "allow"),
        # Wildcards in variables' values are literal, and keys with several values cannot be used as variables.
        (allow(resource="arn:aws:s3:::shop/${aws:username}"), {"aws:username": "*"}, "nothing"),
        (allow(resource="arn:aws:s3:::${aws:TagKeys}*"), TEAM, "nothing"),
        (allow(resource="arn:aws:s3:::shop/orders/1.json${*}"), {}, "nothing"),
        (allow(resource="arn:aws:s3:::shop/orders/${?}.json"), {}, "nothing"),
        ({"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::${aws:username}/*"}, {}, "nothing"),
        ({"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::${aws:username}/*"}, TEAM, "allow"),
        # In conditions on strings and ARNs.
        (when(StringEquals={"aws:X": "${aws:username}"}), {**TEAM, "aws:X": "ann"}, "allow"),
        (when(StringLike={"aws:X": "${aws:username}/*"}), {**TEAM, "aws:X": "ann/1"}, "allow"),
        (when(StringLike={"aws:X": "${aws:username}/*"}), {"aws:X": "ann/1"}, "nothing"),
        (when(StringEquals={"aws:X": "a${*}${$}"}), {"aws:X": "a*$"}, "allow"),
        (when(StringLike={"aws:X": "a${*}"}), {"aws:X": "ab"}, "nothing"),
        (
            when(ArnLike={"aws:X": "arn:aws:iam::*:user/${aws:username}"}),
            {**TEAM, "aws:X": f"arn:aws:iam::{ACCOUNT}:user/ann"},
            "allow",
        ),
        (when(StringNotEquals={"aws:X": "${aws:username}"}), {"aws:X": "ann"}, "allow"),
        (when(NumericEquals={"aws:X": "${aws:username}"}), {"aws:X": "1", "aws:username": "1"}, "nothing"),
    ],
)
def test_variables(statement: Said, keys: Keys, said: str) -> None:
    assert decide([statement], "s3:GetObject", OBJECT, keys) == said


@pytest.mark.parametrize(("version", "said"), [(VERSION, "allow"), ("2008-10-17", "nothing"), (None, "nothing")])
def test_variables_came_with_the_present_version_of_the_language(version: str | None, said: str) -> None:
    statement = allow(resource="arn:aws:s3:::shop/${aws:PrincipalTag/Team}/*")
    assert decide([statement], "s3:GetObject", OBJECT, TEAM, version) == said
    literal = allow(resource="arn:aws:s3:::shop/${aws:username}")
    written = decide([literal], "s3:GetObject", "arn:aws:s3:::shop/${aws:username}", TEAM, version)
    assert written == ("nothing" if said == "allow" else "allow")


def test_a_statement_is_named_by_its_sid_or_its_number() -> None:
    document = {"Statement": [allow(), deny(Sid="NoMore")]}
    assert [one.name for one in parse_policy(document, "the policy own")] == [
        "statement 1 of the policy own",
        "statement NoMore of the policy own",
    ]
    assert [one.name for one in parse_policy({"Statement": allow()}, "it")] == ["statement 1 of it"]


@pytest.mark.parametrize("document", ["", "no JSON", "[]", None, {"Statement": ["text", {"Effect": "Perhaps"}]}])
def test_what_is_no_policy_says_nothing(document: object) -> None:
    assert parse_policy(document) == []


def evaluator() -> Any:
    """MiniStack's evaluator with our rules, in its own copy."""
    spec = importlib.util.find_spec("ministack.core.iam_evaluator")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    PolicyEvaluation(module).take_over()
    return module


EVALUATOR = evaluator()
ONLY = {"NotPrincipal": {"AWS": [ROOT, ROLE, SESSION]}}


def policy(*statements: Said) -> Said:
    return {"Version": VERSION, "Statement": list(statements)}


def combined(
    own: Sequence[Said],
    resource: Sequence[Said],
    limit: Sequence[Said] | None = None,
    *,
    caller: str = SESSION,
    **how: Any,
) -> Any:
    """Return the decision of the policies of an identity and of a resource together, as `enforce` makes it."""
    context = EVALUATOR.EvalContext(caller, "AssumedRole", caller.split(":")[4], "s3:GetObject", OBJECT, "eu-west-1")
    limits = [] if limit is None else [[EVALUATOR.parse_policy_document(policy(*limit))]]
    identity = EVALUATOR.evaluate(context, [EVALUATOR.parse_policy_document(policy(*own))], *limits)
    return EVALUATOR.combine_resource_policy(identity, context, policy(*resource), ACCOUNT, limits=limits, **how)


def by(principal: object, **more: Any) -> Said:
    return allow(Principal=principal, **more)


@pytest.mark.parametrize(
    ("own", "resource", "limit", "said"),
    [
        # Within one account, either may allow, and either may deny.
        ([allow()], [], None, "Allow"),
        ([], [by({"AWS": ROLE})], None, "Allow"),
        ([], [by({"AWS": SESSION})], None, "Allow"),
        ([], [by("*")], None, "Allow"),
        ([], [by({"AWS": "*"})], None, "Allow"),
        ([], [], None, "ImplicitDeny"),
        ([deny()], [by({"AWS": ROLE})], None, "Deny"),
        ([allow()], [deny(Principal="*")], None, "Deny"),
        ([allow()], [deny(Principal={"AWS": ACCOUNT})], None, "Deny"),
        ([allow()], [deny(Principal={"AWS": ROLE})], None, "Deny"),
        ([allow()], [deny(Principal={"AWS": ROLE.replace("shop", "bills")})], None, "Allow"),
        # A policy that names the account leaves the decision to the account's own policies.
        ([], [by({"AWS": ACCOUNT})], None, "ImplicitDeny"),
        ([], [by({"AWS": ROOT})], None, "ImplicitDeny"),
        ([allow()], [by({"AWS": ROOT})], None, "Allow"),
        # A principal is literal: wildcards in it do not count, and it is case-sensitive.
        ([], [by({"AWS": f"arn:aws:iam::{ACCOUNT}:role/*"})], None, "ImplicitDeny"),
        ([], [by({"AWS": f"arn:aws:sts::{ACCOUNT}:assumed-role/shop/*"})], None, "ImplicitDeny"),
        ([], [by({"AWS": ROLE.replace("shop", "Shop")})], None, "ImplicitDeny"),
        ([], [by({"Service": "s3.amazonaws.com"})], None, "ImplicitDeny"),
        ([], [by({"AWS": [ROLE.replace("shop", "bills"), ROLE]})], None, "Allow"),
        # A boundary limits the role's permissions, and what a resource allows the role, but not the session.
        ([allow()], [], [], "ImplicitDeny"),
        ([allow()], [], [allow()], "Allow"),
        ([allow()], [], [allow("*", "*"), deny()], "Deny"),
        ([], [], [allow()], "ImplicitDeny"),
        ([], [by({"AWS": ROLE})], [], "ImplicitDeny"),
        ([], [by({"AWS": SESSION})], [], "Allow"),
        # NotPrincipal: all but those listed, which must include account, role and session.
        ([allow()], [{**deny(), **ONLY}], None, "Allow"),
        ([allow()], [{**deny(), "NotPrincipal": {"AWS": [ROOT, ROLE]}}], None, "Deny"),
        ([allow()], [{**deny(), "NotPrincipal": {"AWS": ROLE}}], None, "Deny"),
        ([allow()], [{**deny(), "NotPrincipal": {"AWS": OTHER}}], None, "Deny"),
        # TLS only: MiniStack reports for each call whether it used TLS.
        ([allow()], [deny(Principal="*", Condition={"Bool": {"aws:SecureTransport": "false"}})], None, "Deny"),
        ([allow()], [deny(Principal="*", Condition={"Bool": {"aws:SecureTransport": "true"}})], None, "Allow"),
    ],
)
def test_a_role_a_boundary_and_a_resource(
    own: list[Said], resource: list[Said], limit: list[Said] | None, said: str
) -> None:
    assert combined(own, resource, limit).decision == said


def test_across_accounts_both_have_to_allow() -> None:
    theirs = by({"AWS": OTHER.replace(":sts:", ":iam:").replace("assumed-role/shop/worker", "role/shop")})
    assert combined([allow()], [theirs], caller=OTHER).decision == "Allow"
    assert combined([allow()], [by({"AWS": "444455556666"})], caller=OTHER).decision == "Allow"
    assert combined([allow()], [], caller=OTHER).decision == "ImplicitDeny"
    assert combined([], [theirs], caller=OTHER).decision == "ImplicitDeny"


def test_a_key_needs_its_own_policy_to_allow() -> None:
    denied = combined([allow()], [], required=True)
    assert (denied.decision, denied.because.layer) == ("ImplicitDeny", "resource")
    assert combined([allow()], [by({"AWS": ROOT})], required=True).decision == "Allow"


def test_a_denial_says_which_statement_denies_or_whose_policies_lack_one() -> None:
    denied = combined([allow()], [allow(Principal="*"), deny(Principal="*", Sid="No")])
    assert denied.because.statement.name == f"statement No of the policy of {OBJECT}"
    assert combined([], []).because.layer == "role"
    assert combined([allow()], [], []).because.layer == "boundary"
    assert combined([allow()], [], [deny(Sid="Bound")]).because.statement.sid == "Bound"


@pytest.mark.parametrize(
    ("statement", "keys", "said"),
    [
        (by({"Service": "sns.amazonaws.com"}), {}, "Allow"),
        (by({"Service": ["s3.amazonaws.com", "SNS.amazonaws.com"]}), {}, "Allow"),
        (by({"Service": "s3.amazonaws.com"}), {}, "ImplicitDeny"),
        (by("*"), {}, "Allow"),
        (by({"AWS": ROOT}), {}, "ImplicitDeny"),
        (
            by({"Service": "sns.amazonaws.com"}, Condition={"ArnLike": {"aws:SourceArn": TOPIC}}),
            {"aws:sourcearn": TOPIC},
            "Allow",
        ),
        (
            by({"Service": "sns.amazonaws.com"}, Condition={"ArnLike": {"aws:SourceArn": TOPIC}}),
            {"aws:sourcearn": QUEUE},
            "ImplicitDeny",
        ),
        (
            by({"Service": "sns.amazonaws.com"}, Condition={"StringEquals": {"aws:SourceAccount": ACCOUNT}}),
            {"aws:sourceaccount": ACCOUNT},
            "Allow",
        ),
        (
            by({"Service": "sns.amazonaws.com"}, Condition={"StringEquals": {"aws:SourceAccount": "1"}}),
            {"aws:sourceaccount": ACCOUNT},
            "ImplicitDeny",
        ),
    ],
)
def test_a_service_that_calls(statement: Said, keys: Said, said: str) -> None:
    context = EVALUATOR.EvalContext("*", "Service", "", "s3:GetObject", OBJECT, "eu-west-1", service_context=keys)
    result = EVALUATOR.evaluate_resource_policy(policy(statement), context, service="sns.amazonaws.com")
    assert result.decision == said
