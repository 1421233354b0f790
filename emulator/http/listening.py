"""The socket of the one port."""

import errno
import socket

from agenticai.emulator.core.errors import EngineError, PortTaken


def bind(host: str, port: int) -> socket.socket:
    """Listen on the port before anything else is done, so that nobody can take it. Raises PortTaken."""
    # With the protocol named: asyncio switches Nagle's 40 ms delay off only for sockets that say they are TCP.
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
