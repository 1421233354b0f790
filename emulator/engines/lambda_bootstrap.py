"""Runs inside an execution environment: reads an invocation per line, calls the handler, writes an outcome per line.

It uses the standard library only, so that a handler can import nothing but its bundle, its layers and the runtime. The
engine starts it as `python -I -u lambda_bootstrap.py CLOCK LAYER...`, where CLOCK is the folder of time-machine, with
the environment that Lambda defines (https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html). Standard
input is also its lifeline: when it ends, the engine is gone, and this process ends with all that it started. With
`--snapshot=DESCRIPTOR` as first argument it runs no invocations, but forks for every environment that the engine
requests on that socket.
"""

import importlib
import json
import logging
import os
import queue
import runpy
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from typing import IO, TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from agenticai.emulator.engines.lambda_clock import FunctionClock

Handler = Callable[[Any, "LambdaContext"], Any]

AHEAD = "ahead "
"""The prefix of a line that is not an invocation, but the seconds by which the engine's clock is ahead of real time."""

SNAPSHOT = "--snapshot="
"""The prefix of the argument that makes this process a snapshot."""


class LambdaContext:
    """The context object of https://docs.aws.amazon.com/lambda/latest/dg/python-context.html."""

    identity = None
    client_context = None

    def __init__(self, request_id: str, invoked_function_arn: str, deadline_ms: int) -> None:
        self.aws_request_id = request_id
        self.invoked_function_arn = invoked_function_arn
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self._deadline_ms = deadline_ms

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until the function's timeout ends this invocation."""
        return max(0, self._deadline_ms - int(time.time() * 1000))


class LambdaLogHandler(logging.Handler):
    """The root log handler that Lambda's runtime installs, with the request id on each line."""

    request_id = ""

    def emit(self, record: logging.LogRecord) -> None:
        timestamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line = f"[{record.levelname}]\t{timestamp}.{int(record.msecs):03d}Z\t{self.request_id}\t{self.format(record)}"
        sys.stdout.write(line + "\n")


class Engine:
    """The two pipes to the engine, hidden from the handler, whose output goes to its log."""

    def __init__(self, clock: "FunctionClock", as_line: Callable[[dict[str, Any]], str]) -> None:
        self._clock = clock
        self._format_line = as_line
        self._writing = threading.Lock()
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._imported: set[str] = set()
        self._take_pipes()

    def _take_pipes(self) -> None:
        self._requests: IO[str] = os.fdopen(os.dup(0), encoding="utf-8")
        self._outcomes: IO[str] = os.fdopen(os.dup(1), "w", encoding="utf-8")
        devnull = os.open(os.devnull, os.O_RDONLY)
        os.dup2(devnull, 0)
        os.close(devnull)
        os.dup2(2, 1)

    def exchange_pipes(self) -> None:
        """Use the present standard input and output, as this process is a copy of a snapshot."""
        self._requests.close()
        self._outcomes.close()
        self._take_pipes()

    def listen(self) -> None:
        """Begin to read requests in the background."""
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        for line in self._requests:
            if line.startswith(AHEAD):
                ahead_s = float(line.removeprefix(AHEAD))
                self._clock.move(ahead_s)
                self.report({"ahead_s": ahead_s})  # a call must not be answered before its caller has the new time
            else:
                self._lines.put(line)
        # No clean-up, as when Lambda ends an environment: it has its own session, so nothing outlives it.
        os.killpg(0, signal.SIGKILL)

    def await_request(self) -> dict[str, Any]:
        """Wait for the next invocation."""
        request: dict[str, Any] = json.loads(self._lines.get())
        return request

    def report(self, outcome: dict[str, Any]) -> None:
        """Send one outcome; the handler's output is already written, because Python runs unbuffered.

        Raises TypeError or ValueError if the outcome is not JSON.
        """
        line = self._format_line(outcome)
        with self._writing:
            self._outcomes.write(line + "\n")
            self._outcomes.flush()

    def report_ready(self) -> None:
        """Report that init is done."""
        self._imported = set(sys.modules)
        self.report({"ready": True})

    def list_new_imports(self) -> list[str]:
        """Return the modules that were imported since init, or since the last call."""
        new = sorted(sys.modules.keys() - self._imported)
        self._imported.update(new)
        return new

    def sleep(self, seconds: float) -> None:
        """Replace `time.sleep`: sleep until a moment on the engine's clock, and tell the engine about it."""
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        until = time.time() + seconds
        self.report({"asleep_until": until})
        self._clock.wait_until(until)
        self.report({"asleep_until": None})


def main() -> None:
    """Import the handler, then serve until standard input ends."""
    arguments = sys.argv[1:]
    of_snapshot = arguments.pop(0) if arguments[0].startswith(SNAPSHOT) else None
    engine = Engine(
        run_file_beside("lambda_clock.py")["FunctionClock"](arguments.pop(0)),
        run_file_beside("lambda_response.py")["write_line"],
    )
    snapshot = begin_snapshot(of_snapshot) if of_snapshot else None
    if not snapshot:
        engine.listen()
    time.sleep = engine.sleep  # type: ignore[assignment]  # same parameters as the original
    os.environ.pop("LC_CTYPE", None)  # Python adds it if the locale in LANG is not installed
    del sys.argv[1:]
    logs = LambdaLogHandler()
    logging.getLogger().addHandler(logs)
    sys.path[:0] = build_import_path(os.environ["LAMBDA_TASK_ROOT"], arguments)
    handler = load_handler(engine, os.environ["_HANDLER"])
    if snapshot:
        snapshot.serve()  # returns in the copies
        engine.exchange_pipes()
        engine.listen()
    engine.report_ready()
    while True:
        serve_one(engine, handler, logs)


def run_file_beside(file: str) -> dict[str, Any]:
    """Return the names that a file beside this one defines; it is run, not imported, so handlers cannot find it."""
    return runpy.run_path(os.path.join(os.path.dirname(__file__), file))


def begin_snapshot(argument: str) -> Any:
    """Return a `SnapshotServer` that listens on the descriptor in the argument."""
    return run_file_beside("lambda_snapshot.py")["SnapshotServer"](int(argument.removeprefix(SNAPSHOT)))


def build_import_path(task_root: str, layers: list[str]) -> list[str]:
    """Return the head of sys.path: the task root, then each layer's /opt/python; later layers take precedence."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    layer_paths = [
        os.path.join(layer, "python", *rest)
        for layer in reversed(layers)
        for rest in (("lib", version, "site-packages"), ())
    ]
    return [task_root, *filter(os.path.isdir, layer_paths)]


def load_handler(engine: Engine, name: str) -> Handler:
    """Import the handler `module.function`; on failure report it as Lambda's runtime does, and exit."""
    module_name, _, function_name = name.rpartition(".")
    try:
        module = importlib.import_module(module_name.replace("/", "."))
        handler: Handler = getattr(module, function_name)
    except ImportError as error:
        fail_init(engine, "Runtime.ImportModuleError", f"Unable to import module '{module_name}': {error}")
    except SyntaxError as error:
        fail_init(engine, "Runtime.UserCodeSyntaxError", f"Syntax error in module '{module_name}': {error}")
    except AttributeError as error:
        if getattr(error, "obj", None) is not sys.modules.get(module_name.replace("/", ".")):
            fail_init(engine, type(error).__name__, str(error))
        fail_init(engine, "Runtime.HandlerNotFound", f"Handler '{function_name}' missing on module '{module_name}'")
    except Exception as error:  # noqa: BLE001 - any error of the user's code is reported, and ends the process
        fail_init(engine, type(error).__name__, str(error))
    return handler


def fail_init(engine: Engine, error_type: str, message: str) -> NoReturn:
    """Log and report an error of the init phase, then end this environment."""
    traceback.print_exc()
    engine.report({"error": log_error(error_type, message, "", [])})
    sys.exit(1)


def serve_one(engine: Engine, handler: Handler, logs: LambdaLogHandler) -> None:
    """Run one invocation; an error is an outcome, and leaves the environment warm."""
    request = engine.await_request()
    logs.request_id = request["request_id"]
    if request["trace_id"]:
        os.environ["_X_AMZN_TRACE_ID"] = request["trace_id"]
    context = LambdaContext(request["request_id"], request["invoked_function_arn"], request["deadline_ms"])
    try:
        outcome = {"result": handler(request["event"], context)}
    except Exception as error:  # noqa: BLE001 - any error of the user's code is reported as the outcome
        outcome = {"error": describe_error(error, context.aws_request_id)}
    imported = {"imported": engine.list_new_imports()}
    try:
        engine.report(outcome | imported)
    except (TypeError, ValueError, RecursionError) as error:
        message = f"Unable to marshal response: {error}"
        error_report = log_error("Runtime.MarshalError", message, context.aws_request_id, [])
        engine.report({"error": error_report} | imported)


def describe_error(error: Exception, request_id: str) -> dict[str, Any]:
    """Describe a handler's exception as Lambda does, without this file's own frame."""
    frames = traceback.extract_tb(error.__traceback__)[1:]
    return log_error(type(error).__name__, str(error), request_id, traceback.format_list(frames))


def log_error(error_type: str, message: str, request_id: str, stack: list[str]) -> dict[str, Any]:
    """Write the error to the function's log and return its report."""
    trace = "Traceback (most recent call last):\n" + "".join(stack) if stack else ""
    sys.stdout.write(f"[ERROR] {error_type}: {message}\n{trace}")
    return {"errorMessage": message, "errorType": error_type, "requestId": request_id, "stackTrace": stack}


if __name__ == "__main__":
    main()
