"""The Ops agent's Lambda function."""

import os
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.typing import LambdaContext

from ops_agent.agent import OpsAgent, Packaged
from shared.composition import Connections, connect
from shared.models.messages import DeployRequested
from shared.queues import Queue
from shared.sqs_batch import serve
from shared.worker import Worker

logger = Logger()


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Handle one SQS batch of deploy requests."""
    return serve(
        event,
        context,
        worker=_worker(),
        accepts=DeployRequested,
        postpone=_connections().postpone(Queue.OPS),
        logger=logger,
    )


@cache
def _worker() -> Worker[DeployRequested, Packaged]:
    connections = _connections()
    agent = OpsAgent(connections.projects, connections.objects)
    return connections.worker(agent, logger.info)


@cache
def _connections() -> Connections:
    return connect(os.environ)
