"""The API's tokens: which are valid, from when, for how long, and how often they are read."""

from datetime import datetime, timedelta

import pytest
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from api_handler.access import is_authorized
from api_handler.tokens import StoredToken, Tokens
from tests.fakes.api import START


class StoredTokens:
    """Parameter Store's versions of one token."""

    def __init__(self) -> None:
        self.versions: list[tuple[str, datetime]] = []
        self.reads = 0

    def read(self, version: int | None) -> StoredToken | None:
        self.reads += 1
        number = version or len(self.versions)
        return StoredToken(self.versions[number - 1][0], number, self.versions[number - 1][1]) if number else None


def test_the_token_before_is_valid_for_a_while_after_a_rotation() -> None:
    stored, times = StoredTokens(), [START]
    tokens = Tokens(stored.read, lambda: times[0])
    stored.versions.append(("first", START))
    assert set(tokens.list_valid()) == {"first"}
    stored.versions.append(("second", START + timedelta(seconds=30)))
    assert set(tokens.list_valid()) == {"first"}
    times[0] = START + timedelta(seconds=60)
    assert set(tokens.list_valid()) == {"first", "second"}
    for seconds, valid in ((29, {"first", "second"}), (30, {"second"})):
        times[0] = START + timedelta(days=1, seconds=seconds)
        assert set(Tokens(stored.read, lambda: times[0]).list_valid()) == valid


def test_two_rotations_revoke_a_token_at_once() -> None:
    stored = StoredTokens()
    stored.versions += [("leaked", START), ("second", START), ("third", START)]
    assert set(Tokens(stored.read, lambda: START).list_valid()) == {"third", "second"}


def test_the_stored_token_is_read_once_while_it_is_fresh() -> None:
    stored = StoredTokens()
    stored.versions.append(("first", START))
    tokens = Tokens(stored.read, lambda: START)
    assert [tokens.list_valid() for _ in range(3)] == [("first",)] * 3
    assert stored.reads == 1


def test_without_a_stored_token_nobody_may_call() -> None:
    assert Tokens(StoredTokens().read, lambda: START).list_valid() == ()


def admitted(tokens: Tokens, token: str) -> bool:
    headers = {"authorization": f"Bearer {token}"}
    return is_authorized(APIGatewayProxyEvent({"path": "/api/projects", "headers": headers}), lambda: tokens)


def test_a_new_token_is_valid_at_once_and_so_is_the_one_before() -> None:
    stored, times = StoredTokens(), [START]
    tokens = Tokens(stored.read, lambda: times[0])
    stored.versions.append(("first", START))
    assert admitted(tokens, "first")
    times[0] += timedelta(seconds=1)
    stored.versions.append(("second", times[0]))
    assert admitted(tokens, "second")
    assert admitted(tokens, "first")


def test_a_revoked_token_is_refused_within_a_minute() -> None:
    stored, times = StoredTokens(), [START]
    tokens = Tokens(stored.read, lambda: times[0])
    stored.versions.append(("leaked", START))
    assert admitted(tokens, "leaked")
    stored.versions += [("second", START), ("third", START)]
    times[0] += timedelta(seconds=60)
    assert not admitted(tokens, "leaked")


def test_wrong_tokens_cost_one_reading_a_second() -> None:
    stored, times = StoredTokens(), [START]
    tokens = Tokens(stored.read, lambda: times[0])
    stored.versions.append(("first", START))
    assert not any(admitted(tokens, token) for token in ("wrong", "", "x" * 1000))
    assert stored.reads == 1
    for _ in range(1000):
        times[0] += timedelta(milliseconds=10)
        assert not admitted(tokens, "wrong")
    assert stored.reads == 11


@pytest.mark.parametrize("header", [None, "", "Basic first", "first", "Bearer", "Bearer  ", "Bearer " + "x" * 513])
def test_what_can_be_no_token_is_refused_without_a_reading(header: str | None) -> None:
    stored = StoredTokens()
    stored.versions.append(("first", START))
    event = {"path": "/api/projects", "headers": {} if header is None else {"authorization": header}}
    assert not is_authorized(APIGatewayProxyEvent(event), lambda: Tokens(stored.read, lambda: START))
    assert stored.reads == 0


@pytest.mark.parametrize("token", ["x", "x" * 512, "two words", "ä"])
def test_a_token_is_any_text_of_up_to_512_characters(token: str) -> None:
    stored = StoredTokens()
    stored.versions.append((token, START))
    assert admitted(Tokens(stored.read, lambda: START), f" {token} ")
