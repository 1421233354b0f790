"""Requests that are too large or too slow are not forwarded, and are refused in the words of their service."""

import asyncio
import json
from collections.abc import Sequence

import pytest
from starlette.types import Message, Receive, Scope, Send

from agenticai.emulator.http.limits import RequestLimits
from agenticai.emulator.http.size_limits import HEAD_BYTES
from tests.fakes.asgi import signed

MIB = 1024 * 1024
GIB = 1024 * MIB
Header = tuple[bytes, bytes]


class Long(bytes):
    """Bytes that claim a length without having it."""

    def __new__(cls, length: int) -> "Long":
        made = super().__new__(cls)
        made.length = length
        return made

    length: int

    def __len__(self) -> int:
        return self.length


class Engine:
    """The application behind the limits: it reads a request completely, and reports its size."""

    def __init__(self) -> None:
        self.read: list[int] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        size, more = 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            size, more = size + len(message["body"]), message["more_body"]
        self.read.append(size)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"done"})


class Asked:
    """One request through the step, and its answer. Its body comes in pieces, and then stalls."""

    def __init__(
        self,
        step: RequestLimits,
        path: str,
        *pieces: bytes,
        method: str = "POST",
        headers: Sequence[Header] = (),
        length: int | None = None,
        ends: bool = True,
    ) -> None:
        told = [(b"content-length", b"%d" % length)] if length is not None else [(b"transfer-encoding", b"chunked")]
        self._scope = {"type": "http", "method": method, "path": path, "headers": [*headers, *told]}
        self._pieces = [
            {"type": "http.request", "body": piece, "more_body": not ends or number < len(pieces)}
            for number, piece in enumerate(pieces, 1)
        ]
        self.answers: list[Message] = []
        self.reads = 0
        asyncio.run(self._ask(step))

    async def _ask(self, step: RequestLimits) -> None:
        await step(self._scope, self._receive, self._send)

    async def _receive(self) -> Message:
        self.reads += 1
        if not self._pieces:
            await asyncio.Event().wait()
        return self._pieces.pop(0)

    async def _send(self, message: Message) -> None:
        self.answers.append(message)

    @property
    def status(self) -> int:
        return int(self.answers[0]["status"])

    @property
    def body(self) -> str:
        return b"".join(answer.get("body", b"") for answer in self.answers).decode()


def limits(engine: Engine, *, free: int = 10 * GIB, patience_s: float = 60, held: int = 10 * GIB) -> RequestLimits:
    return RequestLimits(engine, lambda: free, patience_s=patience_s, held_bytes=held, new_id=lambda: "request-1")


INVOKE = "/2015-03-31/functions/f/invocations"
EVENT = (b"x-amz-invocation-type", b"Event")
MODEL = "/_gemini/v1/models/m:generateContent"

TOO_LARGE = [
    ("/bucket/key", signed("s3", "t"), 256 * MIB, 400, "<Code>EntityTooLarge</Code>"),
    ("/bucket/key", (), 256 * MIB, 400, "<Code>EntityTooLarge</Code>"),
    ("/", signed("sqs", "t", "AmazonSQS.SendMessage"), 16 * MIB, 413, "RequestEntityTooLarge"),
    (
        INVOKE,
        signed("lambda", "t"),
        6 * MIB,
        413,
        "must be smaller than 6291456 bytes for the InvokeFunction operation",
    ),
    (INVOKE, (*signed("lambda", "t"), EVENT), MIB, 413, "(limit 1048576 bytes)"),
    ("/2015-03-31/functions", signed("lambda", "t"), 70_167_211, 413, "must be smaller than 70167211 bytes"),
    ("/restapis/a/dev/_user_request_/x", (), 10 * MIB, 413, '{"message": "Request Too Long"}'),
    (MODEL, (), 20 * MIB, 400, "Request payload size exceeds the limit: 20971520 bytes."),
    ("/_harness/faults", (), 16 * MIB, 413, "limit of 16777216 bytes"),
]


@pytest.mark.parametrize(("path", "headers", "most", "status", "said"), TOO_LARGE)
def test_a_body_that_says_it_is_too_large_is_not_read(
    path: str, headers: Sequence[Header], most: int, status: int, said: str
) -> None:
    engine = Engine()
    asked = Asked(limits(engine), path, headers=headers, length=most + 1)
    assert (asked.status, asked.reads, engine.read) == (status, 0, [])
    assert said in asked.body


@pytest.mark.parametrize(("path", "headers", "most", "status", "said"), TOO_LARGE)
def test_one_that_does_not_say_so_is_read_no_further(
    path: str, headers: Sequence[Header], most: int, status: int, said: str
) -> None:
    engine, piece = Engine(), Long(most // 2 + 1)
    asked = Asked(limits(engine), path, piece, piece, piece, headers=headers)
    assert (asked.status, asked.reads, engine.read) == (status, 2, [])
    assert said in asked.body


@pytest.mark.parametrize(("path", "headers", "most", "status", "said"), TOO_LARGE)
def test_the_largest_passes_whole(path: str, headers: Sequence[Header], most: int, status: int, said: str) -> None:
    engine, piece = Engine(), Long(most - 1)
    asked = Asked(limits(engine), path, piece, b"x", headers=headers, length=most)
    assert (asked.status, engine.read) == (200, [most])


def test_a_body_that_does_not_come_is_not_waited_for() -> None:
    engine = Engine()
    asked = Asked(limits(engine, patience_s=0.01), "/b/k", b"x", headers=signed("s3", "t"), length=9, ends=False)
    assert (asked.status, engine.read) == (400, [])
    assert "<Code>RequestTimeout</Code>" in asked.body
    assert (b"connection", b"close") in asked.answers[0]["headers"]


def test_what_came_earns_more_time() -> None:
    engine, slow = Engine(), asyncio.Event()

    class Slow(Asked):
        async def _receive(self) -> Message:
            message = await super()._receive()
            if self.reads == 2:
                asyncio.get_running_loop().call_later(0.1, slow.set)
                await slow.wait()
            return message

    asked = Slow(limits(engine, patience_s=0.01), "/b/k", b"x" * 2048, b"x", length=2049)
    assert (asked.status, engine.read) == (200, [2049])


def test_a_client_that_is_gone_is_gone() -> None:
    class Gone(Asked):
        async def _receive(self) -> Message:
            return {"type": "http.disconnect"}

    engine = Engine()
    assert (Gone(limits(engine), "/b/k", length=9).answers, engine.read) == ([], [])


def test_the_bodies_of_all_requests_share_the_memory_and_leave_it() -> None:
    engine = Engine()
    step = limits(engine, held=10)
    for _ in range(3):
        assert Asked(step, "/b/k", b"x" * 10, length=10).status == 200
        refused = Asked(step, "/b/k", b"x" * 6, b"x" * 6, length=12, headers=signed("s3", "t"))
        assert (refused.status, "<Code>SlowDown</Code>" in refused.body) == (503, True)
    assert engine.read == [10, 10, 10]


def test_a_full_disk_is_said_before_the_body_is_read() -> None:
    asked = Asked(limits(Engine(), free=100 * MIB), "/b/k", length=2 * MIB, headers=signed("s3", "t"))
    assert (asked.status, asked.reads) == (507, 0)
    assert "<Code>InsufficientStorage</Code>" in asked.body


def test_a_head_that_is_too_large_is_refused() -> None:
    engine = Engine()
    asked = Asked(limits(engine), "/b/k", b"x", headers=[(b"x-long", b"x" * HEAD_BYTES)], length=1)
    assert (asked.status, asked.reads, engine.read) == (400, 0, [])
    assert "<Code>RequestHeaderSectionTooLarge</Code>" in asked.body


def test_what_has_been_answered_is_not_refused_as_well() -> None:
    async def hasty(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 403, "headers": []})
        await send({"type": "http.response.body", "body": b"no"})
        await receive()

    asked = Asked(RequestLimits(hasty, lambda: GIB, patience_s=0.01), "/b/k", length=9)
    assert (asked.status, asked.body) == (403, "no")


def test_the_control_api_and_the_model_are_refused_in_their_own_words() -> None:
    step = limits(Engine(), patience_s=0.01)
    assert Asked(step, "/_harness/faults", length=9).body.startswith("Your socket connection")
    error = json.loads(Asked(step, MODEL, length=9).body)["error"]
    assert (error["code"], error["status"]) == (400, "INVALID_ARGUMENT")
