"""Whether a function's package does what Lambda will ask of it: its handler is imported from it, and sent an event."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from itertools import islice
from math import inf
from pathlib import PurePosixPath
from string import Template
from typing import Final, NamedTuple

from ops_agent.dependencies import is_manifest, list_installed, list_node_packages
from ops_agent.functions import Function, list_functions
from ops_agent.project_type import Detected, ProjectType
from shared.language_model.port import Remaining
from shared.models.runs import Language, TestsRequested, TestsRun
from shared.packed_files import TooLarge, pack
from shared.runners.port import Runner, RunnerEnded
from shared.source_files import is_test

Contents = Mapping[str, bytes]

RUN_SECONDS: Final = 100.0
"""What a run may take, with all that follows: with less time left none is begun."""

MOST_ROOTS: Final = 3
"""How many folders are tried."""

_CHECKS: Final[Mapping[Language, tuple[str, str]]] = {
    "python": ("test_package_proof.Package.test_1_imports", "test_package_proof.Package.test_2_answers"),
    "node": ("package-proof.test.mjs: 1 imports", "package-proof.test.mjs: 2 answers"),
}
"""The ids of a probe's tests: that the handler is imported, and that it answers."""

_PROBES: Final[Mapping[ProjectType, tuple[Language, str]]] = {
    ProjectType.PYTHON_LAMBDA: ("python", "test_package_proof.py"),
    ProjectType.NODE_LAMBDA: ("node", "package-proof.test.mjs"),
}
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


@dataclass(frozen=True)
class Proof:
    """What was seen of a package; `passed` is None where nothing could be run, `root` is the folder that it is from."""

    passed: bool | None
    summary: str
    root: str = "."


def prove(
    runner: Runner, project_id: str, contents: Contents, detected: Detected, remaining: Remaining = lambda: inf
) -> Proof:
    """Try the package in each folder that may be its root, and return the first proof, or why there is none.

    Each of its functions is tried, in a run of its own, while `remaining` says that there is time for one; one that
    fails fails the package.

    Lambda puts the package's root on the path of imports, so code below `src/` that imports its neighbours by their
    bare names is packaged from there. Raises `shared.models.errors.Retryable`.
    """
    trial = _Trial(runner, project_id, detected, remaining)
    first: Proof | None = None
    for tried in _list_packages(contents, detected):
        if first and trial.is_over():
            return first
        proof = trial.of(tried)
        if proof.passed or (proof.passed is None and first is None):
            return proof
        first = first or proof
    if first and _misses_test(first, contents):
        return trial.of(_Package(".", contents))
    return first or Proof(None, "there is no handler to try")


def _misses_test(proof: Proof, contents: Contents) -> bool:
    """Return whether what could not be imported is a file that is named like a test."""
    found = _NO_MODULE.search(proof.summary)
    tests = {PurePosixPath(path).with_suffix("").parts[0] for path in contents if is_test(path)}
    return found is not None and found[1].partition(".")[0] in tests


def reroot(contents: Contents, root: str) -> dict[str, bytes]:
    """Return the files as they lie in the package: those below its root moved up, to what lies beside it."""
    if root == ".":
        return dict(contents)
    inside = {path.removeprefix(f"{root}/"): file for path, file in contents.items() if path.startswith(f"{root}/")}
    return {path: file for path, file in contents.items() if not path.startswith(f"{root}/")} | inside


def handler_at(handler: str, root: str) -> str:
    """Return a handler in Lambda's notation, as it is called from that root."""
    return handler if root == "." else handler.removeprefix(f"{root}/")


class _Package(NamedTuple):
    root: str
    files: Contents


@dataclass(frozen=True)
class _Trial:
    """Tries packages of one project, until there is no time left."""

    runner: Runner
    project_id: str
    detected: Detected
    remaining: Remaining

    def is_over(self) -> bool:
        return self.remaining() < RUN_SECONDS

    def of(self, package: _Package) -> Proof:
        """Return what was seen of all functions in a package."""
        functions = list_functions([handler_at(handler, package.root) for handler in self.detected.handlers])
        proofs = [self._of_function(package, function) for function in functions]
        verdicts = {proof.passed for proof in proofs}
        passed = next((verdict for verdict in (False, True) if verdict in verdicts), None)
        return Proof(passed, "; ".join(proof.summary for proof in proofs), package.root)

    def _of_function(self, package: _Package, function: Function) -> Proof:
        if self.is_over():
            return Proof(None, f"{function.handler} was not tried: there was no time left", package.root)
        return _try(self.runner, self.project_id, package, self.detected, function)


def _list_packages(contents: Contents, detected: Detected) -> Iterator[_Package]:
    """Yield what is tried: the package from each of its roots, without the tests, which the runner would run."""
    for root in islice(_list_roots(detected), MOST_ROOTS):
        if root == "." or not _collides(contents, root):
            packaged = reroot(contents, root)
            yield _Package(root, {path: file for path, file in packaged.items() if not is_test(path)})


def _list_roots(detected: Detected) -> Iterator[str]:
    """Yield the folders from which a handler may be imported: the project's, its own, and then those between."""
    yield "."
    if detected.type is ProjectType.PYTHON_LAMBDA:  # Node finds neighbours by their paths
        folders = (str(folder) for handler in detected.handlers for folder in PurePosixPath(handler).parents)
        yield from dict.fromkeys(folder for folder in folders if folder != ".")


def _collides(contents: Contents, root: str) -> bool:
    """Return whether a file below the root would take the place of what lies beside it."""
    inside = {path.removeprefix(f"{root}/") for path in contents if path.startswith(f"{root}/")}
    beside = {path for path in contents if not path.startswith(f"{root}/")}
    folders = {str(folder) for path in (*inside, *beside) for folder in PurePosixPath(path).parents}
    return bool(inside & beside or (inside | beside) & folders)


def _try(runner: Runner, project_id: str, package: _Package, detected: Detected, function: Function) -> Proof:
    language, probe = _PROBES[detected.type]
    handler = function.handler
    handlers = detected.handlers if detected.type is ProjectType.PYTHON_LAMBDA else ()
    roots = (handler_at(each, package.root) for each in handlers)
    installed = {path for each in roots for path in list_installed(each, frozenset(package.files))}
    packaged = {path: file for path, file in package.files.items() if path in installed or not is_manifest(path)}
    event = _find_event(packaged, function)
    run = _run(runner, project_id, language, packaged | {probe: _write_probe(probe, handler, event)})
    if missing := _find_missing(run, package.files, detected):
        return Proof(None, f"{handler} was not tried: not runnable here: needs {missing}", package.root)
    return _judge(run, handler, event, package.root)


def _find_missing(run: TestsRun, packaged: Contents, detected: Detected) -> str | None:
    """Return a package of Node's that will be there on Lambda: the runner carries none."""
    texts = {path: content.decode(errors="replace") for path, content in packaged.items() if path.endswith(".json")}
    declared = list_node_packages(texts) | ({detected.entry.requirement} if detected.entry else set())
    for test in run.tests if run.language == "node" else ():
        found = _NO_PACKAGE.search(test.message)
        if found and (found[1] in declared or found[1].startswith(_CARRIED_BY_LAMBDA)):
            return found[1]
    return None


def _run(runner: Runner, project_id: str, language: Language, packaged: Contents) -> TestsRun:
    try:
        return runner.run(
            TestsRequested(project_id=project_id, language=language, files=pack(packaged), weakness=False)
        )
    except TooLarge as reason:
        return TestsRun(language=language, not_run=str(reason))
    except RunnerEnded as ending:
        return TestsRun(language=language, trouble=f"it ended what runs it: {ending}")


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


def _judge(run: TestsRun, handler: str, event: str | None, root: str) -> Proof:
    if run.not_run:
        return Proof(None, f"{handler} was not tried: {run.not_run}", root)
    ended = {test.id: test for test in run.tests}
    imported, answered = (ended.get(check) for check in _CHECKS[run.language])
    if imported is None or imported.outcome != "passed":
        why = imported.message if imported else run.trouble or "it ended early"
        return Proof(False, f"{handler} cannot be imported from the package: {_reason(why)}", root)
    if answered is not None and answered.outcome == "passed":
        return Proof(True, f"{handler} was imported from the package and answered {_name(event)}", root)
    why = _reason(answered.message if answered else run.trouble or "it ended early")
    if event and not _NO_NETWORK.search(why):
        return Proof(False, f"{handler} failed on {_name(event)}: {why}", root)
    return Proof(True, f"{handler} was imported from the package; on {_name(event)} it failed: {why}", root)


def _name(event: str | None) -> str:
    return f"the event in {event}" if event else "an HTTP API's GET /"


def _reason(message: str) -> str:
    """Return the line of a traceback that names the error: Python's last one, and Node's first, above its frames."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    has_frames = any(line.startswith("at ") for line in lines[1:])
    told = lines[:1] if has_frames else lines[-1:]
    return "".join(told)[:500] or "it said nothing"
