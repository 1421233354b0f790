"""Creates the routes of HTTP APIs that a template describes in OpenAPI, as SAM does; MiniStack ignores them."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

_ANY: Final = "x-amazon-apigateway-any-method"
_INTEGRATION: Final = "x-amazon-apigateway-integration"
_METHODS: Final = frozenset({"delete", "get", "head", "options", "patch", "post", "put"})

Properties = Mapping[str, Any]


class HttpApis:
    """Creates the routes in the `Body` of an API when a stack creates or updates the API.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-open-api.html
    """

    def __init__(self, apigateway: Any, resources: Mapping[str, dict[str, Any]]) -> None:
        self._apigateway = apigateway
        handlers = resources["AWS::ApiGatewayV2::Api"]
        handlers["create"] = self._wrap_create(handlers["create"])
        handlers["update"] = self._wrap_update(handlers["update"])

    def _wrap_create(self, make: Callable[..., Any]) -> Callable[..., Any]:
        def create(logical_id: str, properties: Properties, stack: str) -> Any:
            created = make(logical_id, properties, stack)
            self._make_routes(created[0], properties)
            return created

        return create

    def _wrap_update(self, change: Callable[..., Any]) -> Callable[..., Any]:
        def update(api_id: str, old: Properties, new: Properties, *args: Any, **kwargs: Any) -> Any:
            result = change(api_id, old, new, *args, **kwargs)
            if old.get("Body") != new.get("Body"):
                self._apigateway._routes[api_id] = {}
                self._apigateway._integrations[api_id] = {}
                self._make_routes(api_id, new)
            return result

        return update

    def _make_routes(self, api_id: str, properties: Properties) -> None:
        for key, integration in list_routes(properties.get("Body")):
            _, _, payload = self._apigateway._create_integration(api_id, integration)
            target = f"integrations/{json.loads(payload)['integrationId']}"
            self._apigateway._create_route(api_id, {"routeKey": key, "target": target})


def list_routes(body: object) -> Iterator[tuple[str, Properties]]:
    """Yield the key and integration of each route in an OpenAPI document."""
    paths = body.get("paths") if isinstance(body, dict) else None
    for path, operations in paths.items() if isinstance(paths, dict) else ():
        for name, operation in operations.items():
            method = "ANY" if name == _ANY else name.upper() if name in _METHODS else ""
            integration = operation.get(_INTEGRATION) if method and isinstance(operation, dict) else None
            if isinstance(integration, dict):
                yield f"{method} {path}", _read_integration(integration)


def _read_integration(integration: Properties) -> Properties:
    return {
        "integrationType": str(integration.get("type", "")).upper(),
        "integrationUri": integration.get("uri", ""),
        "integrationMethod": integration.get("httpMethod", "POST"),
        "payloadFormatVersion": str(integration.get("payloadFormatVersion", "1.0")),
    }
