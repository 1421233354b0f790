"""The language model's adapters with the embedded engine's Gemini endpoint: one stored reply works for both."""

import importlib.util
from collections.abc import Iterator

import pytest

from agenticai.emulator.process import start_engine
from shared.language_model.google_genai import GoogleGenaiModel
from shared.language_model.google_generativeai import GoogleGenerativeaiModel
from shared.language_model.port import FinishReason, LanguageModel, ModelQuotaSpent, ModelUnusable, Prompt
from shared.models.project import TokenUsage

MODEL = "gemini-3.5-flash-lite"
GREETING = f"""
origin: authored
request:
  model: {MODEL}
  system: You greet people.
  contents: [{{role: user, text: Greet Ada.}}]
reply:
  text: Good morning, Ada.
  usage: {{prompt_tokens: 9, output_tokens: 4}}
"""
QUOTA = f"""
origin: authored
request:
  model: {MODEL}
  system: You greet people.
  contents: [{{role: user, text: Greet everybody.}}]
reply:
  status: 429
  body:
    error:
      code: 429
      status: RESOURCE_EXHAUSTED
      message: You exceeded your current quota.
      details:
        - "@type": type.googleapis.com/google.rpc.QuotaFailure
          violations: [{{quotaId: GenerateRequestsPerDayPerProjectPerModel-FreeTier}}]
"""


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    cassettes = tmp_path_factory.mktemp("cassettes")
    for name, text in {"greeting": GREETING, "quota": QUOTA}.items():
        (cassettes / f"{name}.yaml").write_text(text)
    with start_engine(cassettes=cassettes, run_dir=tmp_path_factory.mktemp("models")) as running:
        yield f"{running.endpoint_url}/_gemini"


@pytest.fixture(params=[GoogleGenaiModel, GoogleGenerativeaiModel])
def model(request: pytest.FixtureRequest, endpoint: str) -> LanguageModel:
    if request.param is GoogleGenerativeaiModel and importlib.util.find_spec("google.generativeai") is None:
        pytest.skip("the extra `generativeai` is not installed")
    adapter: LanguageModel = request.param("any", MODEL, endpoint)
    return adapter


def ask(text: str) -> Prompt:
    return Prompt(system="You greet people.", text=text)


def test_a_stored_reply_is_the_same_through_either_sdk(model: LanguageModel) -> None:
    reply = model.generate(ask("Greet Ada."), lambda: 60.0)
    assert (reply.text, reply.finish_reason) == ("Good morning, Ada.", FinishReason.STOP)
    assert reply.tokens == TokenUsage(calls=1, prompt_tokens=9, output_tokens=4)


def test_a_stored_quota_failure_is_one(model: LanguageModel) -> None:
    with pytest.raises(ModelQuotaSpent):
        model.generate(ask("Greet everybody."), lambda: 60.0)


def test_a_reply_that_is_not_stored_is_told_in_the_endpoints_own_words(model: LanguageModel) -> None:
    words = r'^No stored reply fits "Greet Grace\.".*\nThe request is kept in .*\nWrite '
    with pytest.raises(ModelUnusable, match=words):
        model.generate(ask("Greet Grace."), lambda: 60.0)
