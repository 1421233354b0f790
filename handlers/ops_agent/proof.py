"""Tries a function's package as Lambda would use it: imports its handler, and sends it an event."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from importlib.resources import files
from itertools import islice
from math import inf
from pathlib import PurePosixPath
from string import Template
from typing import Final, NamedTuple

from ops_agent.dependencies import is_manifest, list_installed, list_node_packages
from ops_agent.functions import Function
from ops_agent.project_type import DetectedType
from shared.language_model.port import Remaining
from shared.models.records import TriedFunction
from shared.models.runs import Language, TestsRequested, TestsRun
from shared.packed_files import TooLarge, pack
from shared.runners.port import Runner, RunnerEnded
from shared.source_files import is_test

Contents = Mapping[str, bytes]

RUN_SECONDS: Final = 100.0
"""How long a run may take, including what follows; no run starts with less time left."""

MOST_ROOTS: Final = 3
"""The maximum number of root folders from which a function is tried."""

_CHECKS: Final[Mapping[Language, tuple[str, str]]] = {
    "python": ("test_package_proof.Package.test_1_imports", "test_package_proof.Package.test_2_answers"),
    "node": ("package-proof.test.mjs: 1 imports", "package-proof.test.mjs: 2 answers"),
}
"""The ids of a probe's tests: the handler is imported, and it answers."""

_PROBES: Final[Mapping[Language, str]] = {"python": "test_package_proof.py", "node": "package-proof.test.mjs"}
_EVENT_FILES: Final = (
    "event.json",
    "example_event.json",
    "example-event.json",
    "sample_event.json",
    "sample-event.json",
)
_EVENT_FOLDERS: Final = frozenset({"events", "event"})
_NO_GOOD_EVENT: Final = re.compile(r"invalid|bad|error|fail|missing|malformed|wrong", re.IGNORECASE)

_CARRIED_BY_LAMBDA: Final = ("@aws-sdk/", "@smithy/")
"""Packages that Lambda's Node.js runtimes include without being declared."""

_NO_NETWORK: Final = re.compile(
    r"ConnectionError|ConnectTimeout|EndpointConnection|NewConnectionError|NoCredentials|URLError|gaierror"
    r"|Name or service not known|name resolution|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ENETUNREACH|fetch failed"
)
"""Errors of a handler that calls other hosts: the runner has no network."""

_NO_MODULE: Final = re.compile(r"No module named '([\w.]+)'")
_NO_PACKAGE: Final = re.compile(r"Cannot find (?:package|module) '((?:@[^/']+/)?[^./'][^/']*)")

HTTP_EVENT: Final = {
    "version": "2.0",
    "routeKey": "ANY /",
    "rawPath": "/",
    "rawQueryString": "",
    "headers": {"accept": "*/*", "host": "example.execute-api.us-east-1.amazonaws.com"},
    "requestContext": {
        "accountId": "123456789012",
        "apiId": "example",
        "domainName": "example.execute-api.us-east-1.amazonaws.com",
        "http": {"method": "GET", "path": "/", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "proof"},
        "requestId": "proof",
        "routeKey": "ANY /",
        "stage": "$default",
        "time": "01/Jan/2026:00:00:00 +0000",
        "timeEpoch": 1767225600000,
    },
    "isBase64Encoded": False,
}
"""The event that an HTTP API sends for `GET /`: docs.aws.amazon.com/apigateway/latest/developerguide (payload 2.0)."""


class TrialResult(NamedTuple):
    """The result of trying a function from one root; `passed` is None if it could not be run."""

    function: Function
    passed: bool | None
    summary: str


@dataclass(frozen=True)
class Proof:
    """The result of trying a package; `passed` is None if nothing could be run.

    `functions` have their roots; `tried` has the result of each.
    """

    passed: bool | None
    summary: str
    functions: tuple[Function, ...]
    tried: tuple[TriedFunction, ...]


def prove(
    runner: Runner, project_id: str, contents: Contents, detected: DetectedType, remaining: Remaining = lambda: inf
) -> Proof:
    """Try each of a package's functions, while `remaining` leaves time for a run; one failure fails the package.

    A Python function that fails from the package's root is tried from the folders above its handler too: the first
    from which it passes is its root. Raises `shared.models.errors.Retryable`.
    """
    trial = _Trial(runner, project_id, contents, detected, remaining)
    results = [trial.try_function(function) for function in detected.functions]
    verdicts = {result.passed for result in results}
    passed = next((verdict for verdict in (False, True) if verdict in verdicts), None)
    return Proof(
        passed,
        "; ".join(result.summary for result in results),
        tuple(result.function for result in results),
        tuple(
            TriedFunction(handler=result.function.handler, passed=result.passed, seen=result.summary)
            for result in results
        ),
    )


@dataclass(frozen=True)
class _Trial:
    """Tries the functions of one package, until time runs out."""

    runner: Runner
    project_id: str
    contents: Contents
    detected: DetectedType
    remaining: Remaining

    def try_function(self, function: Function) -> TrialResult:
        """Return the first result that passes, or else the result from the package's root."""
        first: TrialResult | None = None
        untested = {path: file for path, file in self.contents.items() if not is_test(path)}
        for root in islice(_list_roots(function), MOST_ROOTS):
            if self.remaining() < RUN_SECONDS:
                return first or TrialResult(function, None, f"{function.handler} was not tried: there was no time left")
            result = self._try_root(replace(function, root=root), untested)
            if result.passed or (result.passed is None and first is None):
                return result
            first = first or result
        if first and _lacks_test_file(first, self.contents):
            return self._try_root(function, self.contents)
        return first or TrialResult(function, None, "there is no folder to try it from")

    def _try_root(self, function: Function, packaged: Contents) -> TrialResult:
        """Return the result of one trial; `packaged` has tests, which the runner would run, only if they are needed."""
        paths = frozenset(packaged)
        installed = {
            path for one in self.detected.list_functions("python") for path in list_installed(one.handler, paths)
        }
        files = {path: file for path, file in packaged.items() if path in installed or not is_manifest(path)}
        probe, event = _PROBES[function.language], _find_event(files, function)
        run = self._run(
            function.language, files | function.write_entry() | {probe: _write_probe(probe, function.called, event)}
        )
        if missing := _find_missing_package(run, packaged, self.detected):
            return TrialResult(function, None, f"{function.handler} was not tried: not runnable here: needs {missing}")
        return TrialResult(function, *_judge(run, function.handler, event))

    def _run(self, language: Language, files: Contents) -> TestsRun:
        try:
            return self.runner.run(
                TestsRequested(project_id=self.project_id, language=language, files=pack(files), weakness=False)
            )
        except TooLarge as reason:
            return TestsRun(language=language, not_run=str(reason))
        except RunnerEnded as ending:
            return TestsRun(language=language, trouble=f"it ended what runs it: {ending}")


def _lacks_test_file(result: TrialResult, contents: Contents) -> bool:
    """Return whether the missing module is a file that is named like a test."""
    match = _NO_MODULE.search(result.summary)
    tests = {PurePosixPath(path).with_suffix("").parts[0] for path in contents if is_test(path)}
    return match is not None and match[1].partition(".")[0] in tests


def _list_roots(function: Function) -> Iterator[str]:
    """Yield the folders from which imports may resolve: the package's root, the handler's folder, then its parents."""
    yield "."
    if function.language == "python":  # Node.js resolves relative imports by path
        yield from (str(folder) for folder in PurePosixPath(function.handler).parents if str(folder) != ".")


def _find_missing_package(run: TestsRun, packaged: Contents, detected: DetectedType) -> str | None:
    """Return a missing Node.js package that exists on Lambda: the runner has none."""
    texts = {path: content.decode(errors="replace") for path, content in packaged.items() if path.endswith(".json")}
    declared = list_node_packages(texts) | ({detected.entry.requirement} if detected.entry else set())
    for test in run.tests if run.language == "node" else ():
        match = _NO_PACKAGE.search(test.message)
        if match and (match[1] in declared or match[1].startswith(_CARRIED_BY_LAMBDA)):
            return match[1]
    return None


def _find_event(packaged: Contents, function: Function) -> str | None:
    """Return the path of the project's example event for a function."""
    for path in sorted(packaged, key=lambda path: (path.count("/"), path)):
        pure = PurePosixPath(path)
        is_example = pure.name in _EVENT_FILES or (pure.suffix == ".json" and str(pure.parent) in _EVENT_FOLDERS)
        if is_example and not _NO_GOOD_EVENT.search(pure.name) and _is_event_for(pure, function):
            return path
    return None


def _is_event_for(event: PurePosixPath, function: Function) -> bool:
    """Return whether an event is for a function: it is the only one, or the event has its folder or its name."""
    folder = PurePosixPath(function.handler).parent
    words = re.sub(r"[^a-z0-9]+", "-", event.stem.lower())
    return not function.name or (str(folder) != "." and event.is_relative_to(folder)) or function.name in words


def _write_probe(probe: str, handler: str, event: str | None) -> bytes:
    module, _, name = handler.rpartition(".")
    values = {"module": module, "name": name, "event_file": event or "", "event": json.dumps(HTTP_EVENT)}
    text = files(__package__).joinpath("templates", f"{probe}.txt").read_text(encoding="utf-8")
    return Template(text).substitute({key: json.dumps(value) for key, value in values.items()}).encode()


def _judge(run: TestsRun, handler: str, event: str | None) -> tuple[bool | None, str]:
    """Return whether a handler passed, and a sentence on what happened."""
    if run.not_run:
        return None, f"{handler} was not tried: {run.not_run}"
    tests = {test.id: test for test in run.tests}
    imported, answered = (tests.get(check) for check in _CHECKS[run.language])
    if imported is None or imported.outcome != "passed":
        reason = imported.message if imported else run.trouble or "it ended early"
        return False, f"{handler} cannot be imported from the package: {_find_error_line(reason)}"
    if answered is not None and answered.outcome == "passed":
        return True, f"{handler} was imported from the package and answered {_describe_event(event)}"
    reason = _find_error_line(answered.message if answered else run.trouble or "it ended early")
    if event and not _NO_NETWORK.search(reason):
        return False, f"{handler} failed on {_describe_event(event)}: {reason}"
    return True, f"{handler} was imported from the package; on {_describe_event(event)} it failed: {reason}"


def _describe_event(event: str | None) -> str:
    return f"the event in {event}" if event else "an HTTP API's GET /"


def _find_error_line(message: str) -> str:
    """Return the line of a traceback with the error: Python's last one; Node.js's first one, above its frames."""
    lines = [line.strip() for line in message.splitlines() if line.strip()] or ["it said nothing"]
    has_frames = any(line.startswith("at ") for line in lines[1:])
    return lines[0 if has_frames else -1][:500]
