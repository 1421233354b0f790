"""The model's API key is read from Parameter Store for each call; a new one is used as soon as it is stored."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from botocore.stub import Stubber

from shared.language_model.api_key import KeyedModel, read_key
from shared.language_model.port import LanguageModel, ModelUnavailable, ModelUnusable, Prompt
from tests.fakes.model import ScriptedModel, said
from tests.sessions import new_session

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

PROMPT = Prompt("system", "text")
NAME = "/agenticai/dev/gemini-api-key"


@pytest.fixture
def ssm() -> "SSMClient":
    session = new_session()
    return session.client("ssm")


@pytest.fixture
def answers(ssm: "SSMClient") -> Iterator[Stubber]:
    with Stubber(ssm) as stubbed:
        yield stubbed


def test_a_model_is_connected_anew_only_when_its_key_has_changed() -> None:
    keys, connected = ["first", "first", "second", "first"], list[str]()

    def connect(key: str) -> LanguageModel:
        connected.append(key)
        return ScriptedModel(lambda prompt: said(key))

    model = KeyedModel(lambda: keys.pop(0), connect)
    assert [model.generate(PROMPT, lambda: 60.0).text for _ in range(4)] == ["first", "first", "second", "first"]
    assert connected == ["first", "second", "first"]


def test_the_key_is_read_decrypted_and_without_the_line_end_that_was_stored_with_it(
    ssm: "SSMClient", answers: Stubber
) -> None:
    answers.add_response("get_parameter", {"Parameter": {"Value": "the-key\n"}}, {"Name": NAME, "WithDecryption": True})
    assert read_key(ssm, NAME) == "the-key"


def test_a_key_that_is_not_there_is_for_a_person_to_store(ssm: "SSMClient", answers: Stubber) -> None:
    answers.add_client_error("get_parameter", "ParameterNotFound")
    answers.add_response("get_parameter", {"Parameter": {"Value": " \n"}})
    for _ in range(2):
        with pytest.raises(ModelUnusable, match=f"{NAME}.*store one and try again"):
            read_key(ssm, NAME)


@pytest.mark.parametrize("code", ["ThrottlingException", "InternalServerError"])
def test_a_key_that_cannot_be_read_now_is_asked_for_again(ssm: "SSMClient", answers: Stubber, code: str) -> None:
    answers.add_client_error("get_parameter", code)
    with pytest.raises(ModelUnavailable, match="could not be read"):
        read_key(ssm, NAME)
