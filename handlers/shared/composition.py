"""Where a function's settings become its connections: once, on first use, never at import."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from shared.deletion import Deletion
from shared.identifiers import new_ulid, now
from shared.language_model.port import LanguageModel
from shared.models.base import TolerantModel
from shared.models.messages import AnyMessage
from shared.projects import Projects
from shared.queues import Queue, SqsOutgoing
from shared.storage.dynamodb import DynamoDbTable
from shared.storage.objects import Objects, S3Objects
from shared.storage.table import Table
from shared.worker import Agent, Worker

if TYPE_CHECKING:
    from botocore.config import Config

Postpone = Callable[[str, float], None]

M = TypeVar("M", bound=AnyMessage)
R = TypeVar("R")


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


class ModelAdapter(StrEnum):
    """The SDK through which the language model is asked; the second needs its package among a function's own."""

    GOOGLE_GENAI = "google_genai"
    GOOGLE_GENERATIVEAI = "google_generativeai"


class ModelSettings(TolerantModel):
    """What the template gives the functions that ask the language model."""

    gemini_api_key_parameter: str
    gemini_model: str
    gemini_endpoint: str = ""
    model_adapter: ModelAdapter = ModelAdapter.GOOGLE_GENAI


@dataclass(frozen=True)
class Connections:
    """What a function is connected to."""

    table: Table
    objects: Objects
    outgoing: SqsOutgoing

    @property
    def projects(self) -> Projects:
        """The projects of the table."""
        return Projects(self.table, clock=now, identifiers=new_ulid)

    @property
    def deletion(self) -> Deletion:
        """What ends a project."""
        return Deletion(self.table, self.objects)

    def postpone(self, queue: Queue) -> Postpone:
        """What puts off the redelivery of a queue's messages."""
        return partial(self.outgoing.postpone, queue)

    def worker(self, agent: Agent[M, R], note: Callable[[str], None]) -> Worker[M, R]:
        """The worker that runs an agent; `note` is told what the timeline does not say."""
        return Worker(agent, self.projects, self.deletion, self.outgoing, note, now)


def connect(environ: Mapping[str, str]) -> Connections:
    """The connections that the environment names; raises pydantic's ValidationError if one is missing."""
    import boto3

    settings = Settings.model_validate(_lower(environ))
    config = _config()
    return Connections(
        table=DynamoDbTable(boto3.client("dynamodb", config=config), settings.table_name),
        objects=S3Objects(boto3.client("s3", config=config), settings.bucket_name),
        outgoing=SqsOutgoing(boto3.client("sqs", config=config), settings.queue_urls()),
    )


def connect_model(environ: Mapping[str, str]) -> LanguageModel:
    """The language model that the environment names; its key comes from SSM, cached for five minutes."""
    from random import random
    from threading import Event

    from aws_lambda_powertools.utilities.parameters import get_parameter

    from shared.language_model.retrying import RetryingModel

    settings = ModelSettings.model_validate(_lower(environ))
    key = get_parameter(settings.gemini_api_key_parameter, decrypt=True, max_age=300)
    return RetryingModel(adapter(settings, key), wait=Event().wait, chance=random)


def adapter(settings: ModelSettings, key: str) -> LanguageModel:
    """The language model's adapter that the settings name, with an API key."""
    endpoint = settings.gemini_endpoint or None
    if settings.model_adapter is ModelAdapter.GOOGLE_GENERATIVEAI:
        from shared.language_model.google_generativeai import GoogleGenerativeaiModel

        return GoogleGenerativeaiModel(key, settings.gemini_model, endpoint)
    from shared.language_model.google_genai import GoogleGenaiModel

    return GoogleGenaiModel(key, settings.gemini_model, endpoint)


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
