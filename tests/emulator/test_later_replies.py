"""Replies that are written while the engine runs: found by the next request, or reported if they cannot be read."""

import asyncio
from pathlib import Path
from typing import Any

import httpx2

from agenticai.emulator.gemini import REPLAY
from agenticai.emulator.gemini.answering import make_gemini
from agenticai.emulator.gemini.cassettes import CassetteStore

CASSETTE = """\
origin: authored
request: {model: m, contents: [{role: user, text: Greet.}]}
reply: {text: Hello.}
"""


class Asked:
    """An engine's Gemini endpoint with an empty folder of cassettes, and one request to it."""

    def __init__(self, tmp_path: Path) -> None:
        self.folder, self.misses = tmp_path / "cassettes", tmp_path / "gemini-misses"
        self.folder.mkdir()
        self._app = make_gemini(REPLAY, self.folder, CassetteStore.load(self.folder), tmp_path).app

    def answer(self) -> dict[str, Any]:
        async def ask() -> dict[str, Any]:
            transport = httpx2.ASGITransport(app=self._app)
            async with httpx2.AsyncClient(transport=transport, base_url="http://engine") as client:
                body = {"contents": [{"role": "user", "parts": [{"text": "Greet."}]}]}
                path = "/v1beta/models/m:generateContent"
                said: dict[str, Any] = (await client.post(path, json=body, headers={"x-goog-api-key": "k"})).json()
                return said

        return asyncio.run(ask())

    def text(self) -> str:
        return str(self.answer()["candidates"][0]["content"]["parts"][0]["text"])

    def reason(self) -> str:
        return str(self.answer()["error"]["message"])


def test_a_request_that_was_kept_is_answered_once_its_reply_is_among_the_cassettes(tmp_path: Path) -> None:
    asked = Asked(tmp_path)
    assert f"move the file to {asked.folder}, and retry the project" in asked.reason()
    (kept,) = asked.misses.iterdir()
    kept.write_text(kept.read_text("utf-8").replace("text: ''", "text: Hello."))
    kept.rename(asked.folder / "greeting.yaml")
    assert asked.text() == "Hello."


def test_a_reply_that_is_mended_is_taken(tmp_path: Path) -> None:
    asked = Asked(tmp_path)
    file = asked.folder / "greeting.yaml"
    file.write_text(CASSETTE.replace("authored", "somewhere"))
    assert asked.reason().startswith(
        f"A file of stored replies cannot be read, so no stored reply is used.\n{file}:1: "
    )
    file.write_text(CASSETTE)
    assert asked.text() == "Hello."
