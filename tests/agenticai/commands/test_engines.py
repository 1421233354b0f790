"""Which engine is started is said by options, and by LocalStack's own variables."""

from collections.abc import Mapping

import pytest

from agenticai.client.errors import SettingsError
from agenticai.commands.engines import chosen_engine
from agenticai.emulator.engines.chosen import EMBEDDED, Chosen

LOCAL, OTHER = "http://127.0.0.1:4566", "http://other:4567"


@pytest.mark.parametrize(
    ("kind", "url", "environ", "chosen"),
    [
        (None, None, {}, ""),
        ("process", None, {"LOCALSTACK_HOST": "other:4567"}, ""),
        ("running", None, {}, LOCAL),
        ("running", OTHER + "/", {"LOCALSTACK_HOST": "localhost"}, OTHER),
        (None, OTHER, {}, OTHER),
        (None, None, {"LOCALSTACK_HOST": "other:4567"}, OTHER),
        (None, None, {"LOCALSTACK_HOST": "other"}, "http://other:4566"),
        ("running", None, {"AWS_ENDPOINT_URL": OTHER}, OTHER),
        (None, None, {"AWS_ENDPOINT_URL": OTHER}, ""),
    ],
)
def test_localstack_is_started_or_found(
    kind: str | None, url: str | None, environ: Mapping[str, str], chosen: str
) -> None:
    assert chosen_engine("localstack", kind, url, environ) == Chosen("localstack", chosen)


def test_the_embedded_engine_has_no_kinds() -> None:
    assert chosen_engine("embedded", None, None, {"LOCALSTACK_HOST": "other"}) == EMBEDDED
    with pytest.raises(SettingsError, match="are for --target localstack"):
        chosen_engine("embedded", "process", None, {})


@pytest.mark.parametrize(
    ("target", "kind", "said"),
    [
        ("azure", None, "There is no engine 'azure': name embedded or localstack"),
        ("localstack", "vm", "There is no way 'vm' to have LocalStack: it is process, running, container"),
        ("localstack", "container", "--engine container needs"),
    ],
)
def test_what_there_is_not_is_said(target: str, kind: str | None, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        chosen_engine(target, kind, None, {})


def test_the_gateway_process_is_told() -> None:
    assert Chosen("localstack", OTHER).arguments == ["--engine", "localstack", "--localstack-url", OTHER]
    assert Chosen("localstack").starts_localstack
    assert not Chosen("localstack", OTHER).starts_localstack
    assert not EMBEDDED.starts_localstack
