"""The QA agent's Lambda function."""

import os
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.typing import LambdaContext

from qa_agent.agent import QaAgent, Tested
from shared.composition import Connections, connect
from shared.models.messages import TestRequested
from shared.queues import Queue
from shared.sqs_batch import serve
from shared.worker import Worker

logger = Logger()


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Handle one SQS batch of test requests."""
    return serve(
        event,
        context,
        worker=_worker(),
        accepts=TestRequested,
        postpone=_connections().postpone(Queue.QA),
        logger=logger,
    )


@cache
def _worker() -> Worker[TestRequested, Tested]:
    connections = _connections()
    agent = QaAgent(connections.projects, connections.objects)
    return connections.worker(agent, logger.info)


@cache
def _connections() -> Connections:
    return connect(os.environ)
