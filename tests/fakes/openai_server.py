"""A local server of the OpenAI-compatible API, which answers from cassettes."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from agenticai.emulator.gemini.canonical import CanonicalRequest, Content
from agenticai.emulator.gemini.cassettes import CassetteStore
from tests.fakes.serving import serving


@dataclass
class FakeModels:
    """The server's address, its models, and the requests."""

    url: str
    models: tuple[str, ...]
    asked: list[dict[str, Any]] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)


@contextmanager
def fake_models(
    cassettes: Path, *models: str, knows: str = "gemini-3.5-flash-lite", key: str = ""
) -> Iterator[FakeModels]:
    """Serve these models until the block ends. `knows` is the model of the cassettes; `key` is required if set."""
    store = CassetteStore.load(cassettes)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if key and self.headers["authorization"] != f"Bearer {key}":
                self.answer(401, {"error": {"message": "Invalid API key"}})
            elif self.path == "/v1/models":
                self.answer(200, {"object": "list", "data": [{"id": name, "object": "model"} for name in fake.models]})
            else:
                self.answer(404, {"error": "not found"})

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            fake.asked.append(body)
            fake.keys.add(self.headers["authorization"].removeprefix("Bearer "))
            if body["model"] not in fake.models:
                self.answer(404, {"error": {"message": f"model '{body['model']}' not found"}})
            elif found := store.find(_as_google(body, knows)):
                self.answer(200, _completion(f"<think>\nLet me see.\n</think>\n\n{found.text}"))
            else:
                self.answer(400, {"error": {"message": "This model knows nothing of that."}})

        def answer(self, status: int, document: object) -> None:
            content = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Write no log."""

    fake = FakeModels("", models)
    with serving(Handler) as url:
        fake.url = f"{url}/v1"
        yield fake


def _as_google(body: dict[str, Any], model: str) -> CanonicalRequest:
    system = "".join(each["content"] for each in body["messages"] if each["role"] == "system")
    shape = body.get("response_format")
    config = (
        {"response_mime_type": "application/json", "response_json_schema": shape["json_schema"]["schema"]}
        if shape
        else {}
    )
    texts = [each["content"] for each in body["messages"] if each["role"] == "user"]
    return CanonicalRequest(
        model=model, system=system, contents=tuple(Content(text=text) for text in texts), config=config
    )


def _completion(text: str) -> dict[str, Any]:
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return {"choices": [choice], "usage": {"prompt_tokens": 11, "completion_tokens": 7}}
