"""Reasons why Docker is not available, from its client's errors, in one sentence each."""

import errno
import gc
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from docker.errors import APIError, DockerException, ImageNotFound

from agenticai.emulator.core.errors import NoDocker
from agenticai.emulator.engines.localstack.docker_engine import (
    connect,
    explain_unavailable,
    fetch_image,
    report_pulled_layers,
)

WHERE = "unix:///var/run/docker.sock"


def wrapped(number: int) -> DockerException:
    """Return docker-py's error: the system's error inside urllib3's, inside requests'."""
    return DockerException("no version", Exception("Connection aborted.", OSError(number, os.strerror(number))))


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOENT, f"There is no Docker at {WHERE}: install and start it, set DOCKER_HOST to its address, or"),
        (errno.EACCES, f"This user may not use Docker at {WHERE}: join the group docker"),
        (errno.ECONNREFUSED, f"Docker at {WHERE} does not answer (Connection refused): start its daemon, or"),
    ],
)
def test_what_the_system_says_is_what_to_do(number: int, said: str) -> None:
    assert explain_unavailable(wrapped(number), WHERE).startswith(said)
    assert explain_unavailable(wrapped(number), WHERE).count(".") - WHERE.count(".") == 1


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # docker-py leaves its socket open
def test_the_real_client_finds_no_socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/docker.sock")
    with pytest.raises(NoDocker, match=r"There is no Docker at unix:///.*docker\.sock"):
        connect()
    gc.collect()


def test_where_testcontainers_is_not_installed_it_is_said_how_to() -> None:
    with pytest.raises(NoDocker, match=r"needs testcontainers: pip install 'agenticai\[localstack\]'"):
        connect({}, lambda _: None)


def test_a_docker_of_another_machine_is_refused() -> None:
    with pytest.raises(NoDocker, match=r"is on another machine, ssh://me@build\.example"):
        connect({"DOCKER_HOST": "ssh://me@build.example"})


class Images:
    """Docker's images for a pull: existing, or pulled with these lines or this error."""

    def __init__(self, *lines: dict[str, str], there: bool = False, error: Exception | None = None) -> None:
        self.lines, self.there, self.error = lines, there, error
        self.images = self.api = self

    def get(self, image: str) -> None:
        if not self.there:
            raise ImageNotFound(image)

    def pull(self, image: str, *, stream: bool, decode: bool) -> Iterator[dict[str, str]]:
        if self.error:
            raise self.error
        yield from self.lines


def fetched(images: Images) -> list[str]:
    told: list[str] = []
    fetch_image(cast("Any", images), "localstack/localstack:0", told.append)
    return told


def test_an_image_that_is_there_is_not_pulled() -> None:
    assert fetched(Images(there=True)) == []


def test_a_pull_tells_how_far_it_is() -> None:
    lines = [{"status": "Pulling fs layer", "id": id_} for id_ in "ab"]
    lines += [{"status": "Downloading", "id": "a"}, {"status": "Pull complete", "id": "b"}]
    assert fetched(Images(*lines)) == [
        "pulling localstack/localstack:0",
        "pulling localstack/localstack:0: 1 of 2 layers",
    ]


@pytest.mark.parametrize(
    "images",
    [
        Images(error=APIError("500", explanation="dial tcp: lookup registry: no such host")),
        Images({"error": "dial tcp: lookup registry: no such host"}),
    ],
)
def test_an_image_that_cannot_be_pulled_is_named_with_the_reason(images: Images) -> None:
    with pytest.raises(
        NoDocker, match=r"The image localstack/localstack:0 is not on this machine and could not .*\(dial tcp: .*host\)"
    ):
        fetched(images)


def test_a_layer_that_is_there_counts() -> None:
    assert list(report_pulled_layers(iter([{"status": "Already exists", "id": "a"}]))) == ["1 of 1 layers"]
