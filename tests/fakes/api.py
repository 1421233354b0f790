"""The API over fakes: takes requests in API Gateway's form, and returns answers."""

import hashlib
import itertools
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from api_handler.api import Api
from api_handler.archives import Archives
from api_handler.commands import Commands
from api_handler.health import Ask, HealthChecks
from api_handler.requests import Requests
from api_handler.service import Service
from api_handler.tokens import StoredToken, Tokens
from shared.deletion import Deletion
from shared.items import put_file
from shared.models.errors import Retryable
from shared.models.messages import AnyMessage
from shared.models.project import Revision
from shared.models.records import FileRecord
from shared.projects import Projects
from shared.templates import Templates
from tests.fakes.objects import InMemoryObjects
from tests.fakes.outgoing import SentMessages
from tests.fakes.table import InMemoryTable

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

TOKEN = "the-token"
START = datetime(2026, 1, 1, tzinfo=UTC)
REQUIREMENTS = "A library that greets people by name, with tests."


@dataclass
class Answer:
    """The answer that API Gateway gets."""

    status: int
    headers: dict[str, str]
    body: str

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def problem(self) -> str:
        """The last part of the problem's type."""
        assert self.headers["content-type"] == "application/problem+json"
        assert self.json["status"] == self.status
        assert self.json["request_id"] == self.headers["x-request-id"]
        assert isinstance(self.json["detail"], str)
        assert self.json["detail"], "it says what is wrong"
        assert "None" not in self.json["detail"]
        return str(self.json["type"]).removeprefix("urn:agenticai:problem:")


@dataclass
class BrokenQueues(SentMessages):
    """Queues that accept nothing while they are broken."""

    broken: bool = field(default=False)

    def send(self, messages: Iterable[AnyMessage], *, delay: int = 0) -> None:
        if self.broken:
            raise Retryable("the queue does not answer")
        super().send(messages, delay=delay)


class FakeApi:
    """The API over fakes."""

    def __init__(self, *, allowed_origin: str | None = None, things: Mapping[str, Ask] | None = None) -> None:
        self.table, self.objects, self.sent = InMemoryTable(), InMemoryObjects(), BrokenQueues()
        self.faults: list[str] = []
        self.notes: list[str] = []
        self.seconds_left = 29.0
        self.tokens = [TOKEN]
        ids, ticks = itertools.count(1), itertools.count(1)

        def clock() -> datetime:
            return START + timedelta(milliseconds=next(ticks))

        def identifiers() -> str:
            return f"{next(ids):026d}"

        self.projects = Projects(self.table)
        self.requests = Requests(self.table, clock=clock, identifiers=identifiers)
        deletion, templates = Deletion(self.table, self.objects), Templates(self.table)
        service = Service(
            self.projects,
            self.objects,
            Archives(self.table, self.objects),
            deletion,
            templates,
            HealthChecks(lambda: things or {"table": lambda: None}, clock, self.notes.append),
        )
        commands = Commands(self.requests, self.projects, deletion, self.sent, templates)
        tokens = Tokens(self._stored_token, clock)
        self._api = Api(lambda: tokens, lambda: service, lambda: commands, allowed_origin, self.faults.append)

    def _stored_token(self, version: int | None) -> StoredToken:
        """Return a version of the token, as Parameter Store does."""
        number = version or len(self.tokens)
        return StoredToken(self.tokens[number - 1], number, START)

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        raw: str | None = None,
        query: Mapping[str, str] | None = None,
        token: str | None = TOKEN,
        **headers: str,
    ) -> Answer:
        """Make one request; `raw` is an unencoded body, and names in `headers` have underscores."""
        text = raw if raw is not None else json.dumps(body) if body is not None else None
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {"content-type": "application/json", **sent} if text is not None else sent
        if token is not None:
            sent = {"authorization": f"Bearer {token}", **sent}
        event = {
            "path": path,
            "httpMethod": method,
            "headers": sent,
            "multiValueHeaders": {name: [value] for name, value in sent.items()},
            "queryStringParameters": dict(query or {}),
            "multiValueQueryStringParameters": {name: [value] for name, value in (query or {}).items()},
            "requestContext": {"requestId": "request-1", "stage": "v1", "path": f"/v1{path}"},
            "body": text,
            "isBase64Encoded": False,
        }
        context = SimpleNamespace(get_remaining_time_in_millis=lambda: self.seconds_left * 1000)
        made = self._api.answer(event, cast("LambdaContext", context))
        listed = {name.lower(): values for name, values in made["multiValueHeaders"].items()}
        assert all(len(values) == 1 for values in listed.values())
        return Answer(made["statusCode"], {name: values[0] for name, values in listed.items()}, made["body"] or "")

    def post(self, name: str = "demo", *, idempotency_key: str | None = None) -> Answer:
        """Create a project."""
        headers = {} if idempotency_key is None else {"idempotency_key": idempotency_key}
        return self.call("POST", "/api/projects", {"name": name, "requirements": REQUIREMENTS}, query=None, **headers)

    def add_file(self, project_id: str, path: str, text: str) -> None:
        """Add a file to a project, as Dev does."""
        content = text.encode()
        key = f"projects/{project_id}/{hashlib.sha256(content).hexdigest()}"
        stored = self.objects.put(key, content, "text/plain")
        record = FileRecord(path=path, language="python", revision=Revision(build=1), object=stored)
        self.table.write(put_file(project_id, record))
