"""Composes a function's connections from its settings: once, on first use, never at import."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, partial
from random import random
from time import sleep
from typing import TYPE_CHECKING, Any, TypeVar

from shared.deletion import Deletion
from shared.identifiers import new_ulid, now
from shared.language_model.api_key import KeyedModel, read_key
from shared.language_model.port import LanguageModel
from shared.language_model.retrying import RetryingModel, Wait
from shared.metrics import Measure, ignore_metrics, make_embedded_metrics
from shared.models.base import TolerantModel
from shared.models.messages import AnyMessage
from shared.projects import Projects
from shared.queues import AgentQueue, SqsOutgoing
from shared.reversal import Reversals
from shared.storage.dynamodb import DynamoDbTable
from shared.storage.objects import Objects, S3Objects
from shared.storage.table import Table
from shared.worker import Agent, Worker
from shared.works import Works

if TYPE_CHECKING:
    from botocore.session import Session

    from shared.runners.port import Runner

M = TypeVar("M", bound=AnyMessage)
R = TypeVar("R")
S = TypeVar("S", bound="Settings")


class Settings(TolerantModel):
    """The settings that the template puts into every function's environment; functions with more settings extend it."""

    table_name: str
    bucket_name: str
    pm_queue_url: str
    dev_queue_url: str
    qa_queue_url: str
    ops_queue_url: str
    stage: str = ""
    business_metrics: bool = False

    def queue_urls(self) -> Mapping[AgentQueue, str]:
        """Return the URL of each queue."""
        return {
            AgentQueue.PM: self.pm_queue_url,
            AgentQueue.DEV: self.dev_queue_url,
            AgentQueue.QA: self.qa_queue_url,
            AgentQueue.OPS: self.ops_queue_url,
        }


class ModelAdapter(StrEnum):
    """The package for calls to the language model; the second one has to be added to a function's requirements."""

    GOOGLE_GENAI = "google-genai"
    GOOGLE_GENERATIVEAI = "google-generativeai"


class ModelSettings(TolerantModel):
    """The settings of the language model."""

    gemini_api_key_parameter: str
    gemini_model: str
    gemini_endpoint: str = ""
    model_adapter: ModelAdapter = ModelAdapter.GOOGLE_GENAI


class AskingSettings(Settings, ModelSettings):
    """The settings of a function that calls the language model."""


class RunningSettings(Settings):
    """The settings of a function that runs generated software."""

    runner_function: str
    node_runner_function: str


@dataclass(frozen=True)
class Connections:
    """A function's connections."""

    table: Table
    objects: Objects
    outgoing: SqsOutgoing
    measure: Measure = ignore_metrics

    @property
    def projects(self) -> Projects:
        """The projects in the table."""
        return Projects(self.table)

    @property
    def works(self) -> Works:
        """The work on projects."""
        return Works(self.table, clock=now, identifiers=new_ulid)

    @property
    def deletion(self) -> Deletion:
        """The deletion of projects."""
        return Deletion(self.table, self.objects)

    def postpone(self, queue: AgentQueue) -> Callable[[str, float], None]:
        """Return a function that postpones the redelivery of a queue's messages."""
        return partial(self.outgoing.postpone, queue)

    def make_worker(self, agent: Agent[M, R], note: Callable[[str], None]) -> Worker[M, R]:
        """Return the worker that runs an agent; `note` is called with what the timeline does not record."""
        reversals = Reversals(self.projects, self.objects)
        return Worker(agent, self.works, self.deletion, reversals, self.outgoing, note, now, self.measure)


def read_settings(kind: type[S], environ: Mapping[str, str]) -> S:
    """Read a function's settings from its environment. Raises pydantic's ValidationError if one is missing."""
    return kind.model_validate({name.lower(): value for name, value in environ.items()})


def connect(settings: Settings) -> Connections:
    """Return the connections for the settings."""
    return Connections(
        table=DynamoDbTable(get_client("dynamodb"), settings.table_name),
        objects=S3Objects(get_client("s3"), settings.bucket_name),
        outgoing=SqsOutgoing(partial(get_client, "sqs"), settings.queue_urls()),
        measure=make_embedded_metrics(settings.stage) if settings.business_metrics else ignore_metrics,
    )


def connect_model(settings: ModelSettings, wait: Wait = sleep) -> LanguageModel:
    """Return the configured language model, with its key in Parameter Store; `wait` waits before a retry."""
    key = partial(read_key, get_client("ssm"), settings.gemini_api_key_parameter)
    return RetryingModel(KeyedModel(key, partial(make_adapter, settings)), wait=wait, chance=random)


def connect_runner(settings: RunningSettings) -> "Runner":
    """Return the configured runner for all languages; it is called without retries, because a run takes long."""
    from shared.runners.lambda_function import ANSWERS_SECONDS, LambdaRunner
    from shared.runners.languages import LanguageRunners

    make_client = partial(get_client, "lambda", read_timeout=ANSWERS_SECONDS, attempts=1)
    return LanguageRunners(
        {
            "python": LambdaRunner(make_client, settings.runner_function),
            "node": LambdaRunner(make_client, settings.node_runner_function),
        }
    )


def make_adapter(settings: ModelSettings, key: str) -> LanguageModel:
    """Return the configured adapter for the language model, with an API key."""
    endpoint = settings.gemini_endpoint or None
    if settings.model_adapter is ModelAdapter.GOOGLE_GENERATIVEAI:
        from shared.language_model.google_generativeai import GoogleGenerativeaiModel

        return GoogleGenerativeaiModel(key, settings.gemini_model, endpoint)
    from shared.language_model.google_genai import GoogleGenaiModel

    return GoogleGenaiModel(key, settings.gemini_model, endpoint)


@cache
def get_client(service: str, *, read_timeout: float = 20, attempts: int = 4) -> Any:
    """Return botocore's client of a service, as boto3 does: importing boto3 as well would take longer.

    It waits `read_timeout` seconds for an answer, and makes `attempts` attempts before it raises.
    """
    from botocore.config import Config

    # Path addressing, as not every engine resolves a bucket's name as a host name. And for S3, botocore would sign
    # links by an old method, which S3 no longer accepts everywhere.
    config = Config(
        signature_version="s3v4" if service == "s3" else None,
        connect_timeout=min(3, read_timeout / 2),
        read_timeout=read_timeout,
        retries={"mode": "standard", "total_max_attempts": attempts},
        s3={"addressing_style": "path"},
    )
    return _get_session().create_client(service, config=config)


@cache
def _get_session() -> "Session":
    """Return one session for all clients: their common data is read once."""
    from botocore.session import get_session

    return get_session()
