"""The listening socket of the engine's port."""

import errno
import socket

from agenticai.emulator.core.errors import EngineError, PortTaken


def bind(host: str, port: int) -> socket.socket:
    """Listen on the port, before anything else is started, so that it is reserved. Raises PortTaken."""
    # The protocol is explicit because asyncio disables Nagle's delay (40 ms) only for sockets declared as TCP.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen()
    except OSError as error:
        listener.close()
        if error.errno != errno.EADDRINUSE:
            raise EngineError(f"The engine cannot listen on {host}, port {port}: {error.strerror}.") from error
        raise PortTaken(
            f"Port {port} is in use: stop the program that uses it, or choose another with --port."
        ) from error
    return listener
