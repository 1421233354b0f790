"""Change sets: creation, update, obstacles, and nothing to do."""

from typing import TYPE_CHECKING, Any, cast, get_args

import pytest
from botocore.exceptions import ClientError
from mypy_boto3_cloudformation.literals import StackStatusType

from agenticai.stack.changes import Change
from agenticai.stack.changeset import HIDDEN, ChangeSets, TemplateText
from agenticai.stack.errors import DeployError
from agenticai.stack.states import DeploymentAction, find_state
from agenticai.stack.waiting import Polling
from tests.stack.fakes import FakeCloudFormation, Pauses, client_error, event

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

ADD = {"ResourceChange": {"Action": "Add", "LogicalResourceId": "A", "ResourceType": "AWS::SQS::Queue"}}
MODIFY = {
    "ResourceChange": {
        "Action": "Modify",
        "LogicalResourceId": "B",
        "ResourceType": "AWS::SQS::Queue",
        "Replacement": "True",
    }
}
EMPTY = TemplateText(body="{}")
DONE = {"Status": "CREATE_COMPLETE", "Changes": [ADD]}


def change_sets(fake: FakeCloudFormation) -> ChangeSets:
    polling = Polling(first=0.05, longest=0.1, limit=1)
    return ChangeSets(cast("CloudFormationClient", fake), "agenticai-dev", polling, Pauses())


def created(fake: FakeCloudFormation) -> dict[str, Any]:
    return dict(fake.requests)["create_change_set"]


@pytest.mark.parametrize("status", [None, "REVIEW_IN_PROGRESS", "DELETE_COMPLETE"])
def test_a_stack_that_is_not_there_is_created(status: str | None) -> None:
    fake = FakeCloudFormation(statuses=[status], change_sets=[DONE])
    change_set = change_sets(fake).create("name", EMPTY, {"Stage": "dev"})
    assert change_set.creates
    assert created(fake)["ChangeSetType"] == "CREATE"
    assert created(fake)["Parameters"] == [{"ParameterKey": "Stage", "ParameterValue": "dev"}]


@pytest.mark.parametrize("status", ["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"])
def test_a_stack_that_is_there_is_updated(status: str) -> None:
    fake = FakeCloudFormation(statuses=[status], change_sets=[DONE])
    assert not change_sets(fake).create("name", EMPTY, {}).creates
    assert created(fake)["ChangeSetType"] == "UPDATE"


@pytest.mark.parametrize("status", ["ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED"])
def test_a_stack_that_never_came_up_is_deleted_first(status: str) -> None:
    fake = FakeCloudFormation(statuses=[status, "DELETE_IN_PROGRESS", None], change_sets=[DONE])
    assert change_sets(fake).create("name", EMPTY, {}).creates
    assert fake.names().index("delete_stack") < fake.names().index("create_change_set")


def test_a_stack_that_came_up_once_is_not_deleted_for_what_an_emulator_says_of_a_failed_update() -> None:
    up = [event(1, "agenticai-dev", "CREATE_COMPLETE"), event(2, "agenticai-dev", "ROLLBACK_COMPLETE")]
    fake = FakeCloudFormation(statuses=["ROLLBACK_COMPLETE"], batches=[up])
    with pytest.raises(DeployError, match="is ROLLBACK_COMPLETE, but holds resources"):
        change_sets(fake).create("name", EMPTY, {})
    assert "delete_stack" not in fake.names()


def test_a_stack_whose_creation_was_rolled_back_is_deleted_whatever_is_listed_in_it() -> None:
    events = [event(1, "Table", "CREATE_COMPLETE"), event(2, "agenticai-dev", "ROLLBACK_COMPLETE")]
    fake = FakeCloudFormation(statuses=["ROLLBACK_COMPLETE", None], change_sets=[DONE], batches=[events])
    fake.resources = {"Table": "CREATE_COMPLETE"}
    assert change_sets(fake).create("name", EMPTY, {}).creates


def test_a_stack_that_cannot_be_deleted_is_said_so() -> None:
    fake = FakeCloudFormation(statuses=["ROLLBACK_COMPLETE", "DELETE_FAILED"])
    with pytest.raises(DeployError, match="cannot be deleted"):
        change_sets(fake).create("name", EMPTY, {})


def test_a_busy_stack_is_left_alone() -> None:
    fake = FakeCloudFormation(statuses=["UPDATE_IN_PROGRESS"])
    with pytest.raises(DeployError, match=r"agenticai-dev is UPDATE_IN_PROGRESS: an operation on it goes on"):
        change_sets(fake).create("name", EMPTY, {})
    assert "create_change_set" not in fake.names()


@pytest.mark.parametrize("status", get_args(StackStatusType))
def test_every_state_of_a_stack_is_known(status: str) -> None:
    known = find_state(status)
    assert bool(known.explanation) == (known.action in {DeploymentAction.WAIT, DeploymentAction.MEND})
    assert (known.action is DeploymentAction.WAIT) == (
        status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS"
    )
    assert "does not know" not in known.explanation


@pytest.mark.parametrize(
    ("status", "next_step"),
    [
        ("UPDATE_ROLLBACK_FAILED", "aws cloudformation continue-update-rollback --stack-name agenticai-dev"),
        ("UPDATE_FAILED", "aws cloudformation rollback-stack --stack-name agenticai-dev"),
        ("DELETE_FAILED", "agenticai destroy"),
        ("SOMETHING_NEW", "look at the stack in the console"),
    ],
)
def test_a_stack_that_is_stuck_is_said_so_with_what_to_do(status: str, next_step: str) -> None:
    fake = FakeCloudFormation(statuses=[status])
    with pytest.raises(DeployError) as refused:
        change_sets(fake).create("name", EMPTY, {})
    assert str(refused.value).startswith(f"agenticai-dev is {status}: ")
    assert next_step in str(refused.value)
    assert "create_change_set" not in fake.names()


def test_changes_are_read_to_the_last_page() -> None:
    pages: list[dict[str, Any]] = [
        {"Status": "CREATE_IN_PROGRESS"},
        {"Status": "CREATE_COMPLETE", "Changes": [ADD], "NextToken": "2"},
        {"Status": "CREATE_COMPLETE", "Changes": [MODIFY]},
    ]
    changes = (
        change_sets(FakeCloudFormation(statuses=["CREATE_COMPLETE"], change_sets=pages))
        .create("name", EMPTY, {})
        .changes
    )
    assert changes == (Change("Add", "A", "AWS::SQS::Queue", ""), Change("Modify", "B", "AWS::SQS::Queue", "True"))


@pytest.mark.parametrize(
    "reason",
    [
        "The submitted information didn't contain changes. Submit different information to create a change set.",
        "No updates are to be performed.",
    ],
)
def test_nothing_to_do_is_a_change_set_without_changes_that_leaves_nothing_behind(reason: str) -> None:
    fake = FakeCloudFormation(statuses=["CREATE_COMPLETE"], change_sets=[{"Status": "FAILED", "StatusReason": reason}])
    assert change_sets(fake).create("name", EMPTY, {}).changes == ()
    assert "delete_change_set" in fake.names()


def test_a_change_set_that_fails_gives_its_reason() -> None:
    failed = {"Status": "FAILED", "StatusReason": "Transform failed: no Handler"}
    fake = FakeCloudFormation(statuses=[None], change_sets=[failed])
    with pytest.raises(DeployError, match="was refused: Transform failed: no Handler"):
        change_sets(fake).create("name", EMPTY, {})

    assert fake.names()[-3:] == ["delete_change_set", "list_change_sets", "delete_stack"]


def test_a_change_set_that_fails_leaves_the_change_set_of_somebody_else() -> None:
    fake = FakeCloudFormation(statuses=["REVIEW_IN_PROGRESS"], change_sets=[{"Status": "FAILED"}])
    fake.other_change_sets = ["theirs"]
    with pytest.raises(DeployError):
        change_sets(fake).create("name", EMPTY, {})
    assert "delete_change_set" in fake.names()
    assert "delete_stack" not in fake.names()


def test_what_validation_finds_is_named_by_resource() -> None:
    failed = {"Status": "FAILED", "StatusReason": "The following hook(s)/validation failed: [x]. Call DescribeEvents."}
    fake = FakeCloudFormation(statuses=["UPDATE_COMPLETE"], change_sets=[failed])
    fake.faults = [
        {"EventType": "STACK_EVENT", "LogicalResourceId": "agenticai-dev"},
        {
            "EventType": "VALIDATION_ERROR",
            "LogicalResourceId": "Bucket",
            "ResourceType": "AWS::S3::Bucket",
            "ValidationName": "NAME_CONFLICT_VALIDATION",
            "ValidationStatusReason": "A resource of that name exists already",
            "ValidationPath": "/Resources/Bucket/Properties/BucketName",
        },
    ]
    with pytest.raises(DeployError, match=r"Bucket \(AWS::S3::Bucket\): A resource of that name exists") as refused:
        change_sets(fake).create("name", EMPTY, {})
    assert (refused.value.logical_id, refused.value.resource_type) == ("Bucket", "AWS::S3::Bucket")
    assert dict(fake.requests)["describe_events"] == {
        "ChangeSetName": "arn:change-set",
        "Filters": {"FailedEvents": True},
    }


def test_what_a_replacement_takes_and_why_is_told() -> None:
    details = [
        {"Target": {"Attribute": "Properties", "Name": "QueueName", "RequiresRecreation": "Always"}},
        {"Target": {"Attribute": "Properties", "Name": "DelaySeconds", "RequiresRecreation": "Never"}},
    ]
    modify = {**MODIFY["ResourceChange"], "Details": details}
    retained = {**modify, "PolicyAction": "ReplaceAndRetain"}
    pages = [{"Status": "CREATE_COMPLETE", "Changes": [{"ResourceChange": modify}, {"ResourceChange": retained}]}]
    fake = FakeCloudFormation(statuses=["CREATE_COMPLETE"], change_sets=pages)
    replaced, kept = change_sets(fake).create("name", EMPTY, {}).changes
    assert (replaced.causes, replaced.keeps, kept.keeps) == (("QueueName",), False, True)


def test_a_question_that_is_broken_off_leaves_no_change_set() -> None:
    fake = FakeCloudFormation(statuses=["CREATE_COMPLETE"], change_sets=[DONE])
    sets = change_sets(fake)
    with pytest.raises(KeyboardInterrupt), sets.discarding(sets.create("name", EMPTY, {})):
        raise KeyboardInterrupt
    assert fake.names()[-1] == "delete_change_set"


@pytest.mark.parametrize("status", ["CREATE_FAILED", "ROLLBACK_FAILED"])
def test_a_stack_that_never_came_up_and_holds_something_is_not_deleted(status: str) -> None:
    fake = FakeCloudFormation(statuses=[status], resources={"Table": "DELETE_FAILED"})
    with pytest.raises(DeployError, match="but holds resources"):
        change_sets(fake).create("name", EMPTY, {})


def test_tags_are_those_of_the_stack() -> None:
    fake = FakeCloudFormation(statuses=[None], change_sets=[DONE])
    change_sets(fake).create("name", EMPTY, {}, tags={"agenticai:stage": "dev"})
    assert created(fake)["Tags"] == [{"Key": "agenticai:stage", "Value": "dev"}]


def test_what_is_not_echoed_keeps_its_value() -> None:
    fake = FakeCloudFormation(statuses=["UPDATE_COMPLETE"], change_sets=[DONE], parameters={"Key": "****", "All": "*"})
    sets = change_sets(fake)
    assert sets.read_parameters() == {"Key": HIDDEN, "All": "*"}
    sets.create("name", EMPTY, sets.read_parameters())
    assert created(fake)["Parameters"] == [
        {"ParameterKey": "Key", "UsePreviousValue": True},
        {"ParameterKey": "All", "ParameterValue": "*"},
    ]


def test_a_stack_that_is_not_there_has_no_parameters() -> None:
    assert change_sets(FakeCloudFormation(statuses=[None])).read_parameters() == {}


def test_a_deployer_who_may_not_is_no_matter_of_the_template() -> None:
    class Refusing(FakeCloudFormation):
        def create_change_set(self, **request: Any) -> dict[str, Any]:
            raise client_error("AccessDenied", "not authorized to perform: cloudformation:CreateChangeSet")

    with pytest.raises(ClientError):
        change_sets(Refusing(statuses=[None])).create("name", EMPTY, {})


def test_a_template_that_is_refused_outright_gives_the_reason() -> None:
    class Refusing(FakeCloudFormation):
        def create_change_set(self, **request: Any) -> dict[str, Any]:
            raise client_error("ValidationError", "Template format error: no Resources")

    with pytest.raises(DeployError, match="was refused: Template format error: no Resources"):
        change_sets(Refusing(statuses=[None])).create("name", EMPTY, {})


@pytest.mark.parametrize(
    ("status", "expected"), [(None, ["delete_change_set", "delete_stack"]), ("CREATE_COMPLETE", ["delete_change_set"])]
)
def test_a_discarded_change_set_leaves_no_empty_stack(status: str | None, expected: list[str]) -> None:
    fake = FakeCloudFormation(statuses=[status], change_sets=[DONE])
    sets = change_sets(fake)
    sets.discard(sets.create("name", EMPTY, {}))
    assert [name for name in fake.names() if name.startswith("delete")] == expected
