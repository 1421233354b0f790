"""Composes the API's connections from its settings: once, on first use, never at import."""

from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from api_handler.archives import Archives
from api_handler.commands import Commands
from api_handler.health import Ask, HealthChecks
from api_handler.requests import Requests
from api_handler.service import Service
from api_handler.tokens import StoredToken, Tokens
from shared.composition import Connections, Settings, get_client
from shared.identifiers import new_ulid, now
from shared.models.errors import Retryable
from shared.templates import Templates

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

Note = Callable[[str], object]


class ApiSettings(Settings):
    """The settings that the template puts into the API's environment; without `allowed_origin`, CORS is off."""

    api_token_parameter: str
    gemini_api_key_parameter: str
    allowed_origin: str = ""


def make_service(connections: Connections, settings: ApiSettings, note: Note) -> Service:
    """Return the use cases that only read."""
    return Service(
        projects=connections.projects,
        objects=connections.objects,
        archives=Archives(connections.table, connections.objects),
        deletion=connections.deletion,
        templates=Templates(connections.table),
        health=HealthChecks(cache(partial(_make_dependency_checks, settings)), now, note),
    )


def make_commands(connections: Connections) -> Commands:
    """Return the use cases that change projects."""
    return Commands(
        requests=Requests(connections.table, clock=now, identifiers=new_ulid),
        projects=connections.projects,
        deletion=connections.deletion,
        outgoing=connections.outgoing,
        templates=Templates(connections.table),
    )


def make_tokens(settings: ApiSettings) -> Tokens:
    """Return the tokens, which are read from Parameter Store."""
    ssm = get_client("ssm", read_timeout=8, attempts=3)
    return Tokens(partial(read_token, ssm, settings.api_token_parameter), now)


def read_token(ssm: "SSMClient", name: str, version: int | None) -> StoredToken | None:
    """Return a version of the token's parameter; the newest for None (see docs.aws.amazon.com/systems-manager).

    An older version that may not be read counts as deleted; the newest must be readable.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        parameter = ssm.get_parameter(Name=f"{name}:{version}" if version else name, WithDecryption=True)["Parameter"]
    except (ssm.exceptions.ParameterNotFound, ssm.exceptions.ParameterVersionNotFound):
        return None
    except (ClientError, BotoCoreError) as error:
        if version and isinstance(error, ClientError) and error.response["Error"]["Code"] == "AccessDeniedException":
            return None
        raise Retryable(f"the token could not be read: {error}") from error
    return StoredToken(parameter["Value"], parameter["Version"], parameter["LastModifiedDate"])


def _make_dependency_checks(settings: ApiSettings) -> dict[str, Ask]:
    """Return the API's dependencies by name, each with the cheapest call that proves it works."""
    parameters = [settings.api_token_parameter, settings.gemini_api_key_parameter]
    checks: dict[str, Ask] = {
        "table": _make_call(
            "dynamodb", "get_item", TableName=settings.table_name, Key={"PK": {"S": "-"}, "SK": {"S": "-"}}
        ),
        "bucket": _make_call("s3", "head_bucket", Bucket=settings.bucket_name),
        "parameters": _make_parameter_check(parameters),
    }
    for queue, url in settings.queue_urls().items():
        checks[f"{queue}-queue"] = _make_call("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=["QueueArn"])
    return checks


def _make_call(service: str, operation: str, **request: Any) -> Callable[[], Mapping[str, Any]]:
    from botocore.exceptions import BotoCoreError, ClientError

    call = getattr(get_client(service, read_timeout=2, attempts=1), operation)  # not worth a long wait

    def ask() -> Mapping[str, Any]:
        try:
            answer: Mapping[str, Any] = call(**request)
        except (ClientError, BotoCoreError) as error:
            raise Retryable(str(error)) from error
        return answer

    return ask


def _make_parameter_check(names: list[str]) -> Ask:
    filters = [{"Key": "Name", "Option": "Equals", "Values": names}]
    describe = _make_call("ssm", "describe_parameters", ParameterFilters=filters)

    def ask() -> None:
        missing = set(names) - {parameter["Name"] for parameter in describe()["Parameters"]}
        if missing:
            raise Retryable(f"there is no {', '.join(sorted(missing))}")

    return ask
