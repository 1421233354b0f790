"""Checks what a container of LocalStack needs of Docker: a client, a running daemon, permission, and the image."""

import contextlib
import errno
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from agenticai.emulator.core.errors import NoDocker
from agenticai.emulator.core.locks import is_held
from agenticai.emulator.http.reach import is_loopback

if TYPE_CHECKING:
    from testcontainers.core.docker_client import DockerClient


SOCKET: Final = "/var/run/docker.sock"
LABEL: Final = "agenticai.run"
"""The label with the run's folder; containers are removed when nobody holds that folder's lock any more."""
WITHOUT: Final = "or use --engine process, which needs no Docker"
EXPLAINED: Final = {
    errno.ENOENT: "There is no Docker at {where}: install and start it, set DOCKER_HOST to its address, {without}.",
    errno.EACCES: "This user may not use Docker at {where}: join the group docker, which gives you root's rights, and"
    " log in again, {without}.",
}


def connect(environ: Mapping[str, str] = os.environ, find: Callable[[str], object] = find_spec) -> "DockerClient":
    """Return testcontainers' client for this machine's Docker. Raises NoDocker, also if it is not installed."""
    if find("testcontainers") is None:
        raise NoDocker("LocalStack in a container needs testcontainers: pip install 'agenticai[localstack]'.")
    from docker.errors import DockerException
    from testcontainers.core.docker_client import DockerClient

    address = environ.get("DOCKER_HOST") or f"unix://{SOCKET}"
    if (host := urlsplit(address).hostname) and not is_loopback(host):
        raise NoDocker(f"DOCKER_HOST is on another machine, {address}: set it to this machine's Docker, {WITHOUT}.")
    try:
        return DockerClient()
    except (DockerException, OSError) as error:
        raise NoDocker(explain_unavailable(error, address)) from error


def explain_unavailable(error: BaseException, address: str) -> str:
    """Describe in a sentence why Docker is not available and what to do."""
    os_error = next((cause for cause in list_causes(error) if isinstance(cause, OSError) and cause.errno), None)
    if os_error and os_error.errno in EXPLAINED:
        return EXPLAINED[os_error.errno].format(where=address, without=WITHOUT)
    reason = os_error.strerror if os_error else str(error) or type(error).__name__
    return f"Docker at {address} does not answer ({reason}): start its daemon, {WITHOUT}."


def list_causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and all its causes: libraries wrap the system's errors in their own."""
    yield error
    for cause in (error.__cause__, *error.args):
        if isinstance(cause, BaseException):
            yield from list_causes(cause)


def fetch_image(docker: Any, image: str, on_progress: Callable[[str], None]) -> None:
    """Pull an image unless it exists. Raises NoDocker."""
    from docker.errors import APIError, DockerException, ImageNotFound

    try:
        docker.images.get(image)
    except ImageNotFound:
        on_progress(f"pulling {image}")
        try:
            for layers in report_pulled_layers(docker.api.pull(image, stream=True, decode=True)):
                on_progress(f"pulling {image}: {layers}")
        except (DockerException, OSError) as error:
            reason = str(error.explanation if isinstance(error, APIError) else error).strip().rstrip(".")
            raise NoDocker(
                f"The image {image} is not on this machine and could not be pulled ({reason}): check its name"
                f" (--localstack-image) and your network, {WITHOUT}."
            ) from error


def report_pulled_layers(lines: Iterator[dict[str, str]]) -> Iterator[str]:
    """Yield progress whenever another layer of an image has been pulled. Raises DockerException."""
    from docker.errors import DockerException

    layers: dict[str, bool] = {}
    for line in lines:
        if "error" in line:
            raise DockerException(line["error"])
        status, layer = line.get("status", ""), line.get("id", "")
        if status == "Pulling fs layer":
            layers[layer] = False
        elif status in {"Pull complete", "Already exists"}:
            layers[layer] = True
            yield f"{sum(layers.values())} of {len(layers)} layers"


def find_bridge_address(docker: Any) -> str | None:
    """Return this machine's address in Docker's bridge network; None if it has none.

    Without a configured gateway, Docker reports only the subnet, and uses its first address.
    """
    configured: Sequence[Mapping[str, str]] = docker.networks.get("bridge").attrs["IPAM"]["Config"] or ()
    addresses = (entry.get("Gateway") or str(next(ip_network(entry["Subnet"]).hosts())) for entry in configured)
    return next(addresses, None)


def list_containers(docker: "DockerClient", run: str | None = None) -> list[Any]:
    """Return the containers of a run, or of all runs."""
    label = LABEL if run is None else f"{LABEL}={run}"
    return list(docker.client.containers.list(all=True, filters={"label": label}))


def remove_orphans(docker: "DockerClient") -> None:
    """Remove containers of runs whose gateway was killed, such as those that LocalStack itself has started."""
    for container in list_containers(docker):
        with contextlib.suppress(PermissionError):  # another user's folder
            if not is_held(Path(container.labels[LABEL])):
                remove_container(container)


def remove_container(container: Any) -> None:
    """Remove a container with its volumes in any state, unless it is already removed or being removed."""
    from docker.errors import APIError

    with contextlib.suppress(APIError):
        container.remove(force=True, v=True)
