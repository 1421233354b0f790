"""The API's client retries requests that failed on the other side, in such a way that they are applied once."""

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime

import httpx2
import pytest

from agenticai.client.api import PAUSES, ProjectsApi
from agenticai.client.errors import ApiError
from shared.models.project import Revision, TokenUsage
from shared.models.template import TemplateSummary
from shared.models.views import ProjectView, TemplatePage
from shared.models.workflow import ProjectStatus

AT = datetime(2026, 1, 1, tzinfo=UTC)
PROJECT = ProjectView(
    id="0" * 26,
    name="demo",
    requirements="A program.",
    template=None,
    status=ProjectStatus.CREATED,
    revision=Revision(build=1),
    created_at=AT,
    updated_at=AT,
    score=None,
    failure=None,
    tokens=TokenUsage(),
)
CREATED = httpx2.Response(201, text=PROJECT.model_dump_json())
CRASHED = httpx2.Response(502, json={"message": "Internal server error"})
BUSY = httpx2.Response(503, json={"detail": "The table does not answer."})
NONE = httpx2.Response(404, json={"detail": "There is no such project."})


class Server:
    """Answers one request after the other, and keeps them."""

    def __init__(self, *answers: httpx2.Response) -> None:
        self._answers = iter(answers)
        self.requests: list[httpx2.Request] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        return next(self._answers)

    @property
    def keys(self) -> Sequence[str | None]:
        """The Idempotency-Keys of the requests."""
        return [request.headers.get("Idempotency-Key") for request in self.requests]


def api(server: Server, waits: list[float]) -> ProjectsApi:
    """Return a client whose keys are numbers."""
    keys = itertools.count(1)
    transport = httpx2.MockTransport(server)
    return ProjectsApi("http://api", "token", wait=waits.append, new_key=lambda: str(next(keys)), transport=transport)


def test_a_post_that_failed_is_repeated_with_its_key_and_the_next_has_another() -> None:
    server, waits = Server(CRASHED, BUSY, CREATED, CREATED), list[float]()
    with api(server, waits) as client:
        assert client.create("demo", "A program.") == PROJECT
        client.retry(PROJECT.id)
    assert server.keys == ["1", "1", "1", "2"]
    assert len({request.content for request in server.requests[:3]}) == 1
    assert waits == [*PAUSES[:2]]


def test_it_gives_up_in_the_end_and_says_what_the_api_said() -> None:
    server, waits = Server(*[BUSY] * (len(PAUSES) + 1)), list[float]()
    with api(server, waits) as client, pytest.raises(ApiError, match="503: The table does not answer"):
        client.get(PROJECT.id)
    assert waits == [*PAUSES]
    assert set(server.keys) == {None}


def test_what_was_refused_is_not_repeated() -> None:
    server, waits = Server(NONE), list[float]()
    with api(server, waits) as client, pytest.raises(ApiError, match=r"refused this \(404\): There is no such project"):
        client.delete(PROJECT.id)
    assert waits == []


def test_a_deletion_whose_answer_was_lost_is_done() -> None:
    server = Server(CRASHED, NONE)
    with api(server, []) as client:
        client.delete(PROJECT.id)
    assert len(server.requests) == 2


def test_a_list_is_read_to_its_last_page() -> None:
    templates = [TemplateSummary(id=f"t{number}", name="To-do", description="A list.") for number in range(3)]
    pages = [TemplatePage(items=templates[:2], next="c 1"), TemplatePage(items=templates[2:], next=None)]
    server = Server(*(httpx2.Response(200, text=page.model_dump_json()) for page in pages))
    with api(server, []) as client:
        assert client.list_templates() == templates
    queries = [dict(request.url.params) for request in server.requests]
    assert queries == [{"limit": "1000"}, {"limit": "1000", "cursor": "c 1"}]
