"""Stand-ins for uv and for the AWS services that a deployment talks to."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from agenticai.stack.errors import BuildError

STACK_ID = "arn:aws:cloudformation:us-east-1:000000000000:stack/agenticai-dev/1"
START = datetime(2026, 11, 1, tzinfo=UTC)


class FakeUv:
    """uv with its own registry: the dependencies of each requirement, one module per package, or `files`."""

    def __init__(self, registry: dict[str, Sequence[str]]) -> None:
        self.registry = registry
        self.files: dict[str, Sequence[str]] = {}
        self.calls: list[Sequence[str]] = []
        self.offline = False

    def __call__(self, arguments: Sequence[str]) -> str:
        self.calls.append(arguments)
        if self.offline:
            raise BuildError("no network")
        if arguments[1] == "compile":
            wanted = Path(arguments[2]).read_text(encoding="utf-8").split()
            return "\n".join(sorted({pin for name in wanted for pin in self.registry[name]}))
        self._install(Path(_option(arguments, "--requirement")), Path(_option(arguments, "--target")))
        return ""

    def _install(self, listing: Path, target: Path) -> None:
        for pin in listing.read_text(encoding="utf-8").split():
            name, _, version = pin.partition("==")
            for file in self.files.get(name, ()):
                (target / file).parent.mkdir(parents=True, exist_ok=True)
                (target / file).write_text(name)
            if name in self.files:
                continue
            package = target / name
            package.mkdir(parents=True)
            (package / "__init__.py").write_text(f"VERSION = {version!r}\n", encoding="utf-8")
            (package / "RECORD").write_text(f"installed at {target}\n", encoding="utf-8")


def _option(arguments: Sequence[str], name: str) -> str:
    return arguments[arguments.index(name) + 1]


class Pauses:
    """A pause that only records its length."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


def client_error(code: str, message: str, status: int = 400) -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "Operation")


def event(number: int, logical_id: str, status: str, reason: str = "") -> dict[str, Any]:
    """Return a stack event as from CloudFormation; the stack's own has the logical id agenticai-dev."""
    own = logical_id == "agenticai-dev"
    return {
        "StackId": STACK_ID,
        "EventId": f"{logical_id}-{number}",
        "Timestamp": START + timedelta(seconds=number),
        "LogicalResourceId": logical_id,
        "PhysicalResourceId": STACK_ID if own else f"physical-{logical_id}",
        "ResourceType": "AWS::CloudFormation::Stack" if own else "AWS::SQS::Queue",
        "ResourceStatus": status,
        "ResourceStatusReason": reason,
    }


@dataclass
class FakeCloudFormation:
    """A scripted CloudFormation: each reading of the events adds the next batch."""

    batches: list[list[dict[str, Any]]] = field(default_factory=list)
    statuses: list[str | None] = field(default_factory=list)
    change_sets: list[dict[str, Any]] = field(default_factory=list)
    parameters: dict[str, str] = field(default_factory=dict)
    resources: dict[str, str] = field(default_factory=dict)
    faults: list[dict[str, Any]] = field(default_factory=list)
    other_change_sets: list[str] = field(default_factory=list)
    page_size: int = 100
    requests: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    _events: list[dict[str, Any]] = field(default_factory=list)
    _paged: str = ""

    def names(self) -> list[str]:
        return [name for name, _ in self.requests]

    def get_paginator(self, operation: str) -> "FakeCloudFormation":
        assert operation in {"describe_stack_events", "describe_events", "list_stack_resources"}
        self._paged = operation
        return self

    def paginate(self, **request: Any) -> Iterator[dict[str, Any]]:
        if self._paged == "list_stack_resources":
            rows = [{"LogicalResourceId": name, "ResourceStatus": status} for name, status in self.resources.items()]
            yield {"StackResourceSummaries": rows}
            return
        if self._paged == "describe_events":
            self.requests.append(("describe_events", request))
            yield {"OperationEvents": self.faults}
            return
        self._events += self.batches.pop(0) if self.batches else []
        newest_first = self._events[::-1]
        for start in range(0, max(len(newest_first), 1), self.page_size):
            self.requests.append(("describe_stack_events", request))
            yield {"StackEvents": newest_first[start : start + self.page_size]}

    def describe_stacks(self, **request: Any) -> dict[str, Any]:
        self.requests.append(("describe_stacks", request))
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        if status is None:
            raise client_error("ValidationError", f"Stack with id {request['StackName']} does not exist")
        parameters = [{"ParameterKey": key, "ParameterValue": value} for key, value in self.parameters.items()]
        return {"Stacks": [{"StackStatus": status, "StackId": STACK_ID, "Parameters": parameters}]}

    def create_change_set(self, **request: Any) -> dict[str, Any]:
        self.requests.append(("create_change_set", request))
        return {"Id": "arn:change-set", "StackId": STACK_ID}

    def describe_change_set(self, **request: Any) -> dict[str, Any]:
        self.requests.append(("describe_change_set", request))
        return self.change_sets.pop(0)

    def execute_change_set(self, **request: Any) -> None:
        self.requests.append(("execute_change_set", request))

    def list_change_sets(self, **request: Any) -> dict[str, Any]:
        self.requests.append(("list_change_sets", request))
        return {"Summaries": [{"ChangeSetName": name} for name in self.other_change_sets]}

    def delete_change_set(self, **request: Any) -> None:
        self.requests.append(("delete_change_set", request))

    def delete_stack(self, **request: Any) -> None:
        self.requests.append(("delete_stack", request))
        self.statuses = [status for status in self.statuses if status is None or status.startswith("DELETE")] or [None]


class FakeParameters:
    """Parameter Store; `versions` counts the writes of each parameter."""

    class exceptions:  # noqa: N801 (boto3's name)
        """The client's exceptions."""

        class ParameterNotFound(Exception):
            """The parameter does not exist."""

    def __init__(self, **stored: str) -> None:
        self.stored = {f"/agenticai/dev/{name.replace('_', '-')}": value for name, value in stored.items()}
        self.versions: dict[str, int] = {}
        self.types: set[str] = set()

    def get_parameters(self, *, Names: list[str], WithDecryption: bool) -> dict[str, Any]:  # noqa: N803 (boto3's names)
        assert WithDecryption
        return {"Parameters": [{"Name": name, "Value": self.stored[name]} for name in Names if name in self.stored]}

    def get_parameter(self, *, Name: str, WithDecryption: bool) -> dict[str, Any]:  # noqa: N803
        assert WithDecryption
        if Name not in self.stored:
            raise self.exceptions.ParameterNotFound
        return {"Parameter": {"Name": Name, "Value": self.stored[Name]}}

    def put_parameter(self, *, Name: str, Value: str, Type: str, Overwrite: bool) -> None:  # noqa: N803
        assert Overwrite or Name not in self.stored
        self.types.add(Type)
        self.stored[Name] = Value
        self.versions[Name] = self.versions.get(Name, 0) + 1


class FakeS3:
    """Buckets with objects, in one region and account; `fail_at` names a call that fails once."""

    def __init__(self, region: str = "us-east-1", account: str = "000000000000") -> None:
        self.meta = self
        self.region_name = region
        self.account = account
        self.buckets: dict[str, dict[str, bytes]] = {}
        self.created: list[dict[str, Any]] = []
        self.settings: dict[str, Any] = {}
        self.puts = 0
        self.fail_at = ""
        self.modified = datetime(2026, 11, 28, tzinfo=UTC)
        self.deleted: list[list[str]] = []

    def get_paginator(self, name: str) -> Any:
        assert name == "list_objects_v2"
        return self

    def paginate(self, *, Bucket: str, Prefix: str, ExpectedBucketOwner: str) -> Any:  # noqa: N803
        """Return the pages of a listing."""
        self._begin("list_objects_v2", ExpectedBucketOwner)
        if Bucket not in self.buckets:
            raise client_error("NoSuchBucket", "The specified bucket does not exist", 404)
        keys = [key for key in self.buckets[Bucket] if key.startswith(Prefix)]
        return [{}, {"Contents": [{"Key": key, "LastModified": self.modified} for key in keys]}]

    def delete_objects(self, *, Bucket: str, Delete: Any, ExpectedBucketOwner: str) -> None:  # noqa: N803
        self._begin("delete_objects", ExpectedBucketOwner)
        self.deleted.append([each["Key"] for each in Delete["Objects"]])
        assert len(self.deleted[-1]) <= 1_000
        for key in self.deleted[-1]:
            del self.buckets[Bucket][key]

    def create_bucket(self, **request: Any) -> None:
        self._begin("create_bucket", self.account)
        self.created.append(request)
        self.buckets[request["Bucket"]] = {}

    def get_bucket_lifecycle_configuration(self, *, Bucket: str, ExpectedBucketOwner: str) -> Any:  # noqa: N803
        self._begin("get_bucket_lifecycle_configuration", ExpectedBucketOwner)
        if Bucket not in self.buckets:
            raise client_error("NoSuchBucket", "The specified bucket does not exist", 404)
        if "put_bucket_lifecycle_configuration" not in self.settings:
            raise client_error("NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist", 404)
        return self.settings["put_bucket_lifecycle_configuration"]

    def __getattr__(self, name: str) -> Any:
        """Return one of the calls that configure a bucket."""
        if not name.startswith("put_"):
            raise AttributeError(name)

        def put(*, Bucket: str, ExpectedBucketOwner: str, **setting: Any) -> None:  # noqa: N803
            self._begin(name, ExpectedBucketOwner)
            assert Bucket in self.buckets
            (self.settings[name],) = setting.values()

        return put

    def head_object(self, *, Bucket: str, Key: str, ExpectedBucketOwner: str) -> None:  # noqa: N803
        self._begin("head_object", ExpectedBucketOwner)
        if Key not in self.buckets[Bucket]:
            raise client_error("404", "Not Found", 404)

    def put_object(self, *, Bucket: str, Key: str, Body: Any, ChecksumSHA256: str, ExpectedBucketOwner: str) -> None:  # noqa: N803
        self._begin("put_object", ExpectedBucketOwner)
        self.puts += 1
        self.buckets[Bucket][Key] = Body.read()

    def _begin(self, name: str, owner: str) -> None:
        if owner != self.account:
            raise client_error("AccessDenied", "Access Denied", 403)
        if name == self.fail_at:
            self.fail_at = ""
            raise client_error("ServiceUnavailable", "Reduce your request rate.", 503)
