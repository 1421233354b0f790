"""Declares routes: everything about a route in one place; this module and `openapi` derive the rest."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from inspect import cleandoc
from types import MappingProxyType
from typing import Any, Final, TypeVar

from aws_lambda_powertools.event_handler.openapi.types import OpenAPIResponse
from aws_lambda_powertools.event_handler.router import APIGatewayRouter

from api_handler.commands import Commands
from api_handler.problems import CONTENT_TYPE
from api_handler.service import Service

_PROBLEM: Final[Any] = {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
_NOTHING_MORE: Final[Mapping[Any, Any]] = MappingProxyType({})

F = TypeVar("F", bound=Callable[..., Any])


class Routes(APIGatewayRouter):
    """The routes of one section of the API's document, with access to the use cases.

    In the document, a route is named after its function and described by the function's docstring, whose first
    paragraph is the title. Only answers that cannot be derived are declared.
    """

    def __init__(self, section: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._section = section

    def serve(
        self,
        method: str,
        path: str,
        answer: str,
        status: int = HTTPStatus.OK,
        *,
        shape: Mapping[str, Any] = _NOTHING_MORE,
        problems: Mapping[int, str] = _NOTHING_MORE,
        **more: Any,
    ) -> Callable[[F], F]:
        """Return a decorator that serves a method of a path.

        `answer` describes the answer with `status`, and `shape` is the rest of its OpenAPI object; `problems` are those
        of this route alone, by status; `more` is passed on to Powertools.
        """
        responses: dict[int, Any] = {int(status): {"description": answer, **shape}}
        responses.update({code: describe_problem(description) for code, description in problems.items()})

        def register(function: F) -> F:
            title, _, description = cleandoc(function.__doc__ or "").partition("\n\n")
            declare = self.route(
                path,
                method,
                summary=title.removesuffix("."),
                description=" ".join(description.split()) or None,
                responses=responses,
                tags=[self._section],
                operation_id=_to_camel_case(function.__name__),
                status_code=int(status),
                **more,
            )
            return declare(function)

        return register

    @property
    def service(self) -> Service:
        """The use cases that only read."""
        service: Service = self.context["service"]()
        return service

    @property
    def commands(self) -> Commands:
        """The use cases that change projects."""
        commands: Commands = self.context["commands"]()
        return commands

    @property
    def correlation_id(self) -> str:
        """The id of the request, which all logs of the work that it starts contain."""
        request_id: str = self.current_event.request_context.request_id
        return request_id

    def remaining(self) -> float:
        """Return the seconds until the function times out."""
        return float(self.lambda_context.get_remaining_time_in_millis() / 1000)


def describe_problem(description: str) -> OpenAPIResponse:
    """Return an OpenAPI answer that is a problem document."""
    return {"description": description, "content": _PROBLEM}


def _to_camel_case(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
