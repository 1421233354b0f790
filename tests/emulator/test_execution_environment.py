"""The bootstrap and the process around it, on this very interpreter."""

import dataclasses
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pydantic import JsonValue

from emulator.engines.execution_environment import ExecutionEnvironment
from emulator.engines.function import Invocation
from tests.emulator.examples import FUNCTION
from tests.integration.cloud import alive, eventually

Start = Callable[[str], ExecutionEnvironment]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start an environment on the source of a module `app`."""
    started: list[ExecutionEnvironment] = []

    def start(source: str) -> ExecutionEnvironment:
        (tmp_path / "app.py").write_text(textwrap.dedent(source))
        function = dataclasses.replace(FUNCTION, task_root=tmp_path, timeout_s=5)
        variables = function.environment(endpoint_url="http://127.0.0.1:1", session_token="t", log_stream="s")
        started.append(ExecutionEnvironment(function, Path(sys.executable), variables))
        return started[-1]

    yield start
    for environment in started:
        environment.kill()
        environment.close()


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
        print("init")
        def handler(event, context):
            print(event, end="")
            print("!", file=sys.stderr)
            os.system("echo from a child")
    """
    environment = start(source)
    logs = [environment.invoke(invocation(event)).log for event in ("one", "two")]
    assert logs == ["init\none!\nfrom a child\n", "two!\nfrom a child\n"]


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


def test_a_decimal_is_a_number_as_in_lambda(start: Start) -> None:
    source = "from decimal import Decimal\ndef handler(event, context):\n    return Decimal('1.5')\n"
    assert start(source).invoke(invocation(None)).result == 1.5
