"""The Dev agent's Lambda function."""

import os
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.typing import LambdaContext

from dev_agent.agent import DevAgent, Developed
from shared.composition import Connections, connect, connect_model
from shared.models.messages import TaskReady
from shared.queues import Queue
from shared.sqs_batch import serve
from shared.worker import Worker

logger = Logger()


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Handle one SQS batch of tasks."""
    return serve(
        event, context, worker=_worker(), accepts=TaskReady, postpone=_connections().postpone(Queue.DEV), logger=logger
    )


@cache
def _worker() -> Worker[TaskReady, Developed]:
    connections = _connections()
    agent = DevAgent(connections.projects, connections.objects, connect_model(os.environ))
    return connections.worker(agent, logger.info)


@cache
def _connections() -> Connections:
    return connect(os.environ)
