"""A local server of the Gemini API, which answers from cassettes and keeps the requests."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from agenticai.emulator.gemini.canonical import parse_canonical_request
from agenticai.emulator.gemini.cassettes import CassetteStore
from tests.fakes.serving import serving

BUSY = {"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "Slow down.", "details": []}}


@dataclass
class FakeGemini:
    """The server's address, the received addresses and headers, and how often it is busy before it answers."""

    url: str
    busy: int = 0
    echo_key: bool = False
    headers: list[Mapping[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)


@contextmanager
def fake_gemini(cassettes: Path, *, busy: int = 0, echo_key: bool = False) -> Iterator[FakeGemini]:
    """Serve until the block ends. Each reply begins with a thought, like those of thinking models.

    With `echo_key`, prose replies and errors repeat the key that was sent.
    """
    store = CassetteStore.load(cassettes)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            fake.paths.append(self.path)
            fake.headers.append({name.lower(): value for name, value in self.headers.items()})
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            if fake.busy:
                fake.busy -= 1
                self.answer(429, BUSY)
                return
            found = store.find(parse_canonical_request(self.path.split("/models/")[1].partition(":")[0], body))
            key = self.headers["x-goog-api-key"] if fake.echo_key else ""
            if found:
                self.answer(200, said(found.text + (f"\n{key}" if key and "<file-" in found.text else "")))
            else:
                self.answer(404, {"error": {"code": 404, "message": f"No such model for the key {key}."}})

        def answer(self, status: int, document: Mapping[str, object]) -> None:
            content = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json; charset=UTF-8")
            self.send_header("content-length", str(len(content)))
            if status == 429:
                self.send_header("retry-after", "0")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Write no log."""

    fake = FakeGemini("", busy, echo_key)
    with serving(Handler) as url:
        fake.url = url
        yield fake


def said(text: str) -> dict[str, object]:
    """Return a GenerateContentResponse, whose text is split near its beginning and its end."""
    end = max(40, len(text) - 12)
    parts = [{"text": part} for part in (text[:40], text[40:end], text[end:])]
    return {
        "candidates": [
            {
                "content": {"role": "model", "parts": [{"text": "Let me think.", "thought": True}, *parts]},
                "finishReason": "STOP",
                "index": 0,
            }
        ],
        "usageMetadata": {"promptTokenCount": 11, "candidatesTokenCount": 7, "thoughtsTokenCount": 2},
        "responseId": "secret-response-id",
    }
