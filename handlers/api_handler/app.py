"""The API's Lambda function."""

import os
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent
from aws_lambda_powertools.utilities.typing import LambdaContext

from api_handler.access import admits
from api_handler.resolver import Resolver, closed_api, open_api
from api_handler.service import Service
from shared.composition import connect

TOKEN_SECONDS = 60

logger = Logger()


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_REST)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request of API Gateway."""
    app = _open_api() if admits(APIGatewayProxyEvent(event), _token) else _closed_api()
    app.context["service"] = _service
    return app.resolve(event, context)


@cache
def _open_api() -> Resolver:
    return open_api(_allowed_origin())


@cache
def _closed_api() -> Resolver:
    return closed_api(_allowed_origin())


def _allowed_origin() -> str | None:
    return os.environ.get("ALLOWED_ORIGIN") or None


@cache
def _service() -> Service:
    connections = connect(os.environ)
    return Service(connections.projects, connections.objects, connections.outgoing)


def _token() -> str:
    from aws_lambda_powertools.utilities.parameters import get_parameter

    return get_parameter(os.environ["API_TOKEN_PARAMETER"], decrypt=True, max_age=TOKEN_SECONDS)
