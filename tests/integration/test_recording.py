"""A scenario recorded from a local API, and re-keyed; nothing is changed if it ends differently."""

import shutil
from pathlib import Path

import pytest

from agenticai.emulator.gemini import build_model_url
from agenticai.emulator.gemini.cassettes import CassetteStore
from agenticai.scenarios.benches.embedded import bench
from agenticai.scenarios.format.errors import NotRecorded
from agenticai.scenarios.format.scenario import CASSETTES, LIBRARY, load
from agenticai.scenarios.recording import record, rekey_scenario
from agenticai.scenarios.replaying.replay import replay
from tests.fakes.gemini import fake_gemini
from tests.fakes.openai_server import fake_models

KEY = "a-key-that-nobody-has"
GREETING = load(LIBRARY / "greeting.yaml")
SPOILED = "after"
"""In the names of replies after a bad one, which a scenario without faults does not request."""


@pytest.fixture
def cassettes(tmp_path: Path) -> Path:
    """A copy of the greeting's and the diamond's replies only."""
    for name in ("greeting", "diamond"):
        shutil.copytree(CASSETTES / name, tmp_path / "cassettes" / name)
    return tmp_path / "cassettes"


def contents(folder: Path) -> dict[Path, str]:
    return {path: path.read_text("utf-8") for path in folder.rglob("*.yaml")}


def asked_without_faults() -> list[Path]:
    alone = {"3-tests-readme.yaml", "3-tests-test-greeting.yaml"}
    return [path for path in (CASSETTES / "greeting").iterdir() if SPOILED not in path.name and path.name not in alone]


def test_what_the_api_says_is_stored_and_answers_the_same_requests(cassettes: Path, tmp_path: Path) -> None:
    before = contents(cassettes / "diamond")
    events: list[str] = []
    with fake_gemini(CASSETTES / "greeting", busy=1) as gemini:
        stored = record(
            GREETING,
            gemini.url,
            KEY,
            cassettes=cassettes,
            runs=tmp_path,
            on_event=lambda event: events.append(event.status),
        )
    assert [path.name for path in stored] == [
        "1-plan.yaml",
        "2-the-module.yaml",
        "3-unit-tests-and-the-readme.yaml",
        "4-plan.yaml",
        "5-greet-groups.yaml",
        "6-tests-of-groups-and-the-readme.yaml",
    ]
    assert events[-1] == "COMPLETED"
    assert contents(cassettes).keys() == {*stored, *before}
    assert not [path for path, text in contents(cassettes / "greeting").items() if KEY in text]
    recorded, authored = CassetteStore.load(cassettes), CassetteStore.load(CASSETTES)
    for path in asked_without_faults():
        request = next(stored.cassette.request for stored in authored.cassettes if stored.path == path)
        said, written = recorded.find(request), authored.find(request)
        assert said
        assert written
        assert said.stored.cassette.origin == "recorded"
        assert said.text == written.text


def test_a_reworded_prompt_gives_its_authored_replies_their_new_requests(cassettes: Path, tmp_path: Path) -> None:
    right = contents(cassettes)
    older = {"You write the files of one task": "You author all files of a task", "# The plan": "# What is planned"}
    for path, text in right.items():
        for now, before in older.items():
            text = text.replace(now, before)
        path.write_text(text, encoding="utf-8")
    changed = rekey_scenario(GREETING, cassettes=cassettes, runs=tmp_path)
    developed = {path.name for path in asked_without_faults() if "plan" not in path.name}
    assert {path.name for path in changed} == developed
    assert {path: contents(cassettes)[path] for path in changed} == {path: right[path] for path in changed}


def test_nothing_is_stored_when_the_project_ends_otherwise(cassettes: Path, tmp_path: Path) -> None:
    before = contents(cassettes)
    with fake_gemini(CASSETTES / "diamond") as gemini, pytest.raises(NotRecorded, match=r"ended as FAILED .*404"):
        record(GREETING, gemini.url, KEY, cassettes=cassettes, runs=tmp_path)
    assert contents(cassettes) == before


def test_what_a_local_model_says_is_stored_and_replayed(cassettes: Path, tmp_path: Path) -> None:
    with fake_models(CASSETTES / "greeting", "qwen2.5-coder:7b") as models:
        stored = record(
            GREETING, build_model_url(models.url, "qwen2.5-coder:7b"), None, cassettes=cassettes, runs=tmp_path / "runs"
        )
    assert len(stored) == len(models.asked) == 6
    assert {body["model"] for body in models.asked} == {"qwen2.5-coder:7b"}
    assert not [path for path in stored if "<think>" in path.read_text("utf-8")]
    with bench(cassettes=cassettes, run_dir=tmp_path / "replayed") as running:
        assert replay(running, GREETING).passed
