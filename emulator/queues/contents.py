"""The control API's routes below `queues/`: messages of a queue without receiving them, and the history of depths."""

from collections.abc import Sequence
from typing import Protocol

from pydantic import TypeAdapter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from agenticai.emulator.core.bench_records import (
    DepthHistory,
    HistoryRequest,
    MessagePage,
    PageRequest,
    QueuesNow,
    ReceivedMessage,
    ReceiveRequest,
)
from agenticai.emulator.http.json_bodies import answer_with, answer_with_all, read_body

RECEIVED = TypeAdapter(tuple[ReceivedMessage, ...])


class NoSuchQueue(HTTPException):
    """There is no queue of this name."""

    def __init__(self, message: str) -> None:
        super().__init__(404, message)


class QueueContents(Protocol):
    """The messages of an engine's queues. Methods that take a queue's name raise NoSuchQueue."""

    def list_messages(self, queue: str, request: PageRequest) -> MessagePage:
        """Return messages without changing them."""
        ...

    def list_queues(self) -> QueuesNow:
        """Return the depth of each queue, and the age of its oldest message."""
        ...

    def list_depth_changes(self, request: HistoryRequest) -> DepthHistory:
        """Return how the depths of all queues changed."""
        ...

    def receive(self, queue: str, request: ReceiveRequest) -> Sequence[ReceivedMessage]:
        """Receive exactly these messages, without those that are deleted or not visible."""
        ...


def build_contents_routes(contents: QueueContents) -> list[Route]:
    """Return the routes below `queues` that `ControlClient` calls."""

    async def list_queues(_: Request) -> Response:
        return answer_with(contents.list_queues())

    async def list_messages(request: Request) -> Response:
        page = PageRequest.model_validate(dict(request.query_params))
        return answer_with(contents.list_messages(request.path_params["queue"], page))

    async def list_depth_changes(request: Request) -> Response:
        return answer_with(contents.list_depth_changes(HistoryRequest.model_validate(dict(request.query_params))))

    async def receive(request: Request) -> Response:
        body = await read_body(request, ReceiveRequest)
        return answer_with_all(RECEIVED, tuple(contents.receive(request.path_params["queue"], body)))

    return [
        Route("/queues", list_queues),
        Route("/queues/history", list_depth_changes),
        Route("/queues/{queue}/messages", list_messages),
        Route("/queues/{queue}/receive", receive, methods=["POST"]),
    ]
