"""Cassettes: read, refused, and the nearest one found."""

from pathlib import Path

import pytest

from agenticai.emulator.core.errors import InvalidCassette
from agenticai.emulator.gemini.canonical import CanonicalRequest
from agenticai.emulator.gemini.cassettes import CassetteStore, read_cassette, to_yaml
from agenticai.emulator.gemini.nearest import find_nearest

PLAN = """\
# The demo's plan.
origin: authored
request:
  model: m
  system: You plan.
  contents:
    - role: user
      text: |
        First line.
        Second line.
        Use <e-0000>.
bind:
  tag: <(e-[0-9]+)>
reply:   # by hand
  text: |
    <${tag}> and ${untouched}
"""
REVIEW = """\
origin: recorded
request: {model: m, system: You review., contents: [{text: Something else.}], config: {max_output_tokens: 5}}
reply: {text: fine}
"""


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / "plans").mkdir()
    (tmp_path / "plans" / "plan.yaml").write_text(PLAN)
    (tmp_path / "review.yaml").write_text(REVIEW)
    return tmp_path


def sent(text: str, system: str = "You plan.") -> CanonicalRequest:
    return CanonicalRequest.model_validate({"model": "m", "system": system, "contents": [{"text": text}]})


class TestStore:
    def test_a_bound_part_of_the_request_is_put_in_the_reply(self, directory: Path) -> None:
        found = CassetteStore.load(directory).find(sent("First line.\nSecond line.\nUse <e-77>."))
        assert found
        assert found.text == "<e-77> and ${untouched}\n"

    def test_another_request_is_not_found(self, directory: Path) -> None:
        assert CassetteStore.load(directory).find(sent("First line.")) is None

    def test_two_replies_to_one_request_are_refused(self, directory: Path) -> None:
        (directory / "twice.yaml").write_text(REVIEW)
        with pytest.raises(InvalidCassette, match=r"twice\.yaml: answers the same request as .*review\.yaml"):
            CassetteStore.load(directory)

    def test_a_missing_directory_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidCassette, match="There is no directory"):
            CassetteStore.load(tmp_path / "none")

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("origin: authored\nrequest: [\n", r"bad\.yaml:3: "),
            ("- 1\n", r"bad\.yaml:1: cassette: "),
            (REVIEW.replace("recorded", "dreamt"), r"bad\.yaml:1: origin: "),
            (REVIEW.replace("text: fine", "txt: fine"), r"bad\.yaml:3: reply\.txt: "),
            (REVIEW.replace("text: fine", "status: 429"), r"bad\.yaml:3: reply: .*either `text`, or a `status`"),
            (PLAN.replace("<(e-[0-9]+)>", "(nowhere)"), r"bad\.yaml:13: bind: .*tag: the pattern must"),
            (PLAN.replace("<(e-[0-9]+)>", "'('"), r"bad\.yaml:13: bind: .*tag: missing \)"),
        ],
    )
    def test_an_invalid_file_is_refused_with_its_line(self, tmp_path: Path, text: str, message: str) -> None:
        (tmp_path / "bad.yaml").write_text(text)
        with pytest.raises(InvalidCassette, match=message):
            read_cassette(tmp_path / "bad.yaml")


class TestNearest:
    def test_it_names_file_field_line_and_difference(self, directory: Path) -> None:
        near = find_nearest(CassetteStore.load(directory), sent("First line.\nChanged line.\nUse <e-1>."))
        assert near
        assert near.stored.path.name == "plan.yaml"
        assert (near.field, near.line) == ("contents.0.text", 2)
        assert "-    Second line.\n+    Changed line." in near.diff

    def test_it_has_all_differences(self, directory: Path) -> None:
        near = find_nearest(
            CassetteStore.load(directory), sent("First line.\nChanged.\nUse <e-1>.", system="You think.")
        )
        assert near
        assert "-system: You plan.\n+system: You think." in near.diff
        assert "-    Second line.\n+    Changed." in near.diff

    def test_a_field_that_was_not_sent_is_a_difference(self, directory: Path) -> None:
        near = find_nearest(CassetteStore.load(directory), sent("Something else.", system="You review."))
        assert near
        assert (near.stored.path.name, near.field) == ("review.yaml", "config.max_output_tokens")

    def test_there_is_none_among_none(self, tmp_path: Path) -> None:
        assert find_nearest(CassetteStore.load(tmp_path), sent("x")) is None


def test_long_texts_are_written_as_literal_blocks() -> None:
    assert to_yaml({"a": "one\ntwo: ü"}) == "a: |-\n  one\n  two: ü\n"
