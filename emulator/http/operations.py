"""Finds the AWS operation of an HTTP request by its headers, its form, or botocore's service models."""

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from agenticai.emulator.http.request import Request

if TYPE_CHECKING:
    from botocore.model import OperationModel

FORM_BYTES = 64 * 1024
"""How many bytes of a form are read to find the operation, which comes first in AWS's query protocol."""

_RPC_V2 = re.compile(r"/service/[^/]+/operation/([^/]+)$")
_LABEL = re.compile(r"\{([^}]+)\}")


def find_operation(request: Request, service: str, form: str = "") -> str:
    """Return the operation's name, or the HTTP method if the service's models have no such request."""
    if service == "execute-api":
        return "Invoke"
    if target := request.headers.get("x-amz-target"):
        return target.rpartition(".")[2]
    if rpc := _RPC_V2.search(request.path):
        return rpc.group(1)
    if action := request.get_parameter("Action") or next(iter(parse_qs(form).get("Action", [])), None):
        return action
    return _find_rest_operation(request, service) or request.method


def _find_rest_operation(request: Request, service: str) -> str | None:
    """Return the most specific operation that matches: `PUT /b/k?acl` is PutObjectAcl and not PutObject."""
    matching = [route for route in list_rest_routes(service) if route.fits(request)]
    return max(matching, key=lambda route: route.weight).operation if matching else None


@dataclass(frozen=True)
class Route:
    """An operation's HTTP binding: method, path, and its required query parameters and headers."""

    operation: str
    method: str
    path: re.Pattern[str]
    query: Mapping[str, str]
    required_query: frozenset[str]
    required_headers: frozenset[str]
    static_length: int

    @property
    def weight(self) -> tuple[int, int]:
        """The specificity: the number of conditions, then the amount of fixed text in the path."""
        return len(self.query) + len(self.required_query) + len(self.required_headers), self.static_length

    def fits(self, request: Request) -> bool:
        """Return whether the request can be this operation."""
        parameters = request.parameters
        return (
            request.method == self.method
            and self.path.fullmatch(request.path) is not None
            and all(
                name in parameters and (not value or value in parameters[name]) for name, value in self.query.items()
            )
            and self.required_query <= parameters.keys()
            and self.required_headers <= request.headers.keys()
        )


@functools.cache
def list_rest_routes(service: str) -> tuple[Route, ...]:
    """Return the HTTP bindings of all REST services that sign as `service`, from botocore's models."""
    from botocore.loaders import Loader  # imported here because it is slow
    from botocore.model import ServiceModel

    loader = Loader()
    names = [name for name in loader.list_available_services("service-2") if name.startswith(service)]
    models = [ServiceModel(loader.load_service_model(name, "service-2"), name) for name in names]
    signing = [model for model in models if model.signing_name == service]
    return tuple(_build_route(model.operation_model(name)) for model in signing for name in model.operation_names)


def _build_route(operation: "OperationModel") -> Route:
    uri, _, query = operation.http["requestUri"].partition("?")
    shape = operation.input_shape
    required = [shape.members[name].serialization for name in shape.required_members] if shape else []
    return Route(
        operation=operation.name,
        method=operation.http["method"],
        path=_compile_path(uri),
        query={key: values[0] for key, values in parse_qs(query, keep_blank_values=True).items()},
        required_query=frozenset(member["name"] for member in required if member.get("location") == "querystring"),
        required_headers=frozenset(member["name"].lower() for member in required if member.get("location") == "header"),
        static_length=len(_LABEL.sub("", uri)),
    )


def _compile_path(uri: str) -> re.Pattern[str]:
    """Return the pattern of a path such as `/{Bucket}/{Key+}`: only greedy labels match slashes."""
    parts = _LABEL.split(uri)
    labels = ["(?:.+)" if label.endswith("+") else "[^/]+" for label in parts[1::2]]
    literals = [re.escape(part) for part in parts[::2]]
    return re.compile("".join(a + b for a, b in zip(literals, [*labels, ""], strict=True)) + "/?")
