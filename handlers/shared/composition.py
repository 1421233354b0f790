"""Where a function's settings become its connections: once, on first use, never at import."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shared.identifiers import new_ulid, now
from shared.language_model.port import LanguageModel
from shared.models.base import TolerantModel
from shared.projects import Projects
from shared.queues import Outgoing, Queue, SqsOutgoing
from shared.storage.dynamodb import DynamoDbTable
from shared.storage.objects import Objects, S3Objects

if TYPE_CHECKING:
    from botocore.config import Config


class Settings(TolerantModel):
    """What the template puts into every function's environment."""

    table_name: str
    bucket_name: str
    pm_queue_url: str
    dev_queue_url: str
    qa_queue_url: str
    ops_queue_url: str

    def queue_urls(self) -> Mapping[Queue, str]:
        """The address of each queue."""
        return {
            Queue.PM: self.pm_queue_url,
            Queue.DEV: self.dev_queue_url,
            Queue.QA: self.qa_queue_url,
            Queue.OPS: self.ops_queue_url,
        }


class ModelSettings(TolerantModel):
    """What the template gives the functions that ask the language model."""

    gemini_api_key_parameter: str
    gemini_model: str
    gemini_endpoint: str = ""


@dataclass(frozen=True)
class Connections:
    """What a function is connected to."""

    projects: Projects
    objects: Objects
    outgoing: Outgoing


def connect(environ: Mapping[str, str]) -> Connections:
    """The connections that the environment names; raises pydantic's ValidationError if one is missing."""
    import boto3

    settings = Settings.model_validate(_lower(environ))
    config = _config()
    return Connections(
        projects=Projects(
            DynamoDbTable(boto3.client("dynamodb", config=config), settings.table_name),
            clock=now,
            identifiers=new_ulid,
        ),
        objects=S3Objects(boto3.client("s3", config=config), settings.bucket_name),
        outgoing=SqsOutgoing(boto3.client("sqs", config=config), settings.queue_urls()),
    )


def connect_model(environ: Mapping[str, str]) -> LanguageModel:
    """The language model that the environment names; its key comes from SSM, cached for five minutes."""
    from aws_lambda_powertools.utilities.parameters import get_parameter

    from shared.language_model.google_genai import GoogleGenaiModel

    settings = ModelSettings.model_validate(_lower(environ))
    key = get_parameter(settings.gemini_api_key_parameter, decrypt=True, max_age=300)
    return GoogleGenaiModel(key, settings.gemini_model, settings.gemini_endpoint or None)


def _lower(environ: Mapping[str, str]) -> dict[str, Any]:
    return {name.lower(): value for name, value in environ.items()}


def _config() -> "Config":
    from botocore.config import Config

    # Path addressing: a bucket's name is not a host name that every engine resolves.
    return Config(
        connect_timeout=3,
        read_timeout=20,
        retries={"mode": "standard", "total_max_attempts": 4},
        s3={"addressing_style": "path"},
    )
