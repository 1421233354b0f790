"""Functions' granted and used permissions: the narrowest policy, and how it is shown."""

import io

import pytest
from rich.console import Console

from agenticai.client.errors import DeniedError, SelectionError
from agenticai.commands.permissions import _choose, narrow, narrow_all, refuse_denials
from agenticai.display.permissions import tabulate_details, tabulate_overview
from agenticai.emulator.core.permission_records import Denial, FunctionPermissions, Grant, PermissionReport

TABLE = "arn:aws:dynamodb:us-east-1:000000000000:table/t"
BUCKET = "arn:aws:s3:::b/*"
FUNCTION = FunctionPermissions(
    function="orders-api",
    role="api-role",
    grants=(
        Grant(policy="own", action="s3:*", resource=BUCKET, used={"s3:PutObject": 2, "s3:GetObject": 1}),
        Grant(policy="own", action="s3:GetObject", resource=BUCKET, used={"s3:GetObject": 1}),
        Grant(policy="table", action="dynamodb:GetItem", resource=TABLE, used={"dynamodb:GetItem": 3}),
        Grant(policy="table", action="dynamodb:DeleteItem", resource=TABLE, used={}),
    ),
    denials=(Denial(action="sqs:SendMessage", resource="arn:aws:sqs:us-east-1:0:[/q]", times=4, explicitly=False),),
)
OTHER = FUNCTION.model_copy(update={"function": "orders-api-2", "grants": (), "denials": ()})


def printed(*shown: object) -> str:
    console = Console(file=io.StringIO(), width=120)
    for one in shown:
        console.print(one)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_narrowest_policy_has_what_was_used_on_the_resources_of_the_grants() -> None:
    assert narrow(FUNCTION)["Statement"] == [
        {"Effect": "Allow", "Action": ["dynamodb:GetItem"], "Resource": [TABLE]},
        {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": [BUCKET]},
    ]
    assert narrow(OTHER)["Statement"] == []


def test_services_have_no_policies() -> None:
    service = FUNCTION.model_copy(update={"function": "sns.amazonaws.com", "role": ""})
    assert narrow_all([FUNCTION, service]) == {"orders-api": narrow(FUNCTION)}


def test_a_denial_says_where_what_is_missing_belongs() -> None:
    denial = FUNCTION.denials[0]
    statement = '{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:us-east-1:0:[/q]"}'
    bounded = denial.model_copy(update={"lacks": "boundary"})
    assert bounded.explain("r") == f"the permissions boundary of its role r lacks {statement}"
    with_principal = statement.replace('"Action"', '"Principal": {"Service": "sns.amazonaws.com"}, "Action"')
    of_service = denial.model_copy(update={"lacks": "resource", "service": "sns.amazonaws.com"})
    assert of_service.explain("") == f"the policy of {denial.resource} lacks {with_principal}"
    named = denial.model_copy(update={"explicitly": True, "statement": "statement No of the policy own"})
    assert named.explain("r") == "statement No of the policy own denies it"


def test_a_function_is_named_whole_or_by_what_no_other_has() -> None:
    report = PermissionReport(enforced=True, functions=(FUNCTION, OTHER))
    assert _choose(report, None) == (FUNCTION, OTHER)
    assert _choose(report, "orders-api") == (FUNCTION,)
    assert _choose(report, "-2") == (OTHER,)
    for name in ("orders", "billing"):
        with pytest.raises(SelectionError, match="there are orders-api, orders-api-2"):
            _choose(report, name)


def test_denials_are_refused_with_the_statement_that_is_missing() -> None:
    refuse_denials([OTHER])
    with pytest.raises(DeniedError) as refused:
        refuse_denials([OTHER, FUNCTION])
    assert str(refused.value).splitlines() == [
        "orders-api was denied sqs:SendMessage on arn:aws:sqs:us-east-1:0:[/q]: its role api-role lacks"
        ' {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:us-east-1:0:[/q]"}.',
        "Add the missing permissions to the template, or remove the calls from the code.",
    ]


def test_the_overview_counts() -> None:
    lines = printed(tabulate_overview([FUNCTION, OTHER])).splitlines()
    assert [line.split() for line in lines[1:]] == [
        ["orders-api", "4", "3", "1", "4"],
        ["orders-api-2", "0", "0", "0", "0"],
    ]


def test_details_are_what_was_denied_and_never_used_and_on_request_what_was_used() -> None:
    short = printed(*tabulate_details(FUNCTION, everything=False))
    assert "orders-api: denied" in short
    assert "sqs:SendMessage  arn:aws:sqs:us-east-1:0:[/q]" in short
    assert "dynamodb:DeleteItem  table/t" in short
    assert "s3:*" not in short
    assert "s3:*" in printed(*tabulate_details(FUNCTION, everything=True))
    assert list(tabulate_details(OTHER, everything=True)) == []
