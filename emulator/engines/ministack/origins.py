"""Finds the origins that a deployed API allows, in its configuration.

https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-cors.html and http-api-cors.html
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

VARIABLE: Final = "ALLOWED_ORIGIN"
"""The environment variable with the allowed origin, for a function that answers preflight requests itself."""

HEADER: Final = "method.response.header.access-control-allow-origin"
FUNCTION: Final = re.compile(r":function:([^:/]+)")


def list_allowed_origins(api_id: str) -> set[str]:
    """Return the origins that an API allows.

    They come from the CORS rules of an HTTP API, from the header that a REST API's integrations declare, or from the
    variable ALLOWED_ORIGIN of a function behind it.
    """
    from ministack.services import apigateway, apigateway_v1, lambda_svc

    rules = [api.get("corsConfiguration") or {} for api in _find_entries(apigateway._apis, api_id)]
    origins = {str(origin) for rule in rules for origin in rule.get("allowOrigins") or ()}
    rest_integrations = [*_list_rest_integrations(_find_entries(apigateway_v1._resources, api_id))]
    http_integrations = [
        each for table in _find_entries(apigateway._integrations, api_id) for each in list(table.values())
    ]
    for integration in rest_integrations:
        origins.update(_list_declared_origins(integration))
    uris = [str(each.get("uri") or each.get("integrationUri")) for each in (*rest_integrations, *http_integrations)]
    for name in {found for uri in uris for found in FUNCTION.findall(uri)}:
        for function in _find_entries(lambda_svc._functions, name):
            variables = (function["config"].get("Environment") or {}).get("Variables") or {}
            origins.add(str(variables.get(VARIABLE) or ""))
    return origins - {""}


def _find_entries(table: Any, name: str) -> list[Any]:
    """Return the entries of a table under a name, in all accounts and regions."""
    return [value for key, value in list(table._data.items()) if key[-1] == name]


def _list_rest_integrations(apis: list[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for resources in apis:
        for resource in list(resources.values()):
            for method in list((resource.get("resourceMethods") or {}).values()):
                yield method.get("methodIntegration") or {}


def _list_declared_origins(integration: Mapping[str, Any]) -> Iterator[str]:
    for response in list((integration.get("integrationResponses") or {}).values()):
        for name, value in (response.get("responseParameters") or {}).items():
            if name.lower() == HEADER:
                yield str(value).strip("'")
