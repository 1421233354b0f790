"""The bootstrap and its process, on this interpreter: a new process, and a copy of a snapshot."""

import contextlib
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydantic import JsonValue, TypeAdapter

from agenticai.emulator.core.clock import Clock
from agenticai.emulator.engines.activity import Activity
from agenticai.emulator.engines.execution_environment import ExecutionEnvironment
from agenticai.emulator.engines.function import Invocation
from agenticai.emulator.engines.function_log import LOG_BYTES
from agenticai.emulator.engines.lambda_response import RESPONSE_BYTES
from tests.emulator.examples import FUNCTION
from tests.emulator.versions import Version
from tests.integration.cloud import alive, eventually

Start = Callable[[str], ExecutionEnvironment]


@pytest.fixture
def clock() -> Iterator[Clock]:
    clock = Clock()
    yield clock
    clock.close()


@pytest.fixture
def activity() -> Activity:
    return Activity()


@pytest.fixture(params=["new", "copied"])
def start(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock, activity: Activity) -> Iterator[Start]:
    """Start an environment with the source of a module `app`."""
    with contextlib.ExitStack() as versions:

        def start(source: str) -> ExecutionEnvironment:
            version = versions.enter_context(Version(source, tmp_path, clock, activity))
            if request.param == "copied":
                version.make_snapshot()
            return version.start()

        yield start


def invocation(event: JsonValue) -> Invocation:
    return Invocation("id-1", event, FUNCTION.arn, trace_id="Root=1")


def test_one_event_in_one_result_out(start: Start) -> None:
    environment = start("import os\ndef handler(event, context):\n    return [event, os.environ['_X_AMZN_TRACE_ID']]")
    cold, warm = environment.invoke(invocation({"ü": 1})), environment.invoke(invocation("two\nlines"))
    assert (cold.result, warm.result) == ([{"ü": 1}, "Root=1"], ["two\nlines", "Root=1"])
    assert cold.init_ms
    assert warm.init_ms is None


def test_what_is_printed_is_the_log_of_its_own_invocation(start: Start) -> None:
    source = """
        import os, sys
        def handler(event, context):
            print(event, end="")
            print("!", file=sys.stderr)
            os.system("echo from a child")
    """
    environment = start(source)
    logs = [environment.invoke(invocation(event)).log for event in ("one", "two")]
    assert logs == ["one!\nfrom a child\n", "two!\nfrom a child\n"]


def test_a_flood_of_printed_text_is_cut_while_it_comes(start: Start) -> None:
    source = """
        import sys, time
        def handler(event, context):
            for _ in range(64):
                sys.stdout.write("x" * 1024 * 1024)
            return "done"
    """
    done = start(source).invoke(invocation(None))
    assert (done.result, len(done.log) < 1.1 * LOG_BYTES) == ("done", True)
    assert "[The rest was dropped:" in done.log


@pytest.mark.parametrize(("text", "length"), [("x", RESPONSE_BYTES - 2), ("é", RESPONSE_BYTES // 2 - 1)])
def test_the_largest_response_is_returned_and_a_larger_one_is_an_error(start: Start, text: str, length: int) -> None:
    environment = start("def handler(event, context): return event[0] * event[1]")
    fits, too_large = (environment.invoke(invocation([text, size])) for size in (length, length + 1))
    assert (len(str(fits.result)), fits.error) == (length, None)
    assert (too_large.result, too_large.ended) == (None, False)
    assert too_large.error
    assert too_large.error.error_type == "Function.ResponseSizeTooLarge"
    assert too_large.error.message.endswith("exceeded maximum allowed payload size (6291556 bytes).")
    assert environment.invoke(invocation(["still", 1])).result == "still"


@pytest.mark.parametrize("written", ["x" * 40_000_000, "x\n"])
def test_a_reply_that_is_none_ends_the_process(start: Start, written: str) -> None:
    source = """
        import os, time
        def handler(event, context):
            for descriptor in range(3, 20):
                try:
                    os.write(descriptor, (event[0] * event[1]).encode())
                except OSError:
                    pass
            time.sleep(60)
    """
    ended = start(source).invoke(invocation([written[:2], len(written) // 2]))
    assert ended.ended
    assert ended.error
    assert ended.error.error_type == "Runtime.ExitError"


def test_a_process_that_exits_takes_its_children_along(start: Start) -> None:
    source = """
        import os, subprocess
        def handler(event, context):
            print(subprocess.Popen(["sleep", "60"]).pid, flush=True)
            os._exit(1)
    """
    child = int(start(source).invoke(invocation(None)).log)
    eventually(lambda: not alive(child))


def test_the_handler_sees_no_trace_of_the_bootstrap(start: Start) -> None:
    source = """
        import os, sys
        def handler(event, context):
            return [sys.argv[1:], os.read(0, 1).decode(), [name for name in sys.modules if "emulator" in name]]
    """
    assert start(source).invoke(invocation(None)).result == [[], "", []]


@pytest.mark.parametrize(
    ("source", "error_type"),
    [
        ("import no_such_module", "Runtime.ImportModuleError"),
        ("def handler(:", "Runtime.UserCodeSyntaxError"),
        ("def other(event, context): ...", "Runtime.HandlerNotFound"),
        ("1 / 0", "ZeroDivisionError"),
        ("import sys; sys.exit(4)", "Runtime.ExitError"),
    ],
)
def test_a_failed_init_is_reported_and_ends_the_process(start: Start, source: str, error_type: str) -> None:
    outcome = start(source).invoke(invocation(None))
    assert outcome.error
    assert outcome.error.error_type == error_type
    assert outcome.ended


@pytest.mark.parametrize(
    ("body", "error_type", "ended"),
    [
        ("raise KeyError('k')", "KeyError", False),
        ("return {1, 2}", "Runtime.MarshalError", False),
        ("import os; os._exit(0)", "Runtime.ExitError", True),
        ("import os; os.kill(os.getpid(), 9)", "Runtime.ExitError", True),
    ],
)
def test_an_error_is_an_outcome(start: Start, body: str, error_type: str, ended: bool) -> None:
    outcome = start(f"def handler(event, context):\n    {body}\n").invoke(invocation(None))
    assert outcome.error
    assert (outcome.error.error_type, outcome.ended) == (error_type, ended)
    assert outcome.error.request_id == "id-1"


@pytest.mark.parametrize(
    ("body", "how"),
    [
        ("os._exit(3)", "exit status 3"),
        ("os.kill(os.getpid(), 15)", "signal: SIGTERM"),
        ("os.abort()", "signal: SIGABRT"),
    ],
)
def test_it_is_told_how_the_process_has_ended(start: Start, body: str, how: str) -> None:
    outcome = start(f"import os\ndef handler(event, context):\n    {body}\n").invoke(invocation(None))
    assert outcome.error
    assert outcome.error.message == f"RequestId: id-1 Error: Runtime exited with error: {how}"


def test_one_that_is_killed_has_ended(start: Start) -> None:
    environment = start("def handler(event, context): ...")
    environment.invoke(invocation(None))
    assert environment.poll() is None
    environment.kill()
    assert environment.poll() == environment.wait() == -signal.SIGKILL


def test_one_that_is_killed_while_it_answers_has_exited(start: Start) -> None:
    source = """
        import contextlib, os
        def handler(event, context):
            for descriptor in range(3, 50):
                with contextlib.suppress(OSError):
                    os.write(descriptor, b'{"result": "cut o')
            os._exit(3)
    """
    outcome = start(source).invoke(invocation(None))
    assert outcome.error
    assert outcome.error.message == "RequestId: id-1 Error: Runtime exited with error: exit status 3"


def test_one_that_was_gone_before_it_was_asked_can_be_closed(start: Start) -> None:
    environment = start("def handler(event, context): ...")
    environment.invoke(invocation(None))
    environment.kill()
    outcome = environment.invoke(invocation(None))
    assert outcome.error
    assert outcome.error.error_type == "Runtime.ExitError"
    environment.close()


def test_a_decimal_is_a_number_as_in_lambda(start: Start) -> None:
    source = "from decimal import Decimal\ndef handler(event, context):\n    return Decimal('1.5')\n"
    assert start(source).invoke(invocation(None)).result == 1.5


def test_a_handler_sees_the_time_of_the_engine(start: Start, clock: Clock) -> None:
    source = """
        import datetime, time
        def handler(event, context):
            seen = [time.time(), datetime.datetime.now(datetime.UTC).timestamp()]
            return [*seen, context.get_remaining_time_in_millis()]
    """
    environment = start(source)
    environment.invoke(invocation(None))
    clock.advance(5_400)
    clock.advance(1_000_000)
    before = clock.now().timestamp()
    outcome = environment.invoke(invocation(None))
    after = clock.now().timestamp()
    by_time, by_datetime, remaining_ms = TypeAdapter(list[float]).validate_python(outcome.result)
    assert before - 1 <= by_time <= by_datetime <= after + 1  # the two processes began to skip separately
    assert 30_000 < remaining_ms <= 60_000


def test_what_moves_the_clock_brings_nothing_else_along(start: Start, clock: Clock) -> None:
    source = """
        import sys
        def handler(event, context):
            return [sys.path, sorted(name for name in sys.modules if name in ("pytest", "dateutil"))]
    """
    environment = start(source)
    plain = environment.invoke(invocation(None)).result
    clock.advance(60)
    assert environment.invoke(invocation(None)).result == plain


def test_a_sleeping_handler_wakes_when_the_clock_jumps(start: Start, clock: Clock, activity: Activity) -> None:
    environment = start("import time\ndef handler(event, context):\n    time.sleep(4)\n    return 'woke'")
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(environment.invoke, invocation(None))
        assert activity.await_rest(60)
        while not activity.stuck:
            activity.await_change(1)
        clock.advance(min(activity.list_due_times()) - clock.now().timestamp())
        outcome = running.result(60)
    assert outcome.result == "woke"
    assert outcome.duration_ms >= 4_000


def test_a_timeout_comes_when_the_clock_says_so(start: Start, clock: Clock, activity: Activity) -> None:
    environment = start("import threading\ndef handler(event, context):\n    threading.Event().wait()")
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(environment.invoke, invocation(None))
        eventually(lambda: bool(activity.list_due_times()))
        clock.advance(environment.function.timeout_s)
        outcome = running.result(60)
    assert outcome.error
    assert outcome.error.error_type == "Sandbox.Timedout"
    assert outcome.ended


class JumpsAtTheBeginning(Activity):
    """Makes the clock jump to an invocation's timeout as soon as it is known, before anything else happens."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    @contextlib.contextmanager
    def timeout_at(self, moment: float) -> Iterator[None]:
        with super().timeout_at(moment):
            self._clock.advance(moment - self._clock.now().timestamp())
            yield


def test_a_timeout_that_was_jumped_to_at_once_is_over(tmp_path: Path, clock: Clock) -> None:
    source = "import threading\ndef handler(event, context):\n    threading.Event().wait()"
    with Version(source, tmp_path, clock, JumpsAtTheBeginning(clock)) as version:
        outcome = version.start().invoke(invocation(None))
    assert outcome.error
    assert outcome.error.error_type == "Sandbox.Timedout"
    assert outcome.duration_ms == pytest.approx(60_000, abs=30_000)
