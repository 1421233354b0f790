"""An agent's Lambda function: the worker contract for one queue, composed when the first message arrives."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, TypeVar

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from shared.composition import Connections, Settings, connect, read_settings
from shared.models.messages import AnyMessage
from shared.queues import DESTINATION
from shared.sqs_batch import BatchResponse, Postpone, serve
from shared.worker import Agent, Worker

Handler = Callable[[dict[str, Any], LambdaContext], BatchResponse]

M = TypeVar("M", bound=AnyMessage)
R = TypeVar("R")
S = TypeVar("S", bound=Settings)


def make_agent_function(
    accepts: type[M],
    agent: Callable[[Connections, S], Agent[M, R]],
    environ: Mapping[str, str],
    settings: type[S],
) -> Handler:
    """Return the handler for the queue of a kind of message, which an `agent` processes.

    `settings` is the model of the function's settings, which are read from the environment once.
    """
    logger = Logger()

    @cache
    def composed() -> tuple[Worker[M, R], Postpone]:
        loaded = read_settings(settings, environ)
        connections = connect(loaded)
        return connections.make_worker(agent(connections, loaded), logger.info), connections.postpone(
            DESTINATION[accepts]
        )

    @logger.inject_lambda_context
    def handler(event: dict[str, Any], context: LambdaContext) -> BatchResponse:
        worker, postpone = composed()
        return serve(event, context, worker=worker, accepts=accepts, postpone=postpone, logger=logger)

    return handler
