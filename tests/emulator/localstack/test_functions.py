"""Functions as local processes: with real processes, and without LocalStack."""

import json
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agenticai.emulator.engines.localstack.extensions.localstack_without_docker.environment import (
    Done,
    Environment,
    Function,
    build_variables,
)
from agenticai.emulator.engines.localstack.extensions.localstack_without_docker.layers import merge
from agenticai.emulator.engines.localstack.extensions.localstack_without_docker.observer import Observer
from agenticai.emulator.engines.localstack.extensions.localstack_without_docker.settings import Settings
from tests.integration.cloud import alive, eventually
from tests.needs import needs

ARN = "arn:aws:lambda:us-east-1:000000000000:function:f"
OF_LOCALSTACK = {
    "AWS_LAMBDA_FUNCTION_NAME": "f",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
    "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
    "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/f",
    "AWS_LAMBDA_LOG_STREAM_NAME": "s",
    "AWS_SESSION_TOKEN": "of LocalStack",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
    "LOCALSTACK_RUNTIME_ID": "id",
    "LAMBDA_TASK_ROOT": "/var/task",
    "_HANDLER": "app.handler",
    "MODEL": "http://gateway/model",
}
NODE = shutil.which("node")


class Told(Observer):
    """Keeps the events."""

    def __init__(self) -> None:
        super().__init__("")
        self.events: list[tuple[str, dict[str, Any]]] = []

    def send_event(self, event: str, **about: object) -> None:
        self.events.append((event, about))


class Running:
    """Starts environments one after another, and stops all of them at the end."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._started: list[Environment] = []
        self.told = Told()

    def start(
        self, source: str, *, timeout_s: int = 60, opt: Path | None = None, runtime: str = "python3.13"
    ) -> Environment:
        self._folder.mkdir(exist_ok=True)
        name = "app.mjs" if runtime.startswith("nodejs") else "app.py"
        (self._folder / name).write_text(source, encoding="utf-8")
        function = Function("f", "$LATEST", runtime, 128, timeout_s, self._folder, opt)
        settings = Settings(sys.executable, NODE or "node")
        environment = Environment(f"e{len(self._started)}", function, settings, self.told)
        environment.start(OF_LOCALSTACK)
        self._started.append(environment)
        return environment

    def stop(self) -> None:
        for environment in self._started:
            environment.stop()


@pytest.fixture
def functions(tmp_path: Path) -> Iterator[Running]:
    running = Running(tmp_path / "code")
    yield running
    running.stop()


def invoke(environment: Environment, event: object = None) -> tuple[Any, Done]:
    done = environment.invoke("r-1", json.dumps(event), ARN, "Root=1")
    return json.loads(done.payload), done


def test_a_result_comes_back_with_what_was_printed(functions: Running) -> None:
    source = (
        "def handler(event, context):\n    print('seen', event)\n    return [event, context.invoked_function_arn]\n"
    )
    result, done = invoke(functions.start(source), {"a": 1})
    lines = done.log.splitlines()
    assert (result, done.error_type) == ([{"a": 1}, ARN], None)
    assert lines[:3] == ["START RequestId: r-1 Version: $LATEST", "seen {'a': 1}", "END RequestId: r-1"]
    assert lines[3].startswith("REPORT RequestId: r-1\tDuration: ")
    assert "\tMemory Size: 128 MB\tInit Duration: " in lines[3]


def test_an_error_leaves_the_process_and_an_exit_does_not(functions: Running) -> None:
    source = """
import os, sys
def handler(event, context):
    if event == "raise": raise ValueError("no good")
    if event == "exit": sys.exit(3)
    return os.getpid()
"""
    environment = functions.start(source)
    before, _ = invoke(environment)
    raised, done = invoke(environment, "raise")
    assert (raised["errorType"], raised["errorMessage"], done.error_type) == ("ValueError", "no good", "ValueError")
    assert 'raise ValueError("no good")' in raised["stackTrace"][-1]
    assert invoke(environment)[0] == before
    exited, _ = invoke(environment, "exit")
    assert exited["errorType"] == "Runtime.ExitError"
    assert exited["errorMessage"] == "RequestId: r-1 Error: Runtime exited with error: exit status 3"
    assert invoke(environment)[0] != before


def test_a_timeout_ends_the_process_and_what_it_started(functions: Running) -> None:
    source = """
import subprocess, time
def handler(event, context):
    child = subprocess.Popen(["sleep", "600"])
    print(child.pid)
    time.sleep(600)
"""
    timed_out, done = invoke(functions.start(source, timeout_s=1))
    assert timed_out["errorType"] == "Sandbox.Timedout"
    assert timed_out["errorMessage"] == "RequestId: r-1 Error: Task timed out after 1.00 seconds"
    child = int(done.log.splitlines()[1])
    eventually(lambda: not alive(child))


@pytest.mark.parametrize(
    ("source", "error_type"),
    [
        ("import nowhere", "Runtime.ImportModuleError"),
        ("def handler(", "Runtime.UserCodeSyntaxError"),
        ("other = 1", "Runtime.HandlerNotFound"),
        ("raise KeyError('x')", "KeyError"),
    ],
)
def test_a_failed_init_is_the_outcome_and_is_in_the_log(functions: Running, source: str, error_type: str) -> None:
    failed, done = invoke(functions.start(source))
    assert failed["errorType"] == done.error_type == error_type
    assert f"[ERROR] {error_type}" in done.log


def test_what_is_no_json_and_what_is_too_large_are_errors(functions: Running) -> None:
    source = "def handler(event, context):\n    return object() if event else 'x' * 7_000_000\n"
    environment = functions.start(source)
    assert invoke(environment, "object")[0]["errorType"] == "Runtime.MarshalError"
    assert invoke(environment)[0]["errorType"] == "Function.ResponseSizeTooLarge"


def test_the_handler_sees_lambdas_variables_and_no_others(functions: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_OF_THE_HOST", "leak")
    environment = functions.start("import os\ndef handler(event, context):\n    return dict(os.environ)\n")
    seen, _ = invoke(environment)
    assert "SECRET_OF_THE_HOST" not in seen
    assert not [name for name in seen if name.startswith("LOCALSTACK")]
    assert seen["AWS_SESSION_TOKEN"] == "e0"
    assert seen["_X_AMZN_TRACE_ID"] == "Root=1"
    assert seen["LAMBDA_TASK_ROOT"] != "/var/task"


def test_functions_are_led_to_the_proxy_and_tell_who_calls(tmp_path: Path) -> None:
    function = Function("f", "1", "python3.13", 128, 3, tmp_path)
    settings = Settings(aws_endpoint_url="http://gateway", caller_url="http://gateway/model")
    variables = build_variables("e", function, settings, OF_LOCALSTACK)
    assert variables["AWS_ENDPOINT_URL"] == "http://gateway"
    assert variables["MODEL"] == "http://gateway/model/as/e"
    assert build_variables("e", function, Settings(), OF_LOCALSTACK)["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1"


def test_later_layers_cover_earlier_ones_and_the_code_covers_all(functions: Running, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for layer, name in ((first, "first"), (second, "second")):
        (layer / "python").mkdir(parents=True)
        (layer / "python" / "shared.py").write_text(f"NAME = {name!r}")
        (layer / "python" / "app.py").write_text("raise OSError")
        (layer / "python" / f"of_{name}.py").write_text("")
    opt = merge([first, second], tmp_path / "cache")
    assert opt == merge([first, second], tmp_path / "cache")
    source = "import shared, of_first, of_second\ndef handler(event, context):\n    return shared.NAME\n"
    assert invoke(functions.start(source, opt=opt))[0] == "second"
    assert merge([first], tmp_path / "cache") == first
    assert merge([], tmp_path / "cache") is None


def test_whoever_watches_is_told_of_beginnings_and_ends(functions: Running) -> None:
    environment = functions.start("def handler(event, context):\n    return {'made': event}\n")
    invoke(environment, "it")
    functions.stop()
    told = functions.told.events
    assert [event for event, _ in told] == [
        "environment started",
        "invocation started",
        "invocation ended",
        "environment ended",
    ]
    assert {about["environment"] for _, about in told} == {"e0"}
    assert told[1][1]["payload"] == '"it"'
    assert (told[2][1]["result"], told[2][1]["error_type"]) == ({"made": "it"}, None)
    assert not alive(told[0][1]["pid"])


def test_an_observer_that_does_not_answer_changes_nothing() -> None:
    Observer("http://127.0.0.1:1/nobody").send_event("environment ended", environment="e")


def test_settings_are_read_from_variables() -> None:
    variables = {"LAMBDA_LOCAL_PYTHON": "/p", "LAMBDA_LOCAL_NODE": "/n", "LAMBDA_LOCAL_OBSERVER_URL": "http://o"}
    assert Settings.read(variables) == Settings("/p", "/n", observer_url="http://o")
    assert Settings.read({}).python == sys.executable


@needs(NODE is not None, "there is no Node.js: apt-get install nodejs")
class TestNode:
    def test_handlers_that_return_promise_or_call_back(self, functions: Running) -> None:
        source = """
export const handler = async (event, context) => {
  console.log("seen", event.a);
  if (event.a === 2) throw new TypeError("no good");
  return { a: event.a, name: context.functionName };
};
"""
        environment = functions.start(source, runtime="nodejs22.x")
        result, done = invoke(environment, {"a": 1})
        assert result == {"a": 1, "name": "f"}
        assert "seen 1" in done.log
        assert invoke(environment, {"a": 2})[0]["errorType"] == "TypeError"
        with_callback = "export const handler = (event, context, done) => { setImmediate(() => done(null, event)); };"
        assert invoke(functions.start(with_callback, runtime="nodejs22.x"), [1])[0] == [1]

    def test_a_handler_that_is_not_there_is_the_outcome(self, functions: Running) -> None:
        failed, _ = invoke(functions.start("export const other = 1;", runtime="nodejs22.x"))
        assert failed["errorType"] == "Runtime.HandlerNotFound"


def test_nothing_of_the_house_is_imported() -> None:
    package = Path(sys.modules[Environment.__module__].__file__ or "").parent
    texts = [path.read_text(encoding="utf-8") for path in package.glob("*.py")]
    assert texts
    assert not [text for text in texts if "agenticai" in text]
    assert os.path.exists(package.parent / "pyproject.toml")
