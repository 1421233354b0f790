"""An agent's Lambda function: the worker contract over one queue, composed when the first message comes."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, TypeVar

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from shared.composition import Connections, connect
from shared.models.messages import AnyMessage
from shared.queues import DESTINATION
from shared.sqs_batch import BatchResponse, Postpone, serve
from shared.worker import Agent, Worker

Handler = Callable[[dict[str, Any], LambdaContext], BatchResponse]

M = TypeVar("M", bound=AnyMessage)
R = TypeVar("R")


def agent_function(
    accepts: type[M], agent: Callable[[Connections], Agent[M, R]], environ: Mapping[str, str]
) -> Handler:
    """The handler of the function that serves the queue of a kind of message with an `agent`."""
    logger = Logger()

    @cache
    def composed() -> tuple[Worker[M, R], Postpone]:
        connections = connect(environ)
        return connections.worker(agent(connections), logger.info), connections.postpone(DESTINATION[accepts])

    @logger.inject_lambda_context
    def handler(event: dict[str, Any], context: LambdaContext) -> BatchResponse:
        worker, postpone = composed()
        return serve(event, context, worker=worker, accepts=accepts, postpone=postpone, logger=logger)

    return handler
