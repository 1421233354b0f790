"""The output of `up` can be pasted, and `demo` reports test results as they are."""

from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from agenticai.client.model_cost import Model
from agenticai.commands.serving import make_new_command, show_model_use, summarize_tests
from agenticai.display.console import Display
from agenticai.display.serving import format_welcome, present_tests
from agenticai.emulator.core.bench_records import ModelCalls, ModelUse
from agenticai.emulator.core.errors import ControlError
from agenticai.scenarios.benches.deployed import Bench
from agenticai.stack.target import Target
from runner.sandbox.report import TestResult
from runner.sandbox.verdict import TestRun

if TYPE_CHECKING:
    from agenticai.emulator.client import ControlClient
    from agenticai.stack.outputs import StackOutputs


CURL = Path("/state of mine/1.curl")


def test_the_lines_have_the_command_as_it_was_started_and_credentials() -> None:
    outputs = cast("StackOutputs", SimpleNamespace(stage="dev", api_url="http://127.0.0.1:1/v1"))
    bench = Bench(Target.embedded("http://127.0.0.1:1"), outputs, "secret")
    new = make_new_command(bench, ".venv/bin/agenticai")
    said = format_welcome(bench, new, Model("m", "stored"), CURL).plain
    lines = [line.strip() for line in said.splitlines()]
    assert ".venv/bin/agenticai new --file docs/examples/greeting.md --endpoint http://127.0.0.1:1" in lines
    assert (
        "AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any"
        " aws --endpoint-url http://127.0.0.1:1 --region us-east-1 sqs list-queues"
    ) in lines
    assert "curl --config '/state of mine/1.curl' http://127.0.0.1:1/v1/api/projects" in lines


def test_the_secret_of_the_control_api_is_told_where_it_asks_for_one() -> None:
    outputs = cast("StackOutputs", SimpleNamespace(stage="dev", api_url="http://10.0.0.1:1/v1"))
    target = Target.embedded("http://10.0.0.1:1")
    here, reached = (Bench(target, outputs, "token", secret) for secret in (None, "secret"))
    assert "AGENTICAI_CONTROL_TOKEN=secret" in format_welcome(reached, "agenticai", Model("m", "stored"), CURL).plain
    assert "AGENTICAI_CONTROL_TOKEN" not in format_welcome(here, "agenticai", Model("m", "stored"), CURL).plain


PASSED = TestResult("test_it.T.test_it", "passed", 0.1, "")
FAILED = TestResult("test_it.T.test_[/b]", "failed", 0.1, "[/nope]")


def presented(capsys: pytest.CaptureFixture[str], tests: TestRun | None, untested: str = "") -> str:
    present_tests(Display(), tests, untested)
    return capsys.readouterr().out.strip()


def test_how_tests_ended_is_said_in_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    run = TestRun((PASSED, PASSED), output="....")
    assert presented(capsys, run) == "The project's own tests, in a sandbox: 2 ran, passed"
    assert summarize_tests(run, "") == {"passed": True, "ran": 2, "failed": [], "in_sandbox": True}


def test_what_failing_tests_print_is_shown_as_text_and_not_taken_for_markup(capsys: pytest.CaptureFixture[str]) -> None:
    run = TestRun((PASSED, FAILED), "", "E [/nope] [bold]x[/bold] :smile: [link=http://x]y", contained=False)
    assert presented(capsys, run).splitlines() == [
        "The project's own tests, without a sandbox: 2 ran, failed",
        "E [/nope] [bold]x[/bold] :smile: [link=http://x]y",
    ]
    assert summarize_tests(run, "")["failed"] == ["test_it.T.test_[/b]"]


def test_tests_that_were_not_run_did_not_pass(capsys: pytest.CaptureFixture[str]) -> None:
    assert presented(capsys, None, "no [/nope] here") == "The project's own tests were not run: no [/nope] here"
    assert summarize_tests(None, "no sandbox") == {"passed": False, "ran": 0, "not_run": "no sandbox"}


class Control:
    """An engine's control API that answers once, and then is busy."""

    def __init__(self) -> None:
        self.answers = [ModelUse(answers="live", models=(ModelCalls(model="gemini-3.5-flash-lite", calls=7),))]

    def model(self) -> ModelUse:
        if not self.answers:
            raise ControlError("It did not answer.")
        return self.answers.pop()


def test_what_the_model_costs_is_shown_while_it_is_asked_live_and_stays(capsys: pytest.CaptureFixture[str]) -> None:
    control = cast("ControlClient", Control())
    with show_model_use(Display(), control, Model("gemini-3.5-flash-lite", "live")) as look:
        look()
        look()
    assert capsys.readouterr().out.startswith(
        "live so far: 7 model calls, 0 tokens in, 0 out: $0.0000 at the prices of "
    )


def test_stored_replies_are_not_counted(capsys: pytest.CaptureFixture[str]) -> None:
    with show_model_use(Display(), cast("ControlClient", None), Model("m", "stored")) as look:
        look()
    assert capsys.readouterr().out == ""
