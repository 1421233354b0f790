"""Whether a function's package does what Lambda will ask of it: its handler is imported from it, and sent an event."""

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
from ops_agent.project_type import Detected
from shared.language_model.port import Remaining
from shared.models.records import TriedFunction
from shared.models.runs import Language, TestsRequested, TestsRun
from shared.packed_files import TooLarge, pack
from shared.runners.port import Runner, RunnerEnded
from shared.source_files import is_test

Contents = Mapping[str, bytes]

RUN_SECONDS: Final = 100.0
"""What a run may take, with all that follows: with less time left none is begun."""

MOST_ROOTS: Final = 3
"""How many folders a function is tried from."""

_CHECKS: Final[Mapping[Language, tuple[str, str]]] = {
    "python": ("test_package_proof.Package.test_1_imports", "test_package_proof.Package.test_2_answers"),
    "node": ("package-proof.test.mjs: 1 imports", "package-proof.test.mjs: 2 answers"),
}
"""The ids of a probe's tests: that the handler is imported, and that it answers."""

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
"""What Lambda's runtimes of Node have undeclared."""

_NO_NETWORK: Final = re.compile(
    r"ConnectionError|ConnectTimeout|EndpointConnection|NewConnectionError|NoCredentials|URLError|gaierror"
    r"|Name or service not known|name resolution|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ENETUNREACH|fetch failed"
)
"""How a handler fails that calls others: in the runner there is no network."""

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
"""What an HTTP API sends for `GET /`: docs.aws.amazon.com/apigateway/latest/developerguide (payload format 2.0)."""


class Seen(NamedTuple):
    """What was seen of a function from one of its roots; `passed` is None where nothing could be run."""

    function: Function
    passed: bool | None
    summary: str


@dataclass(frozen=True)
class Proof:
    """What was seen of a package; `passed` is None where nothing could be run.

    `functions` have their roots; `tried` says what was seen of each.
    """

    passed: bool | None
    summary: str
    functions: tuple[Function, ...]
    tried: tuple[TriedFunction, ...]


def prove(
    runner: Runner, project_id: str, contents: Contents, detected: Detected, remaining: Remaining = lambda: inf
) -> Proof:
    """Try each of a package's functions, while `remaining` says that there is time for a run; one fails the package.

    A function whose imports do not begin in the package's root is tried from the folders above its handler too: the
    first from which it passes is its root. Raises `shared.models.errors.Retryable`.
    """
    trial = _Trial(runner, project_id, contents, detected, remaining)
    seen = [trial.of(function) for function in detected.functions]
    verdicts = {each.passed for each in seen}
    passed = next((verdict for verdict in (False, True) if verdict in verdicts), None)
    return Proof(
        passed,
        "; ".join(each.summary for each in seen),
        tuple(each.function for each in seen),
        tuple(TriedFunction(handler=one.function.handler, passed=one.passed, seen=one.summary) for one in seen),
    )


@dataclass(frozen=True)
class _Trial:
    """Tries the functions of one package, until there is no time left."""

    runner: Runner
    project_id: str
    contents: Contents
    detected: Detected
    remaining: Remaining

    def of(self, function: Function) -> Seen:
        """Return the first proof of a function, or why there is none from the package's root."""
        first: Seen | None = None
        untested = {path: file for path, file in self.contents.items() if not is_test(path)}
        for root in islice(_list_roots(function), MOST_ROOTS):
            if self.remaining() < RUN_SECONDS:
                return first or Seen(function, None, f"{function.handler} was not tried: there was no time left")
            seen = self._try(replace(function, root=root), untested)
            if seen.passed or (seen.passed is None and first is None):
                return seen
            first = first or seen
        if first and _misses_test(first, self.contents):
            return self._try(function, self.contents)
        return first or Seen(function, None, "there is no folder to try it from")

    def _try(self, function: Function, packaged: Contents) -> Seen:
        """Return what was seen of a function; without the tests, which the runner would run, unless it needs them."""
        paths = frozenset(packaged)
        installed = {path for one in self.detected.of("python") for path in list_installed(one.handler, paths)}
        files = {path: file for path, file in packaged.items() if path in installed or not is_manifest(path)}
        probe, event = _PROBES[function.language], _find_event(files, function)
        run = self._run(
            function.language, files | function.write_entry() | {probe: _write_probe(probe, function.called, event)}
        )
        if missing := _find_missing(run, packaged, self.detected):
            return Seen(function, None, f"{function.handler} was not tried: not runnable here: needs {missing}")
        return Seen(function, *_judge(run, function.handler, event))

    def _run(self, language: Language, files: Contents) -> TestsRun:
        try:
            return self.runner.run(
                TestsRequested(project_id=self.project_id, language=language, files=pack(files), weakness=False)
            )
        except TooLarge as reason:
            return TestsRun(language=language, not_run=str(reason))
        except RunnerEnded as ending:
            return TestsRun(language=language, trouble=f"it ended what runs it: {ending}")


def _misses_test(seen: Seen, contents: Contents) -> bool:
    """Return whether what could not be imported is a file that is named like a test."""
    found = _NO_MODULE.search(seen.summary)
    tests = {PurePosixPath(path).with_suffix("").parts[0] for path in contents if is_test(path)}
    return found is not None and found[1].partition(".")[0] in tests


def _list_roots(function: Function) -> Iterator[str]:
    """Yield the folders in which its imports may begin: the package's root, its handler's, and then those between."""
    yield "."
    if function.language == "python":  # Node finds neighbours by their paths
        yield from (str(folder) for folder in PurePosixPath(function.handler).parents if str(folder) != ".")


def _find_missing(run: TestsRun, packaged: Contents, detected: Detected) -> str | None:
    """Return a package of Node's that will be there on Lambda: the runner carries none."""
    texts = {path: content.decode(errors="replace") for path, content in packaged.items() if path.endswith(".json")}
    declared = list_node_packages(texts) | ({detected.entry.requirement} if detected.entry else set())
    for test in run.tests if run.language == "node" else ():
        found = _NO_PACKAGE.search(test.message)
        if found and (found[1] in declared or found[1].startswith(_CARRIED_BY_LAMBDA)):
            return found[1]
    return None


def _find_event(packaged: Contents, function: Function) -> str | None:
    """Return the path of the example event that the project brings; of several functions, one that names this."""
    for path in sorted(packaged, key=lambda path: (path.count("/"), path)):
        place = PurePosixPath(path)
        own = place.name in _EVENT_FILES or (place.suffix == ".json" and str(place.parent) in _EVENT_FOLDERS)
        if own and not _NO_GOOD_EVENT.search(place.name) and _is_for(place, function):
            return path
    return None


def _is_for(event: PurePosixPath, function: Function) -> bool:
    """Return whether an event is for a function: the only one, or that whose folder it is in or whose name it has."""
    folder = PurePosixPath(function.handler).parent
    words = re.sub(r"[^a-z0-9]+", "-", event.stem.lower())
    return not function.name or (str(folder) != "." and event.is_relative_to(folder)) or function.name in words


def _write_probe(probe: str, handler: str, event: str | None) -> bytes:
    module, _, name = handler.rpartition(".")
    values = {"module": module, "name": name, "event_file": event or "", "event": json.dumps(HTTP_EVENT)}
    text = files(__package__).joinpath("templates", f"{probe}.txt").read_text(encoding="utf-8")
    return Template(text).substitute({key: json.dumps(value) for key, value in values.items()}).encode()


def _judge(run: TestsRun, handler: str, event: str | None) -> tuple[bool | None, str]:
    """Return whether a handler passed, and what is said of it."""
    if run.not_run:
        return None, f"{handler} was not tried: {run.not_run}"
    ended = {test.id: test for test in run.tests}
    imported, answered = (ended.get(check) for check in _CHECKS[run.language])
    if imported is None or imported.outcome != "passed":
        why = imported.message if imported else run.trouble or "it ended early"
        return False, f"{handler} cannot be imported from the package: {_reason(why)}"
    if answered is not None and answered.outcome == "passed":
        return True, f"{handler} was imported from the package and answered {_name(event)}"
    why = _reason(answered.message if answered else run.trouble or "it ended early")
    if event and not _NO_NETWORK.search(why):
        return False, f"{handler} failed on {_name(event)}: {why}"
    return True, f"{handler} was imported from the package; on {_name(event)} it failed: {why}"


def _name(event: str | None) -> str:
    return f"the event in {event}" if event else "an HTTP API's GET /"


def _reason(message: str) -> str:
    """Return the line of a traceback that names the error: Python's last one, and Node's first, above its frames."""
    lines = [line.strip() for line in message.splitlines() if line.strip()] or ["it said nothing"]
    has_frames = any(line.startswith("at ") for line in lines[1:])
    return lines[0 if has_frames else -1][:500]
