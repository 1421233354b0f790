"""The PM agent's Lambda function."""

import os
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.typing import LambdaContext

from pm_agent.agent import Planned, PmAgent
from shared.composition import Connections, connect, connect_model
from shared.models.messages import PlanRequested
from shared.queues import Queue
from shared.sqs_batch import serve
from shared.worker import Worker

logger = Logger()


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Handle one SQS batch of plan requests."""
    return serve(
        event,
        context,
        worker=_worker(),
        accepts=PlanRequested,
        postpone=_connections().postpone(Queue.PM),
        logger=logger,
    )


@cache
def _worker() -> Worker[PlanRequested, Planned]:
    connections = _connections()
    agent = PmAgent(connections.projects, connections.objects, connect_model(os.environ))
    return connections.worker(agent, logger.info)


@cache
def _connections() -> Connections:
    return connect(os.environ)
