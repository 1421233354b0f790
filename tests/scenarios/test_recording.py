"""What cannot be recorded or re-keyed is refused before any request or change."""

from pathlib import Path

import pytest

from agenticai.commands.record import show_recording
from agenticai.scenarios.format.errors import NotRecorded
from agenticai.scenarios.format.scenario import CASSETTES, LIBRARY, Scenario, load
from agenticai.scenarios.recording import list_own_cassettes, record, rekey_scenario

KEY = "a-key-that-nobody-has"


def test_the_replies_of_a_scenario_are_those_of_its_requirements_wherever_they_are() -> None:
    with_faults = load(LIBRARY / "worker-crash.yaml")
    assert {stored.path.parent.name for stored in list_own_cassettes(with_faults, CASSETTES)} == {"greeting"}


class TestRefused:
    @pytest.mark.parametrize(
        ("name", "match"),
        [("worker-crash", "has faults"), ("poison-message", "has the step `send`")],
    )
    def test_what_is_only_for_replays(self, tmp_path: Path, name: str, match: str) -> None:
        with pytest.raises(NotRecorded, match=match):
            record(load(LIBRARY / f"{name}.yaml"), "http://127.0.0.1:1", KEY, runs=tmp_path)

    def test_a_scenario_without_stored_replies_cannot_be_re_keyed(self, tmp_path: Path) -> None:
        other = Scenario.model_validate(
            {"name": "other", "description": "x", "projects": {"a": {"name": "A", "requirements": "A clock."}}}
        )
        with pytest.raises(NotRecorded, match="have no stored replies"):
            rekey_scenario(other, runs=tmp_path, cassettes=tmp_path)

    def test_without_a_key_it_is_said_where_to_get_one(self) -> None:
        with pytest.raises(NotRecorded, match=r"get a key at https://\S+ and put it in .*GEMINI_API_KEY"):
            show_recording("greeting", "", "", lambda _: True, as_json=False, environ={})

    def test_without_consent_nothing_is_asked(self) -> None:
        asked: list[str] = []

        def decline(question: str) -> bool:
            asked.append(question)
            return False

        with pytest.raises(NotRecorded, match="Nothing was asked"):
            show_recording("greeting", "", "", decline, as_json=False, environ={"GEMINI_API_KEY": KEY})
        assert "Every reply is a call" in asked[0]
