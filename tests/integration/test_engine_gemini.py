"""The Gemini endpoint with the google-genai SDK."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from google import genai
from google.genai import errors as genai_errors
from google.genai import types as genai_types

from agenticai.emulator.process import Engine
from tests.integration.cloud import CASSETTES


class TestGemini:
    """The real SDK with the Gemini endpoint."""

    @pytest.fixture
    def gemini(self, engine: Engine) -> Iterator[genai.Client]:
        client = genai.Client(api_key="any", http_options={"base_url": f"{engine.endpoint_url}/_gemini"})
        yield client
        client.close()

    def greet(self, gemini: genai.Client, tag: str, name: str = "Ada") -> genai_types.GenerateContentResponse:
        config = genai_types.GenerateContentConfig(
            system_instruction=f"You greet people.\n\nPut the greeting between <{tag}> and </{tag}>.  ",
            max_output_tokens=100,
            candidate_count=1,
        )
        return gemini.models.generate_content(
            model="gemini-3.5-flash-lite", contents=f"Greet {name}.\nThen stop.", config=config
        )

    def test_a_stored_reply_comes_back_with_the_requests_own_tag(self, gemini: genai.Client) -> None:
        reply = self.greet(gemini, "t-5f3a")
        assert reply.text == "<t-5f3a>\nGood morning, Ada.\n</t-5f3a>\n"
        assert reply.candidates
        assert reply.candidates[0].finish_reason == genai_types.FinishReason.STOP
        assert reply.usage_metadata
        assert reply.usage_metadata.total_token_count == 28

    def test_a_miss_is_three_lines_and_keeps_the_request_and_its_difference(self, gemini: genai.Client) -> None:
        with pytest.raises(genai_errors.ClientError) as error:
            self.greet(gemini, "t-5f3a", name="Grace")
        assert (error.value.code, error.value.status) == (404, "NOT_FOUND")
        asked, where, remedy = (error.value.message or "").splitlines()
        assert asked == 'No stored reply fits "Greet Grace.", asked of gemini-3.5-flash-lite.'
        kept, difference = map(Path, re.findall(r"\S+\.(?:yaml|diff)", where))
        assert "Greet Grace." in kept.read_text()
        different = (kept.parent / difference).read_text()
        assert "greeting.yaml" in different
        assert "-    Greet Ada.\n+    Greet Grace.\n" in different
        assert remedy.startswith(
            f"Write its reply into that file, move the file to {CASSETTES}, and retry the project; "
        )

    def test_a_request_without_a_key_is_refused_as_google_does(self, engine: Engine) -> None:
        url = f"{engine.endpoint_url}/_gemini/v1beta/models/gemini-3.5-flash-lite:generateContent"
        body = {"contents": [{"parts": [{"text": "Spend the quota."}]}]}
        for headers in ({}, {"x-goog-api-key": ""}):
            answer = httpx2.post(url, json=body, headers=headers, timeout=60)
            assert (answer.status_code, answer.json()["error"]["status"]) == (403, "PERMISSION_DENIED")
        assert httpx2.post(url, json=body, params={"key": "any"}, timeout=60).status_code == 429

    def test_what_is_no_request_is_refused_as_google_does(self, engine: Engine) -> None:
        url = f"{engine.endpoint_url}/_gemini/v1/models/gemini-3.5-flash-lite:generateContent"
        for body in (b"{", b"[]", b'{"contents": []'):
            answer = httpx2.post(url, content=body, headers={"x-goog-api-key": "any"}, timeout=60)
            assert (answer.status_code, answer.json()["error"]["status"]) == (400, "INVALID_ARGUMENT")

    def test_a_stored_error_comes_back_as_one(self, gemini: genai.Client) -> None:
        with pytest.raises(genai_errors.ClientError) as error:
            gemini.models.generate_content(model="gemini-3.5-flash-lite", contents="Spend the quota.")
        assert (error.value.code, error.value.status) == (429, "RESOURCE_EXHAUSTED")
