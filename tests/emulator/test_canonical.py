"""Equivalent requests have the same digest, and all others have different ones."""

import pytest
from pydantic import JsonValue

from agenticai.emulator.gemini.canonical import CanonicalRequest, MalformedRequest, parse_canonical_request

MODEL = "gemini-3.5-flash-lite"
BODY: dict[str, JsonValue] = {
    "systemInstruction": {"role": "user", "parts": [{"text": "Plan.\n"}]},
    "contents": [{"role": "user", "parts": [{"text": "Write  a list.\nEnd."}]}],
    "generationConfig": {
        "temperature": 0.0,
        "maxOutputTokens": 100,
        "responseSchema": {
            "type": "OBJECT",
            "properties": {"maxCount": {"type": "INTEGER", "nullable": True}},
            "property_ordering": ["maxCount"],
        },
    },
    "safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}],
}


def digest(body: JsonValue, model: str = MODEL) -> str:
    return parse_canonical_request(model, body).compute_digest()


class TestSame:
    def test_white_space_in_texts(self) -> None:
        body = BODY | {"contents": [{"role": "user", "parts": [{"text": "\nWrite a\nlist. End.  "}]}]}
        assert digest(body) == digest(BODY)

    def test_key_order(self) -> None:
        assert digest(dict(reversed(BODY.items()))) == digest(BODY)

    def test_snake_case_and_enum_numbers_of_the_old_sdk(self) -> None:
        old: JsonValue = {
            "system_instruction": {"parts": [{"text": "Plan."}]},
            "contents": [{"role": "user", "parts": [{"text": "Write a list.\nEnd."}]}],
            "generation_config": {
                "temperature": 0,
                "max_output_tokens": 100,
                "response_schema": {
                    "type": 6,
                    "properties": {"maxCount": {"type": 3, "nullable": True}},
                    "propertyOrdering": ["maxCount"],
                },
            },
            "safety_settings": [{"category": 7, "threshold": 4}],
        }
        assert digest(old) == digest(BODY)

    @pytest.mark.parametrize(
        "spelled_out",
        [{"tools": []}, {"cachedContent": ""}, {"toolConfig": None}],
    )
    def test_absent_and_default(self, spelled_out: dict[str, JsonValue]) -> None:
        assert digest(BODY | spelled_out) == digest(BODY)

    def test_absent_role_and_candidate_count(self) -> None:
        plain: JsonValue = {"contents": [{"parts": [{"text": "x"}]}]}
        full: JsonValue = {
            "contents": [{"role": "user", "parts": [{"text": "x"}]}],
            "generationConfig": {"candidateCount": 1, "responseMimeType": "text/plain"},
        }
        assert digest(plain) == digest(full)

    def test_model_with_and_without_its_collection(self) -> None:
        assert digest(BODY, f"models/{MODEL}") == digest(BODY)

    def test_a_request_as_a_cassette_holds_it(self) -> None:
        request = parse_canonical_request(MODEL, BODY)
        assert CanonicalRequest.model_validate(request.to_document()) == request


class TestDifferent:
    @pytest.mark.parametrize(
        "change",
        [
            {"contents": [{"role": "user", "parts": [{"text": "Write another list."}]}]},
            {"contents": [{"role": "model", "parts": [{"text": "Write a list.\nEnd."}]}]},
            {"contents": [{"role": "user", "parts": [{"text": "Write a list."}, {"text": "End."}]}]},
            {"systemInstruction": {"parts": [{"text": "Code."}]}},
            {"generationConfig": {"temperature": 1}},
        ],
    )
    def test_what_a_reply_depends_on(self, change: dict[str, JsonValue]) -> None:
        assert digest(BODY | change) != digest(BODY)

    def test_a_temperature_of_nought_is_not_an_absent_one(self) -> None:
        contents: dict[str, JsonValue] = {"contents": [{"parts": [{"text": "x"}]}]}
        assert digest(contents | {"generationConfig": {"temperature": 0}}) != digest(contents)

    def test_the_model(self) -> None:
        assert digest(BODY, "gemini-other") != digest(BODY)


class TestBound:
    def test_every_occurrence_of_what_a_pattern_finds_is_put_aside(self) -> None:
        def request(tag: str) -> CanonicalRequest:
            return CanonicalRequest.model_validate(
                {"model": "m", "system": f"Use <{tag}>.", "contents": [{"text": f"Close it with </{tag}>."}]}
            )

        one, values = request("t-1").bind_values({"tag": "<(t-[0-9]+)>"})
        other, _ = request("t-22").bind_values({"tag": "<(t-[0-9]+)>"})
        assert one.compute_digest() == other.compute_digest()
        assert values == {"tag": "t-1"}
        assert one.text == "Use <${tag}>.\nClose it with </${tag}>."


@pytest.mark.parametrize("body", [[], {}, {"contents": "x"}, {"contents": [{}]}, {"contents": [{"parts": []}]}])
def test_a_malformed_request_is_refused(body: JsonValue) -> None:
    with pytest.raises(MalformedRequest):
        parse_canonical_request(MODEL, body)
