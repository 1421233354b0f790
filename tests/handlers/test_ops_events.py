"""The events with which Ops tries a function, and its verdict on each result of the probe."""

import json
from collections.abc import Callable, Mapping
from itertools import repeat

import pytest

from ops_agent.functions import Function, list_functions
from ops_agent.project_type import DetectedType, ProjectType
from ops_agent.proof import Proof, prove
from shared.models.runs import Language, TestedTest, TestsRun
from shared.packed_files import TooLarge, unpack
from shared.runners.port import RunnerEnded
from tests.fakes.runner import Answers, FakeRunner

HELLO = b"def handler(event, context):\n    return {}\n"
CHECKS: Mapping[Language, tuple[str, str]] = {
    "python": ("test_package_proof.Package.test_1_imports", "test_package_proof.Package.test_2_answers"),
    "node": ("package-proof.test.mjs: 1 imports", "package-proof.test.mjs: 2 answers"),
}


HOST = "example.execute-api.us-east-1.amazonaws.com"
HTTP_EVENT = {
    "version": "2.0", "routeKey": "ANY /", "rawPath": "/", "rawQueryString": "",
    "headers": {"accept": "*/*", "host": HOST},
    "requestContext": {
        "accountId": "123456789012", "apiId": "example", "domainName": HOST,
        "http": {"method": "GET", "path": "/", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "proof"},
        "requestId": "proof", "routeKey": "ANY /", "stage": "$default", "time": "01/Jan/2026:00:00:00 +0000",
        "timeEpoch": 1767225600000,
    },
    "isBase64Encoded": False,
}  # fmt: skip
"""What an HTTP API sends for `GET /`, in payload format 2.0."""


def ending(*messages: str, language: Language = "python", trouble: str = "") -> Answers:
    """Return answers in which the probe's tests pass or, with a message, fail; omitted ones have no result."""
    tests = tuple(
        TestedTest(id=name, outcome="failed" if message else "passed", message=message)
        for name, message in zip(CHECKS[language], messages, strict=False)
    )
    return lambda _: TestsRun(language=language, tests=tests, trouble=trouble)


PASSING = ending("", "")


def proof_of(
    files: Mapping[str, bytes | str],
    answers: Answers = PASSING,
    *functions: Function,
    runner: FakeRunner | None = None,
    seconds: Callable[[], float] | None = None,
) -> Proof:
    contents = {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}
    detected = DetectedType(ProjectType.PYTHON_LAMBDA, functions or (Function("app.handler"),))
    return prove(runner or FakeRunner(answers), "p" * 26, contents, detected, *filter(None, [seconds]))


def test_every_name_of_an_example_event_is_known_and_the_nearest_is_sent() -> None:
    for path in (
        "event.json", "example_event.json", "example-event.json", "sample_event.json", "sample-event.json",
        "deep/down/event.json", "events/order.json", "event/order.json",
    ):  # fmt: skip
        assert proof_of({path: "{}"}).summary.endswith(f" answered the event in {path}"), path
        assert proof_of({path: "{}", "a/b/c/event.json": "{}"}).summary.endswith(f" in {path}")
    for path in ("events/order.txt", "a/events/order.json", "Events/order.json", "my_event.json", "event.jsonl"):
        assert proof_of({path: "{}"}).summary.endswith(" answered an HTTP API's GET /"), path


def test_no_word_of_a_failure_names_a_good_event() -> None:
    for word in ["invalid", "bad", "error", "fail", "missing", "malformed", "wrong"]:
        for path in (f"events/an_{word}_order.json", f"events/{word.upper()}.json"):
            assert proof_of({path: "{}"}).summary.endswith(" answered an HTTP API's GET /"), path


def test_of_several_functions_each_has_the_event_that_names_it() -> None:
    functions = list_functions([("orders/app.handler", "python"), ("app.handler", "python")])
    assert [one.name for one in functions] == ["orders", "app"]
    for path, told in (
        ("events/Orders_new.json", ["events/Orders_new.json", None]),
        ("orders/event.json", ["orders/event.json", None]),
        ("events/my.app.json", [None, "events/my.app.json"]),
        ("event.json", [None, None]),
    ):
        tried = proof_of({path: "{}"}, PASSING, *functions).tried
        expected = [f"the event in {event}" if event else "an HTTP API's GET /" for event in told]
        assert [one.seen.partition(" answered ")[2] for one in tried] == expected, path


def test_an_event_may_name_its_function_in_other_signs() -> None:
    functions = list_functions([("a/create_order.handler", "python"), ("b/mail.handler", "python")])
    for name in ("create_order", "Create-Order.new", "my create  order"):
        (tried, _) = proof_of({f"events/{name}.json": "{}"}, PASSING, *functions).tried
        assert tried.seen.endswith(f" answered the event in events/{name}.json"), name


def test_a_failure_without_a_network_is_not_blamed_and_any_other_is() -> None:
    files = {"event.json": "{}"}
    for failure in (
        "ConnectionError", "ConnectTimeout", "EndpointConnectionError", "NewConnectionError", "NoCredentialsError",
        "URLError", "gaierror", "Name or service not known", "Temporary failure in name resolution", "ENOTFOUND",
        "EAI_AGAIN", "ECONNREFUSED", "ENETUNREACH", "TypeError: fetch failed",
    ):  # fmt: skip
        proof = proof_of(files, ending("", f"Traceback\n{failure}"))
        assert (proof.passed, proof.summary) == (
            True,
            f"app.handler was imported from the package; on the event in event.json it failed: {failure}",
        )
    assert proof_of(files, ending("", "KeyError: 'a'")).passed is False
    assert proof_of({}, ending("", "KeyError: 'a'")).passed is True


@pytest.mark.parametrize(
    ("answers", "passed", "seen"),
    [
        (PASSING, True, "app.handler was imported from the package and answered an HTTP API's GET /"),
        (ending("E1\n"), False, "app.handler cannot be imported from the package: E1"),
        (ending(), False, "app.handler cannot be imported from the package: it ended early"),
        (ending(trouble="T"), False, "app.handler cannot be imported from the package: T"),
        (
            ending(""),
            True,
            "app.handler was imported from the package; on an HTTP API's GET / it failed: it ended early",
        ),
        (
            ending("", trouble="T"),
            True,
            "app.handler was imported from the package; on an HTTP API's GET / it failed: T",
        ),
        (ending("\n \n"), False, "app.handler cannot be imported from the package: it said nothing"),
        (ending("Traceback:\n  a.py\n\nE2\n\n"), False, "app.handler cannot be imported from the package: E2"),
        (ending("E3\n    at f (a.js)\n"), False, "app.handler cannot be imported from the package: E3"),
        (ending("at first\nE4"), False, "app.handler cannot be imported from the package: E4"),
        (ending("x" * 501), False, f"app.handler cannot be imported from the package: {'x' * 500}"),
        (lambda _: TestsRun(language="python", not_run="N"), None, "app.handler was not tried: N"),
    ],
)
def test_how_the_probe_ended_is_told_in_a_sentence(answers: Answers, passed: bool | None, seen: str) -> None:
    proof = proof_of({}, answers)
    assert (proof.passed, proof.summary) == (passed, seen)
    assert [(one.handler, one.passed, one.seen) for one in proof.tried] == [("app.handler", passed, seen)]


def refuse(reason: Exception) -> Answers:
    def answers(_: Mapping[str, bytes]) -> TestsRun:
        raise reason

    return answers


def test_what_cannot_be_run_is_told() -> None:
    assert proof_of({}, refuse(TooLarge("too much"))).summary == "app.handler was not tried: too much"
    ended = "app.handler cannot be imported from the package: it ended what runs it: signal 9"
    assert proof_of({}, refuse(RunnerEnded("signal 9"))).summary == ended


def test_a_package_of_node_that_is_declared_or_lambdas_own_is_not_missed() -> None:
    function = Function("index.handler", language="node")
    manifest = {"a/package.json": '{"dependencies": {"left-pad": "1", "@acme/tools": "1"}}'}
    for name, needed in (
        ("left-pad", "left-pad"), ("@acme/tools", "@acme/tools"), ("@aws-sdk/client-s3", "@aws-sdk/client-s3"),
        ("@smithy/types", "@smithy/types"), ("right-pad", None), ("./gone.js", None), ("/gone.js", None),
    ):  # fmt: skip
        for kind in ("package", "module"):
            proof = proof_of(manifest, ending(f"Cannot find {kind} '{name}' from x", language="node"), function)
            assert proof.passed is (None if needed else False), name
            told = f"index.handler was not tried: not runnable here: needs {needed}"
            assert (proof.summary == told) is bool(needed)


def test_python_misses_no_package_of_node() -> None:
    proof = proof_of({"package.json": '{"dependencies": {"a": "1"}}'}, ending("Cannot find module 'a' from x"))
    assert proof.passed is False


def test_the_probe_is_told_the_handler_and_the_event_and_is_no_test_of_weakness() -> None:
    for function, probe, words in (
        (Function("src/app.run"), "test_package_proof.py", 'MODULE, NAME, EVENT_FILE = "src/app", "run", "event.json"'),
        (Function("app.run", language="node"), "package-proof.test.mjs", 'const NAME = "run";'),
    ):
        runner = FakeRunner(ending("", "", language=function.language))
        empty = dict.fromkeys(("test_app.py", "requirements.txt", "a/pyproject.toml"), "")
        files: dict[str, bytes | str] = {"event.json": "{}", "app.py": HELLO, **empty}
        proof_of(files, PASSING, function, runner=runner)
        (asked,) = runner.asked
        assert (asked.language, asked.weakness, asked.project_id) == (function.language, False, "p" * 26)
        sent = unpack(asked.files)
        installed = {"requirements.txt"} if function.language == "python" else set()
        assert {*sent} == {"event.json", "app.py", probe} | installed
        assert words in sent[probe].decode()
        assert json.dumps(json.dumps(HTTP_EVENT)) in sent[probe].decode()


def failing_from(root: str) -> Answers:
    """Return answers in which a function can be imported from one root only."""

    def answers(files: Mapping[str, bytes]) -> TestsRun:
        entry = files.get("lambda_root.py", b"").decode()
        return (PASSING if f'"{root}"' in entry else ending(f"{len(entry)}"))(files)

    return answers


def test_three_roots_are_tried_from_the_packages_to_the_handlers_and_up() -> None:
    function = Function("a/b/c/app.handler")
    for root, found in (("a/b/c", "a/b/c"), ("a/b", "a/b"), ("a", ".")):
        runner = FakeRunner(failing_from(root))
        (tried,) = proof_of({}, PASSING, function, runner=runner).functions
        assert tried.root == found
        assert len(runner.asked) == (2 if root == "a/b/c" else 3)
    runner = FakeRunner(ending("E", language="node"))
    proof_of({}, PASSING, Function("a/b/index.handler", language="node"), runner=runner)
    assert len(runner.asked) == 1


def test_with_less_time_than_a_run_takes_none_is_begun() -> None:
    for seconds, asked in ((100.0, 1), (99.9, 0)):
        runner = FakeRunner(PASSING)
        proof = proof_of({}, PASSING, runner=runner, seconds=repeat(seconds).__next__)
        assert len(runner.asked) == asked
        assert proof.passed is (True if asked else None)
    assert proof.summary == "app.handler was not tried: there was no time left"


def test_one_function_that_fails_fails_all_and_one_that_was_not_tried_does_not() -> None:
    functions = list_functions([("a/app.handler", "python"), ("b/app.handler", "python")])

    def verdict(first: Answers, second: Answers) -> bool | None:
        left = [first, second]
        return proof_of({}, lambda files: left.pop(0)(files) if left else second(files), *functions).passed

    not_run: Answers = lambda _: TestsRun(language="python", not_run="N")  # noqa: E731
    assert verdict(PASSING, not_run) is True
    assert verdict(not_run, not_run) is None
    assert verdict(PASSING, ending("E")) is False
    assert verdict(not_run, ending("E")) is False


def test_what_is_named_like_a_test_is_there_where_it_is_missed() -> None:
    for path, missed, runs in (
        ("speed_test.py", "speed_test.deep", 2), ("tests/made.py", "tests", 2), ("speed_test.py", "speed", 1)
    ):  # fmt: skip

        def answers(files: Mapping[str, bytes], path: str = path, missed: str = missed) -> TestsRun:
            return (PASSING if path in files else ending(f"ModuleNotFoundError: No module named '{missed}'"))(files)

        runner = FakeRunner(answers)
        assert proof_of({path: "", "app.py": HELLO}, runner=runner).passed is (runs == 2)
        assert len(runner.asked) == runs
