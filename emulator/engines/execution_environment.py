"""An execution environment: the process that runs one function's handler, one invocation at a time."""

import contextlib
import io
import json
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Mapping
from typing import IO, Any

from pydantic import JsonValue

from agenticai.emulator.core.clock import Clock
from agenticai.emulator.engines.activity import Activity
from agenticai.emulator.engines.function import FunctionError, Invocation, InvocationOutcome
from agenticai.emulator.engines.function_log import FunctionLog
from agenticai.emulator.engines.lambda_bootstrap import AHEAD
from agenticai.emulator.engines.lambda_response import RESPONSE_BYTES
from agenticai.emulator.engines.snapshot import end_session
from agenticai.emulator.engines.starter import Starter

INIT_SECONDS = 10.0  # https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
EXIT_SECONDS = 5.0  # for a process that has closed its pipes to report its exit status
Reply = dict[str, JsonValue]
SEEN_SECONDS = 5.0  # for a process to notice a jump of the clock; one that is busy in C code notices it later
CLOCK_JUMPED = "the clock jumped"
TRIM_SECONDS = 0.5  # between two checks of how much a handler has printed
LONGEST_REPLY = 4 * RESPONSE_BYTES  # characters: a reply's JSON has at most three per byte


class EnvironmentEnded(Exception):
    """The process has ended, or was killed at its timeout; `timed_out` tells which."""

    def __init__(self, *, timed_out: bool) -> None:
        super().__init__("timed out" if timed_out else "exited")
        self.timed_out = timed_out


class ExecutionEnvironment:
    """One process: init -> (ready <-> busy) -> ended, which is final.

    Init begins immediately, in the background; the first invocation waits for it. After a handler's error the process
    is ready again, as on AWS; a timeout, an exit or a failed init ends it. The process leads its own session, so that
    ending it also ends what the handler started. `poll`, `wait`, `terminate` and `kill` behave as in Popen.
    """

    def __init__(self, starter: Starter, variables: Mapping[str, str], clock: Clock, activity: Activity) -> None:
        self.function = starter.function
        self._starter = starter
        self._variables = variables
        self._clock = clock
        self._activity = activity
        self.initialised = threading.Event()
        """Set when init has ended, successfully or not."""
        self._ready = False
        self._token = variables["AWS_SESSION_TOKEN"]
        self._started = time.monotonic()  # skipped time does not count as init
        self._log = FunctionLog()
        self._process = starter.start(variables, self._log.file)
        self._writing = threading.Lock()
        self._asleep = contextlib.ExitStack()
        self._clock_seen = threading.Condition()
        self._ahead_s = 0.0
        self._replies: queue.SimpleQueue[tuple[float, Reply | None] | str] = queue.SimpleQueue()
        threading.Thread(target=self._listen, daemon=True, name=f"environment-{self.function.name}").start()

    def invoke(self, invocation: Invocation) -> InvocationOutcome:
        """Run the handler on one event, for at most the function's timeout."""
        init_ms: float | None = None
        result: JsonValue = None
        started = time.time()
        # The timeout stays registered until after the invocation: otherwise time could be skipped to the moment at
        # which a process that was just killed would have woken.
        with (
            contextlib.ExitStack() as timeout,
            self._activity.invocation(self._token),
            self._clock.on_jump(self._handle_clock_jump),
        ):
            try:
                error = None
                if not self._ready:
                    init_ms, error = self._finish_init()
                    started = time.time()
                if error is None:
                    deadline = started + self.function.timeout_s
                    timeout.enter_context(self._activity.timeout_at(deadline))
                    result, error = self._run_handler(invocation, deadline)
            except EnvironmentEnded as ended:
                error = self._describe_end(ended, invocation.request_id)
                if self._ready:
                    self._starter.prepare(self._variables)
        duration_ms = (time.time() - started) * 1000
        return InvocationOutcome(result, error, self._log.take(), init_ms, duration_ms, ended=self.poll() is not None)

    def _finish_init(self) -> tuple[float, FunctionError | None]:
        """Wait until the handler is imported; return the duration in ms, and the error if there was one.

        Lambda limits the init phase to 10 s, and then repeats it within the function's timeout.
        """
        finished, reply = self._await_reply(time.time() + INIT_SECONDS + self.function.timeout_s)
        error = _parse_error(reply)
        if error:
            self.kill()
        self._ready = error is None
        return (finished - self._started) * 1000, error

    def _run_handler(self, invocation: Invocation, deadline: float) -> tuple[JsonValue, FunctionError | None]:
        """Run the handler, at most until a moment in epoch seconds.

        The caller computes the moment: the clock may jump at any time once the invocation is registered.
        """
        request = {
            "request_id": invocation.request_id,
            "event": invocation.event,
            "invoked_function_arn": invocation.invoked_function_arn,
            "trace_id": invocation.trace_id,
            "deadline_ms": int(deadline * 1000),
        }
        try:
            self._send_time()
            self._write(json.dumps(request))
        except (BrokenPipeError, ValueError) as error:  # one end of the pipe is closed
            self.kill()
            raise EnvironmentEnded(timed_out=False) from error
        _, reply = self._await_reply(deadline)
        return reply.get("result"), _parse_error(reply)

    def _handle_clock_jump(self) -> None:
        with contextlib.suppress(BrokenPipeError, ValueError):
            self._send_time()
            with self._clock_seen:
                self._clock_seen.wait_for(lambda: self._ahead_s >= self._clock.ahead_s, SEEN_SECONDS)
        self._replies.put(CLOCK_JUMPED)

    def _record_clock(self, ahead_s: float) -> None:
        with self._clock_seen:
            self._ahead_s = ahead_s
            self._clock_seen.notify_all()

    def _send_time(self) -> None:
        if self._clock.ahead_s:
            self._write(f"{AHEAD}{self._clock.ahead_s}")

    def _write(self, line: str) -> None:
        with self._writing:
            assert self._process.stdin is not None  # noqa: S101 - for the type checker: it was asked for
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()

    def close(self) -> None:
        """Release the resources of a process that has ended."""
        self._log.close()
        with contextlib.suppress(BrokenPipeError):  # it may still contain a request that the process did not read
            if self._process.stdin:
                self._process.stdin.close()

    def _listen(self) -> None:
        with self._process.stdout or io.StringIO() as lines:
            while reply := self._read_reply(lines):
                if "asleep_until" in reply:
                    self._record_sleep(reply["asleep_until"])
                    continue
                if "ahead_s" in reply:
                    self._record_clock(reply["ahead_s"])
                    continue
                received_at, imported = time.monotonic(), reply.get("imported")
                if isinstance(imported, list):
                    self._starter.learn(map(str, imported))
                self._replies.put((received_at, reply))
                self.initialised.set()  # the first reply is that of init
        self._record_sleep(None)
        self._record_clock(float("inf"))  # it has ended, so nobody should wait for it
        self._replies.put((time.monotonic(), None))
        self.initialised.set()

    def _read_reply(self, lines: IO[str]) -> dict[str, Any] | None:
        """Read a reply, or None at the end; kill the process if its handler has written anything else to the pipe."""
        line = lines.readline(LONGEST_REPLY)
        try:
            reply: dict[str, Any] | None = json.loads(line) if line else None
        except ValueError:
            self.terminate()
            return None
        return reply

    def _record_sleep(self, until: float | None) -> None:
        self._asleep.close()
        if until is not None:
            self._asleep.enter_context(self._activity.waiting(self._token, until))

    def _await_reply(self, deadline: float) -> tuple[float, Reply]:
        """Return the next reply and its time; if there is none in time, end the process and raise EnvironmentEnded."""
        received: tuple[float, Reply | None] | str = CLOCK_JUMPED
        while isinstance(received, str):
            left_s = deadline - time.time()
            try:
                received = self._replies.get(timeout=max(0.0, min(left_s, TRIM_SECONDS)))
            except queue.Empty as empty:
                self._log.trim()
                if left_s <= TRIM_SECONDS:
                    self.kill()
                    raise EnvironmentEnded(timed_out=True) from empty
        received_at, reply = received
        if reply is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.wait(EXIT_SECONDS)
            self.kill()
            raise EnvironmentEnded(timed_out=False)
        return received_at, reply

    def _describe_end(self, ended: EnvironmentEnded, request_id: str) -> FunctionError:
        if ended.timed_out:
            message = f"RequestId: {request_id} Error: Task timed out after {self.function.timeout_s}.00 seconds"
            return FunctionError("Sandbox.Timedout", message, request_id)
        status = self._process.wait()
        cause = f"signal: {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"
        message = f"RequestId: {request_id} Error: Runtime exited with error: {cause}"
        return FunctionError("Runtime.ExitError", message, request_id)

    def poll(self) -> int | None:
        """Return the exit status, or None while the process runs."""
        return self._process.poll()

    def wait(self, timeout: float | None = None) -> int:
        """Wait until the process ends; raises subprocess.TimeoutExpired."""
        return self._process.wait(timeout)

    def terminate(self) -> None:
        """Kill the process and all that it started, without warning, as Lambda does."""
        end_session(self._process.pid)

    def kill(self) -> None:
        """Terminate the process, and wait until it has ended."""
        self.terminate()
        self._process.wait()


def _parse_error(reply: Reply) -> FunctionError | None:
    report = reply.get("error")
    if not isinstance(report, dict):
        return None
    stack = report.get("stackTrace")
    return FunctionError(
        error_type=str(report.get("errorType")),
        message=str(report.get("errorMessage")),
        request_id=str(report.get("requestId")),
        stack_trace=tuple(map(str, stack)) if isinstance(stack, list) else (),
    )
