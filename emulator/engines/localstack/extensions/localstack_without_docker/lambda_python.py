"""Runs inside an execution environment: reads one invocation per line, calls the handler, writes one outcome per line.

Standard library only, and alone in its process, started as `python -I -u lambda_python.py [OPT]`, where OPT is the
folder for /opt. When standard input ends, LocalStack has ended, and this process kills itself and all that it started.
"""

import importlib
import json
import logging
import os
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from typing import IO, Any

Handler = Callable[[Any, "Context"], Any]

LINES: "queue.SimpleQueue[str]" = queue.SimpleQueue()


class Context:
    """The context object of https://docs.aws.amazon.com/lambda/latest/dg/python-context.html."""

    identity = None
    client_context = None

    def __init__(self, request: dict[str, Any]) -> None:
        self.aws_request_id = request["request_id"]
        self.invoked_function_arn = request["invoked_function_arn"]
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self._deadline_ms = request["deadline_ms"]

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until the function's timeout."""
        deadline_ms: int = self._deadline_ms
        return max(0, deadline_ms - int(time.time() * 1000))


class LogHandler(logging.Handler):
    """The root log handler that Lambda's runtime installs, with the request id on each line."""

    request_id = ""

    def emit(self, record: logging.LogRecord) -> None:
        timestamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line = f"[{record.levelname}]\t{timestamp}.{int(record.msecs):03d}Z\t{self.request_id}\t{self.format(record)}"
        sys.stdout.write(line + "\n")


def main() -> None:
    """Import the handler, then serve until standard input ends."""
    requests, outcomes = take_pipes()
    threading.Thread(target=listen, args=(requests,), daemon=True).start()
    logs = LogHandler()
    logging.getLogger().addHandler(logs)
    sys.path[:0] = build_import_path(os.environ["LAMBDA_TASK_ROOT"], sys.argv[1:])
    del sys.argv[1:]
    os.environ.pop("LC_CTYPE", None)  # Python adds it if the locale in LANG is not installed
    handler = load(outcomes, os.environ["_HANDLER"])
    send(outcomes, {"ready": True})
    while True:
        request = json.loads(LINES.get())
        logs.request_id = request["request_id"]
        os.environ["_X_AMZN_TRACE_ID"] = request["trace_id"]
        serve(outcomes, handler, request)


def take_pipes() -> tuple[IO[str], IO[str]]:
    """Detach the two pipes from the handler: its output goes to the log."""
    requests, outcomes = os.fdopen(os.dup(0), encoding="utf-8"), os.fdopen(os.dup(1), "w", encoding="utf-8")
    devnull = os.open(os.devnull, os.O_RDONLY)
    os.dup2(devnull, 0)
    os.close(devnull)
    os.dup2(2, 1)
    return requests, outcomes


def listen(requests: IO[str]) -> None:
    """Queue requests; kill this session when standard input ends."""
    for line in requests:
        LINES.put(line)
    os.killpg(0, signal.SIGKILL)


def send(outcomes: IO[str], outcome: dict[str, Any]) -> None:
    """Write one outcome. Raises TypeError or ValueError if it cannot be converted to JSON."""
    outcomes.write(json.dumps(outcome, default=convert_decimal) + "\n")
    outcomes.flush()


def convert_decimal(value: object) -> float:
    """Convert DynamoDB's Decimal to a number, as Lambda's runtime does. Raises TypeError for other types."""
    if type(value).__name__ == "Decimal":
        return float(value)  # type: ignore[arg-type]
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def build_import_path(task_root: str, opts: list[str]) -> list[str]:
    """Return the first entries of sys.path: the task root, then the Python folders of layers."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    folders = [os.path.join(opt, "python", *rest) for opt in opts for rest in (("lib", version, "site-packages"), ())]
    return [task_root, *filter(os.path.isdir, folders)]


def load(outcomes: IO[str], name: str) -> Handler:
    """Import the handler `module.function`; on failure report it as Lambda's runtime does, and exit."""
    module_name, _, function_name = name.rpartition(".")
    try:
        handler: Handler = getattr(importlib.import_module(module_name.replace("/", ".")), function_name)
    except ImportError as error:
        failure = "Runtime.ImportModuleError", f"Unable to import module '{module_name}': {error}"
    except SyntaxError as error:
        failure = "Runtime.UserCodeSyntaxError", f"Syntax error in module '{module_name}': {error}"
    except AttributeError as error:
        is_missing = getattr(error, "obj", None) is sys.modules.get(module_name.replace("/", "."))
        message = f"Handler '{function_name}' missing on module '{module_name}'"
        failure = ("Runtime.HandlerNotFound", message) if is_missing else (type(error).__name__, str(error))
    except Exception as error:  # noqa: BLE001 - the edge of the user's code: it is reported, and ends the process
        failure = type(error).__name__, str(error)
    else:
        return handler
    traceback.print_exc()
    send(outcomes, {"error": report(*failure, "", [])})
    sys.exit(1)


def serve(outcomes: IO[str], handler: Handler, request: dict[str, Any]) -> None:
    """Run one invocation; an error is an outcome and leaves the environment warm."""
    id_ = request["request_id"]
    try:
        outcome: dict[str, Any] = {"result": handler(request["event"], Context(request))}
    except Exception as error:  # noqa: BLE001 - the edge of the user's code: it is reported as the outcome
        frames = traceback.format_list(traceback.extract_tb(error.__traceback__)[1:])
        outcome = {"error": report(type(error).__name__, str(error), id_, frames)}
    try:
        send(outcomes, outcome)
    except (TypeError, ValueError, RecursionError) as error:
        send(outcomes, {"error": report("Runtime.MarshalError", f"Unable to marshal response: {error}", id_, [])})


def report(error_type: str, message: str, request_id: str, stack: list[str]) -> dict[str, Any]:
    """Write an error to the function's log, and return Lambda's error report."""
    trace = "Traceback (most recent call last):\n" + "".join(stack) if stack else ""
    sys.stdout.write(f"[ERROR] {error_type}: {message}\n{trace}")
    return {"errorMessage": message, "errorType": error_type, "requestId": request_id, "stackTrace": stack}


if __name__ == "__main__":
    main()
