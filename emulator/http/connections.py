"""Server connections that time out: a request's head has to be complete in time, and an answer has to be read."""

import asyncio
import resource
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    from uvicorn.protocols.http.h11_impl import H11Protocol as Protocol
else:
    Protocol = object

HEAD_SECONDS: Final = 30.0
"""The time limit for a request line and headers, from their first byte to their last."""

UNENDED_HEAD_BYTES: Final = 64 * 1024
"""The limit for an incomplete head; `RequestLimits` checks a complete one against `largest.HEAD_BYTES`."""

ANSWER_SECONDS: Final = 300.0
SLOWEST_BYTES: Final = 64 * 1024
"""How much of an answer a client has to read in `ANSWER_SECONDS`."""


def find_connection_limit() -> int:
    """Return the maximum number of connections; half of the files that may be open are left for functions."""
    return min(1_000, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2)


def find_refusal_limit(limit: int) -> int:
    """Return the number of connections at which requests are refused: making room for one takes a moment."""
    return limit + limit // 4 + 2


class Connection(Protocol):
    """Adds timeouts to a protocol of uvicorn, which waits forever for a head, and for a client to read an answer.

    If there are too many connections, a new one closes the one that has been idle longest.
    """

    head_s = HEAD_SECONDS
    answer_s = ANSWER_SECONDS
    most = find_connection_limit()

    _heard_at = 0.0
    _head_timer: asyncio.TimerHandle | None = None
    _head_bytes = 0
    _answer_timer: asyncio.TimerHandle | None = None

    @property
    def idle(self) -> bool:
        """Whether no request is being answered."""
        return self.cycle is None or self.cycle.response_complete

    @property
    def _refused_body(self) -> bool:
        """Whether incoming bytes may be the rest of a body, whose request was answered without reading it."""
        return self.idle and self.cycle is not None and self.cycle.more_body

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Make room, and wait for the first byte no longer than for a next request."""
        super().connection_made(transport)
        self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)
        self._heard_at = self.loop.time()
        if len(self.connections) > self.most:
            self._make_room()

    def _make_room(self) -> None:
        """Close the connection that has been idle for longest, if there are too many that are not being closed."""
        others = cast("set[Connection]", self.connections) - {self}
        open_connections = [connection for connection in others if not connection.transport.is_closing()]
        idle = [connection for connection in open_connections if connection.idle]
        if idle and len(open_connections) >= self.most:
            min(idle, key=lambda connection: connection._heard_at).timeout_keep_alive_handler()

    def data_received(self, data: bytes) -> None:
        """Receive bytes, and start or stop the time limit of a head."""
        previous_cycle, was_idle, self._heard_at = self.cycle, self.idle, self.loop.time()
        super().data_received(data)
        if self.cycle is not previous_cycle or self.transport.is_closing() or self.transport.get_protocol() is not self:
            self._end_head()
        elif was_idle:
            self._await_head(len(data))

    def _await_head(self, size: int) -> None:
        """Count bytes of a head that is not complete, and wait for the rest of it."""
        self._head_bytes += size
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(self.head_s, self._give_up)
        if self._head_bytes > UNENDED_HEAD_BYTES and not self._refused_body:
            self._give_up()

    def on_response_complete(self) -> None:
        """Go on to the next request, or close if this one announced a body that will not come.

        The client sends it only after a 100, see https://httpwg.org/specs/rfc9110.html#field.expect.
        """
        super().on_response_complete()
        if self.cycle.more_body and any(name == b"expect" for name, _ in self.scope["headers"]):
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Cancel the timers."""
        self._end_head()
        if self._answer_timer is not None:
            self._answer_timer.cancel()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Check at intervals that the client reads the answer."""
        super().pause_writing()
        self._watch(self.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        """Stop checking."""
        super().resume_writing()
        if self._answer_timer is not None:
            self._answer_timer.cancel()

    def _watch(self, unsent: int) -> None:
        self._answer_timer = self.loop.call_later(self.answer_s, self._check_pace, unsent)

    def _check_pace(self, unsent: int) -> None:
        left = self.transport.get_write_buffer_size()
        if left > unsent - SLOWEST_BYTES:
            self.transport.abort()
        else:
            self._watch(left)

    def _give_up(self) -> None:
        self.transport.write(b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
        self.transport.close()

    def _end_head(self) -> None:
        self._head_bytes = 0
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None


def is_compiled() -> bool:
    """Return whether the compiled parser and event loop are installed; not every platform has them."""
    return find_spec("httptools") is not None and find_spec("uvloop") is not None


def choose_connection_class(*, compiled: bool) -> type[Connection]:
    """Return the connection class for the parser httptools, which is compiled, or for h11."""
    if compiled:
        from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

        class OnHttptools(Connection, HttpToolsProtocol):  # type: ignore[misc]
            def on_headers_complete(self) -> None:
                """Keep, as h11 does, the host of a request whose target is a whole URL."""
                super().on_headers_complete()
                if not self.url.startswith(b"/"):
                    self.scope["raw_path"] = self.url.partition(b"?")[0]

        return OnHttptools
    from uvicorn.protocols.http.h11_impl import H11Protocol

    class OnH11(Connection, H11Protocol):
        pass

    return OnH11
