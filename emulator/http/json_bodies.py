"""Reads and writes the control API's bodies: records as JSON."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from pydantic import BaseModel, TypeAdapter
from starlette.requests import Request
from starlette.responses import Response

R = TypeVar("R", bound=BaseModel)
T = TypeVar("T")


class NotJson(Exception):
    """A body has a content type other than JSON."""


async def read_body(request: Request, kind: type[R]) -> R:
    """Return the request's body as a record. Raises ValidationError and NotJson."""
    return kind.model_validate_json(await read_json(request))


async def read_json(request: Request) -> bytes:
    """Return a body with the content type JSON, which a page's form cannot send. Raises NotJson."""
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        raise NotJson
    return await request.body()


def answer_with(record: BaseModel) -> Response:
    """Return a response with a record as JSON."""
    return Response(record.model_dump_json(), media_type="application/json")


def answer_with_all(kind: TypeAdapter[tuple[T, ...]], records: tuple[T, ...]) -> Response:
    """Return a response with several records as JSON."""
    return Response(kind.dump_json(records), media_type="application/json")


def make_list_endpoint(
    kind: TypeAdapter[tuple[T, ...]], read: Callable[[], tuple[T, ...]]
) -> Callable[[Request], Awaitable[Response]]:
    """Return an endpoint that answers with the records that `read` returns."""

    async def answer(_: Request) -> Response:
        return answer_with_all(kind, read())

    return answer
