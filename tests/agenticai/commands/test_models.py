"""Options select the model that an engine uses; faults are reported before an engine starts."""

from pathlib import Path

import pytest

from agenticai.client.errors import SettingsError
from agenticai.commands.models import ModelSource, choose_model
from agenticai.emulator.gemini import GEMINI_API, REPLAY, build_model_url
from tests.fakes.openai_server import fake_models


def choose(url: str = "", name: str = "", *, live: bool = False, **environ: str) -> ModelSource:
    return choose_model(url, name, live=live, environ=environ)


def test_without_options_stored_replies_answer_and_a_key_is_not_looked_at() -> None:
    assert choose(GEMINI_API_KEY="a-key") == ModelSource(REPLAY, None)


def test_live_takes_geminis_key() -> None:
    assert choose(live=True, GEMINI_API_KEY="a-key") == ModelSource(GEMINI_API, "a-key")
    with pytest.raises(SettingsError, match="GEMINI_API_KEY"):
        choose(live=True)


@pytest.mark.parametrize(
    ("models", "name", "found"),
    [
        (("a:7b", "b:latest"), "a:7b", "a:7b"),
        (("a:7b", "b:latest"), "b", "b"),
        (("a:7b",), "", "a:7b"),
        (("/models/some.gguf",), "a", "a"),
    ],
)
def test_the_model_is_one_that_the_server_has(tmp_path: Path, models: tuple[str, ...], name: str, found: str) -> None:
    with fake_models(tmp_path, *models) as server:
        assert choose(server.url, name, GEMINI_API_KEY="not-for-others") == ModelSource(
            build_model_url(server.url, found), None
        )


def test_a_server_may_want_a_key_of_its_own(tmp_path: Path) -> None:
    with fake_models(tmp_path, "a", key="theirs") as server:
        assert choose(server.url, AGENTICAI_MODEL_KEY="theirs").key == "theirs"
        with pytest.raises(SettingsError, match="requires a key: put it in the environment variable AGENTICAI_MODEL"):
            choose(server.url, GEMINI_API_KEY="not-for-others")


@pytest.mark.parametrize(
    ("models", "name", "said"),
    [
        (("a", "b"), "", "has several models: choose one with --model-name. It has a, b"),
        (("a", "b"), "c", "has no model 'c'. It has a, b"),
        ((), "c", "has no model: pull or load one first"),
    ],
)
def test_models_that_are_not_there(tmp_path: Path, models: tuple[str, ...], name: str, said: str) -> None:
    with fake_models(tmp_path, *models) as server, pytest.raises(SettingsError, match=said):
        choose(server.url, name)


def test_what_is_no_server_of_that_api(tmp_path: Path) -> None:
    said = "is not the OpenAI-compatible API, whose address usually ends in /v1"
    with fake_models(tmp_path, "a") as server, pytest.raises(SettingsError, match=said):
        choose(server.url.removesuffix("/v1"))
    with pytest.raises(SettingsError, match="start it, as `ollama serve` does"):
        choose(server.url)


@pytest.mark.parametrize(
    "url", ["127.0.0.1:11434/v1", "ftp://here/v1", "http://", "http://here/v1?x=1", "http://[::1", "http://here:x/v1"]
)
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(SettingsError, match="requires the address of a server"):
        choose(url)


def test_an_address_with_a_password_is_refused_and_not_repeated() -> None:
    with pytest.raises(SettingsError, match="AGENTICAI_MODEL_KEY") as refused:
        choose("https://me:secret@example.com/v1")
    assert "secret" not in str(refused.value)


def test_options_that_contradict() -> None:
    with pytest.raises(SettingsError, match="use only one of them"):
        choose("http://127.0.0.1:1/v1", live=True)
    with pytest.raises(SettingsError, match="give it with --model"):
        choose(name="a")
