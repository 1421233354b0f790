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
    return _api().answer(event, context)


@cache
def _api() -> Api:
    return Api(_tokens, _service, _commands, _settings().allowed_origin, logger.exception)


@cache
def _tokens() -> Tokens:
    return make_tokens(_settings())


@cache
def _service() -> Service:
    return make_service(_connections(), _settings(), logger.warning)


@cache
def _commands() -> Commands:
    return make_commands(_connections())


@cache
def _settings() -> ApiSettings:
    return read_settings(ApiSettings, os.environ)


@cache
def _connections() -> Connections:
    return connect(_settings())
