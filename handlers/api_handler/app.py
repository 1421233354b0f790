"""The API's Lambda function."""

import os
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.utilities.typing import LambdaContext

from api_handler.api import Api
from api_handler.commands import Commands
from api_handler.composition import ApiSettings, make_commands, make_service, make_tokens
from api_handler.service import Service
from api_handler.tokens import Tokens
from shared.composition import Connections, connect, read_settings

logger = Logger()


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_REST)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one API Gateway request."""
    return _get_api().answer(event, context)


@cache
def _get_api() -> Api:
    return Api(_get_tokens, _get_service, _get_commands, _get_settings().allowed_origin, logger.exception)


@cache
def _get_tokens() -> Tokens:
    return make_tokens(_get_settings())


@cache
def _get_service() -> Service:
    return make_service(_get_connections(), _get_settings(), logger.warning)


@cache
def _get_commands() -> Commands:
    return make_commands(_get_connections())


@cache
def _get_settings() -> ApiSettings:
    return read_settings(ApiSettings, os.environ)


@cache
def _get_connections() -> Connections:
    return connect(_get_settings())
