"""JSON in replies: read wherever models put it, and never repaired."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.language_model.json_reply import read_json

REPLIES = Path(__file__).parents[3].parent / "shared" / "corpus" / "replies.jsonl"
PLAN = {"summary": "a {b} [c] ```", "tasks": [{"id": "x", "files": []}, {}], "n": None}
TEXT = json.dumps(PLAN, indent=2)


@pytest.mark.parametrize(
    "reply",
    [
        TEXT,
        json.dumps(PLAN),
        f"\ufeff  {TEXT}\n\n",
        f"```json\n{TEXT}\n```",
        f"```\n{TEXT}\n```\n",
        f"~~~JSON\n{TEXT}\n~~~",
        f"Here is the plan:\n\n```json\n{TEXT}\n```\n\nIt has {{two}} tasks [1].",
        f"Use {{name}} freely. The plan: {TEXT} That is all.",
        f"[CONTENT]\n{TEXT}\n[/CONTENT]",
        f"[reflection]\nfine\n\n{TEXT}",
        f"1. ```json\n{TEXT}\n   ```".replace("1. ", ""),
        TEXT.replace("\n", "\r\n"),
    ],
)
def test_the_object_is_found(reply: str) -> None:
    assert read_json(reply) == PLAN


def test_an_array_is_read_bare_or_fenced() -> None:
    assert read_json("[1, 2]") == read_json("Steps:\n```json\n[1, 2]\n```\n") == [1, 2]
    assert read_json("\ufeff[1, 2]") == [1, 2]


@pytest.mark.parametrize("text", ["[]", "[ ]", "[[1]]", "[{}]", '["a"]', "[-1]", "[0]", "[true]", "[false]", "[null]"])
def test_whatever_an_array_begins_with_it_is_one(text: str) -> None:
    assert read_json(text) == json.loads(text)


@pytest.mark.parametrize("text", ["[x] [1]", "[trues]", "[nullable]", "[falsehood]", "[Note]"])
def test_a_word_in_brackets_is_no_array(text: str) -> None:
    with pytest.raises(ValueError, match="there is no JSON object in the answer"):
        read_json(text)


@pytest.mark.parametrize("fence", ["```jsonc", "~~~json-5", "``` JSON ", " \t```json\t", "```json_x"])
def test_a_fence_may_name_a_kind_of_json(fence: str) -> None:
    assert read_json(f"So:\n{fence}\n\n  [1]\n```") == [1]


@pytest.mark.parametrize("fence", ["```python", "x```json", "``json"])
def test_any_other_fence_is_none(fence: str) -> None:
    with pytest.raises(ValueError, match="there is no JSON object"):
        read_json(f"So:\n{fence}\n[1]\n```")


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("", "the answer is empty"),
        ("I cannot do that [1] {sorry}.", "there is no JSON object in the answer, which begins 'I cannot"),
        ('{"a": "cut he', "the JSON is cut off, line 1 column 7, after '{\"a\": '"),
        ('{"a": [1, 2', "the JSON is cut off, line 1 column 12"),
        ('{"a":\n[1, 2]', "the JSON is cut off, line 2 column 7"),
        ('```json\n{"a": [1, 2\n```', "the JSON is cut off"),
        ('{"a": {"b": 1}, "c": [{"d": 2}', "the JSON is cut off"),
        ('{"a": 1,}', "the JSON is broken"),
        ("{'a': 1}", "the JSON is broken"),
        ('{"a": 1 "b": 2}', "the JSON is broken: Expecting ',' delimiter, line 1 column 9, after '{\"a\": 1 '"),
        ('{"a": 1 "b"\n: 2}', "delimiter, line 1 column 9, after"),
        ('{"a":\n\n[1, 2]', "the JSON is cut off, line 3 column 7"),
        ('x\n{"a": 1 "b": 2}', "delimiter, line 2 column 9, after"),
        ('{"a": 1}\n x {"b": 2}', "there is more JSON after the first, line 2 column 5: "),
        (
            '{"a": "' + "b" * 50 + '", 1}',
            f"after {('{' + chr(34) + 'a' + chr(34) + ': ' + chr(34) + 'b' * 50 + chr(34) + ', ')[-40:]!r}",
        ),
        ("x" * 41, f"which begins {'x' * 40!r}"),
        ('{"a": `~ \t\r', "the JSON is cut off"),
        ('{"a": X', "the JSON is broken"),
        ('{"a": 1, "b": 2, "a": 3}', "an object has more than one member 'a'"),
        ('{"c": {"b": 1, "b": 1}}', "an object has more than one member 'b'"),
        ('{"a": Infinity}', "Infinity is not JSON"),
        ('{"a": NaN}', "NaN is not JSON"),
        ('{"a": 1}\n{"b": 2}', "there is more JSON after the first, line 2 column 2: answer with one object"),
        ('```json\n{"a": 1}\n```\n```json\n[2]\n```', "there is more JSON after the first"),
        ('{"a": ' + "[" * 100_000, "the JSON is nested too deeply"),
    ],
)
def test_anything_else_is_refused_with_the_place(reply: str, reason: str) -> None:
    with pytest.raises(ValueError, match=re.escape(reason)):
        read_json(reply)


SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=8)
VALUES = SCALARS | st.lists(SCALARS, max_size=3) | st.dictionaries(st.text(max_size=4), SCALARS, max_size=3)


@given(st.dictionaries(st.text(max_size=4), VALUES, max_size=4), st.data())
def test_no_proper_beginning_of_an_object_is_read(value: dict[str, object], data: st.DataObject) -> None:
    text = json.dumps(value, ensure_ascii=False)
    assert read_json(text) == value
    cut = data.draw(st.integers(0, len(text) - 1))
    for reply in (text[:cut], f"```json\n{text[:cut]}\n```"):
        with pytest.raises(ValueError, match=r"cut off|empty|no JSON|broken"):
            read_json(reply)


@given(st.one_of(st.text(), st.text('{}[]",:1e \n`tj\\u')))
def test_no_text_is_too_odd(text: str) -> None:
    try:
        value = read_json(text)
    except ValueError as refusal:
        reason = str(refusal)
    else:
        reason = type(value).__name__
    assert reason


@pytest.mark.skipif(not REPLIES.is_file(), reason="the recorded replies are not beside this repository")
def test_recorded_plans_are_read() -> None:
    read = 0
    for line in REPLIES.read_text(encoding="utf-8").splitlines():
        reply: str = json.loads(line)["reply"]
        if reply.startswith("[CONTENT]"):
            inside = reply.removeprefix("[CONTENT]").removesuffix("[/CONTENT]")
            assert read_json(reply) == json.loads(inside)
            read += 1
        elif reply.count("```json") == 1:
            assert read_json(reply) == json.loads(reply.split("```json")[1].split("```")[0])
            read += 1
    assert read == 47
