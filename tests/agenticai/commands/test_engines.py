"""Options and LocalStack's own variables select the engine to start."""

from collections.abc import Mapping
from typing import Any

import pytest

from agenticai.client.errors import SettingsError
from agenticai.commands.engines import choose_engine
from agenticai.emulator.engines.engine_choice import EMBEDDED, IMAGE, IMAGE_VARIABLE, EngineChoice

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
    assert choose_engine("localstack", kind, url, environ) == EngineChoice("localstack", chosen)


def test_the_embedded_engine_has_no_kinds() -> None:
    assert choose_engine("embedded", None, None, {"LOCALSTACK_HOST": "other"}) == EMBEDDED
    with pytest.raises(SettingsError, match="are for --target localstack"):
        choose_engine("embedded", "process", None, {})


@pytest.mark.parametrize(
    ("target", "kind", "said"),
    [
        ("azure", None, "Unknown engine 'azure': choose embedded or localstack"),
        ("localstack", "vm", "Unknown --engine 'vm': choose one of process, running, container"),
    ],
)
def test_what_there_is_not_is_said(target: str, kind: str | None, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        choose_engine(target, kind, None, {})


@pytest.mark.parametrize(
    ("kind", "image", "environ", "chosen"),
    [
        ("container", None, {}, IMAGE),
        ("container", None, {IMAGE_VARIABLE: "mine:1"}, "mine:1"),
        ("container", "other:2", {IMAGE_VARIABLE: "mine:1"}, "other:2"),
        (None, "other:2", {"LOCALSTACK_HOST": "other"}, "other:2"),
        (None, None, {IMAGE_VARIABLE: "mine:1"}, ""),
    ],
)
def test_an_image_is_named_or_the_pinned_one(
    kind: str | None, image: str | None, environ: Mapping[str, str], chosen: str
) -> None:
    assert choose_engine("localstack", kind, None, environ, image=image) == EngineChoice("localstack", image=chosen)


@pytest.mark.parametrize(
    ("kind", "options", "said"),
    [
        ("process", {"image": "mine:1"}, "are for --engine container"),
        (None, {"docker_socket": True}, "are for --engine container"),
        ("container", {"url": OTHER}, "are for --engine running"),
        (None, {"observed": "/secret"}, "are for --engine running"),
        ("process", {"functions_on": "lambda"}, "are for --engine running"),
        ("running", {"functions_on": "arm64"}, "cannot run on 'arm64'"),
        ("running", {"functions_on": "nodejs22.x-arm64"}, "cannot be built for nodejs22.x on arm64"),
        ("running", {"functions_on": "lambda-riscv"}, "cannot be built for python3.13 on riscv"),
    ],
)
def test_options_of_another_way_are_refused(kind: str | None, options: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        choose_engine("localstack", kind, options.pop("url", None), {}, **options)


def test_what_docker_needs_reaches_the_gateway_process_only_for_a_container() -> None:
    environ = {"DOCKER_HOST": "unix:///mine.sock", "LOCALSTACK_AUTH_TOKEN": "sesame", "AWS_SECRET_ACCESS_KEY": "no"}
    container = EngineChoice("localstack", image="mine:1")
    assert container.select_variables(environ).keys() == {"DOCKER_HOST", "LOCALSTACK_AUTH_TOKEN"}
    assert "sesame" not in f"{container.arguments} {container}"
    assert EngineChoice("localstack").select_variables(environ) == EMBEDDED.select_variables(environ) == {}


@pytest.mark.parametrize("platform", ["lambda", "lambda-x86_64", "python3.13-arm64"])
def test_what_functions_run_on_is_named_for_one_that_runs(platform: str) -> None:
    chosen = choose_engine("localstack", None, OTHER, {}, functions_on=platform)
    assert chosen == EngineChoice("localstack", OTHER, functions_on=platform)
    assert chosen.arguments[-2:] == ["--functions-on", platform]


def test_roles_are_held_to_by_the_embedded_engine_alone() -> None:
    assert choose_engine("embedded", None, None, {}).iam
    assert choose_engine("embedded", None, None, {}, iam=False).arguments == ["--engine", "embedded", "--no-iam"]
    with pytest.raises(SettingsError, match="LocalStack does not enforce functions' roles"):
        choose_engine("localstack", None, None, {}, iam=False)


def test_the_gateway_process_is_told() -> None:
    container = EngineChoice("localstack", image="mine:1", docker_socket=True)
    assert container.arguments == ["--engine", "localstack", "--localstack-image", "mine:1", "--docker-socket"]
    assert not container.starts_localstack
    assert EngineChoice("localstack", OTHER).arguments == ["--engine", "localstack", "--localstack-url", OTHER]
    assert EngineChoice("localstack").starts_localstack
    assert not EngineChoice("localstack", OTHER).starts_localstack
    assert not EMBEDDED.starts_localstack
