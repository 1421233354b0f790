"""Filters of event source mappings, and the batch sizes of streams, tested by boto3 alone.

The page of the filters is lambda/latest/dg/invocation-eventfiltering.html below https://docs.aws.amazon.com/.
"""

import json
from collections.abc import Iterator
from contextlib import closing

import pytest
from botocore.exceptions import ClientError

from tests.integration.cloud import Cloud, eventually
from tests.integration.stepped import Queue, printed, stepped_cloud
from tests.sessions import new_session

TELLS_BODIES = (
    "import json\ndef handler(event, context):\n    print(json.dumps([r['body'] for r in event['Records']]))\n"
)


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with stepped_cloud(tmp_path_factory.mktemp("engine")) as cloud:
        yield cloud


def feed(cloud: Cloud, name: str, queue: Queue, *patterns: str) -> str:
    made = cloud.lambda_.create_event_source_mapping(
        FunctionName=name,
        EventSourceArn=queue.arn,
        FilterCriteria={"Filters": [{"Pattern": pattern} for pattern in patterns]},
    )
    return made["UUID"]


@pytest.mark.parametrize(
    ("rule", "fitting", "other"),
    [
        (["a"], "a", "b"),
        ([None], None, "a"),
        ([{"cidr": "10.0.0.0/24"}], "10.0.0.9", "10.0.1.9"),
        ([{"equals-ignore-case": "Yes"}], "yES", "no"),
        ([{"anything-but": ["a", "b"]}], "c", "a"),
        ([{"anything-but": {"prefix": "a"}}], "ba", "ab"),
        ([{"numeric": [">", 1, "<=", 5]}], 5, 1),
        ([{"wildcard": "a*c"}], "abc", "abd"),
        ([{"suffix": ".png"}], "a.png", "a.jpg"),
        ([{"exists": False}], {"b": 1}, "a"),
    ],
)
def test_what_fits_a_rule_is_delivered_and_the_rest_is_gone(
    cloud: Cloud, rule: object, fitting: object, other: object
) -> None:
    name, queue = cloud.deploy(TELLS_BODIES), Queue(cloud, VisibilityTimeout="60")
    feed(cloud, name, queue, json.dumps({"body": {"value": rule}}))
    bodies = [json.dumps({"value": value}) for value in (fitting, other)]
    queue.send(*bodies)
    assert cloud.control.settle().quiet
    assert (printed(cloud, name), queue.depth) == ([[bodies[0]]], 0)


def test_one_of_several_filters_is_enough(cloud: Cloud) -> None:
    name, queue = cloud.deploy(TELLS_BODIES), Queue(cloud, VisibilityTimeout="60")
    feed(cloud, name, queue, '{"body": ["a"]}', '{"$or": [{"body": ["b"]}, {"body": ["c"]}]}')
    queue.send("a", "b", "c", "d")
    cloud.control.settle()
    assert printed(cloud, name) == [["a", "b", "c"]]


INVALID = ["null", '"simple string"', '{"body": "a"}', '{"body": []}', '{"body": [{"cidr": "10.0.0.0/99"}]}', "{"]


class TestInvalid:
    """AWS: "Invalid filter pattern definition.", lambda/latest/api/API_CreateEventSourceMapping.html"""

    @pytest.mark.parametrize("pattern", INVALID)
    def test_a_pattern(self, cloud: Cloud, pattern: str) -> None:
        name, queue = cloud.deploy(TELLS_BODIES), Queue(cloud, VisibilityTimeout="60")
        with pytest.raises(ClientError, match=r"InvalidParameterValueException.*Invalid filter pattern definition\."):
            feed(cloud, name, queue, pattern)
        assert cloud.lambda_.list_event_source_mappings(EventSourceArn=queue.arn)["EventSourceMappings"] == []

    def test_a_change(self, cloud: Cloud) -> None:
        name, queue = cloud.deploy(TELLS_BODIES), Queue(cloud, VisibilityTimeout="60")
        made = feed(cloud, name, queue, '{"body": ["a"]}')
        changed = {"Filters": [{"Pattern": INVALID[1]}]}
        with pytest.raises(ClientError, match="Invalid filter pattern definition"):
            cloud.lambda_.update_event_source_mapping(UUID=made, FilterCriteria=changed)  # type: ignore[arg-type]


def test_of_streams_a_batch_has_a_hundred_records_if_nobody_says_more(cloud: Cloud) -> None:
    """lambda/latest/api/API_CreateEventSourceMapping.html: the default is 10 for SQS, and 100 for all others."""
    name, queue = cloud.deploy(TELLS_BODIES), Queue(cloud, VisibilityTimeout="60")
    session = new_session()
    with closing(session.client("dynamodb", endpoint_url=cloud.endpoint_url)) as tables:
        stream = tables.create_table(
            TableName=queue.name,
            KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
        )["TableDescription"]["LatestStreamArn"]
    create = cloud.lambda_.create_event_source_mapping
    by_api = [
        create(FunctionName=name, EventSourceArn=queue.arn)["BatchSize"],
        create(FunctionName=name, EventSourceArn=stream, StartingPosition="LATEST")["BatchSize"],
    ]
    other = cloud.deploy(TELLS_BODIES)
    properties = {"EventSourceArn": stream, "FunctionName": other, "StartingPosition": "LATEST"}
    mapping = {"Type": "AWS::Lambda::EventSourceMapping", "Properties": properties}
    with closing(session.client("cloudformation", endpoint_url=cloud.endpoint_url)) as stacks:
        stacks.create_stack(StackName=queue.name, TemplateBody=json.dumps({"Resources": {"Mapping": mapping}}))
        mappings = cloud.lambda_.list_event_source_mappings
        eventually(lambda: mappings(FunctionName=other)["EventSourceMappings"])
    assert (by_api, mappings(FunctionName=other)["EventSourceMappings"][0]["BatchSize"]) == ([10, 100], 100)
