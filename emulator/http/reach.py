"""The address, host names and origins by which the engine can be reached."""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from agenticai.emulator.core.errors import InvalidReach

LOOPBACK: Final = "127.0.0.1"
EVERYWHERE: Final = ("0.0.0.0", "::")  # noqa: S104 - a user's choice, never the default
_DEFAULT_PORTS: Final = {"http": ":80", "https": ":443"}


@dataclass(frozen=True)
class Reach:
    """The address that the engine listens on, and what its guard allows in addition.

    `hosts` are further host names of requests, `origins` those of pages that may call, such as
    `http://localhost:5173`. Raises InvalidReach for invalid ones.
    """

    host: str = LOOPBACK
    hosts: Sequence[str] = ()
    origins: Sequence[str] = ()

    def __post_init__(self) -> None:
        for host in self.hosts:
            if parse_host_name(host) is None:
                raise InvalidReach(
                    f"--allow-host takes the name of a host, such as host.docker.internal, not {host!r}."
                )
        for origin in self.origins:
            if parse_origin(origin) is None:
                raise InvalidReach(
                    f"--allow-origin takes a scheme and a host, such as http://localhost:5173, not {origin!r}."
                )

    @property
    def arguments(self) -> list[str]:
        """The command-line arguments of the gateway process for it."""
        hosts = [option for host in self.hosts for option in ("--allow-host", parse_host_name(host) or "")]
        origins = [option for origin in self.origins for option in ("--allow-origin", parse_origin(origin) or "")]
        return ["--host", self.host, *hosts, *origins]


HERE: Final = Reach()


def parse_host_name(host: str) -> str | None:
    """Return the host name in a Host header, in lower case and without port; None if it is invalid."""
    bare_ipv6 = host.count(":") > 1 and not host.startswith("[")
    try:
        parts = urlsplit(f"//[{host}]" if bare_ipv6 else f"//{host}")
        name, _ = parts.hostname, parts.port
    except ValueError:
        return None
    plain = not (parts.username is not None or parts.path or parts.query or parts.fragment)
    return name.rstrip(".") if name and plain and name.isascii() and not set(name) & set(" \t,;%*") else None


def parse_origin(url: str) -> str | None:
    """Return an origin as browsers send it: scheme, host, and the port if it is not the default.

    None if the URL has more than that, such as a path, or no host: https://html.spec.whatwg.org/#concept-origin
    """
    scheme, separator, host = url.strip().lower().removesuffix("/").partition("://")
    if not separator or not scheme.isascii() or not scheme.replace("-", "").isalnum() or parse_host_name(host) is None:
        return None
    return f"{scheme}://{host.removesuffix(_DEFAULT_PORTS.get(scheme, ':'))}"


def is_loopback(name: str) -> bool:
    """Return whether a host name always means this machine: RFC 6761 reserves localhost and names below it."""
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False
