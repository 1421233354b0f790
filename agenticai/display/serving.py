"""The output of `up` and `demo`: the addresses, commands to copy, and the results of a project's own tests."""

import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from rich.text import Text

from agenticai.client.model_cost import Model
from agenticai.client.stack import DeployedStack
from agenticai.display import tables
from agenticai.display.console import Display, join_text
from agenticai.display.outcome import describe_model
from agenticai.scenarios.benches.deployed import Bench

if TYPE_CHECKING:
    from runner.sandbox.verdict import TestRun


def format_welcome(running: Bench, new: str, model: Model, curl: Path) -> Text:
    """Return the addresses, and lines that can be copied.

    `new` is the command that posts a project, and `curl` a settings file with the API's token.
    """
    endpoint, credentials = running.target.endpoint_url, "AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any"
    return join_text(
        *tables.format_addresses(running),
        ("  Model", "bold"),
        "     ",
        describe_model(model, datetime.now(UTC).date()),
        "\n",
        f"""
  curl --config {shlex.quote(str(curl.absolute()))} {running.outputs.api_url}/api/projects
  {credentials} aws --endpoint-url {endpoint} --region {running.target.region} sqs list-queues
  {new}

Ctrl-C stops it; {describe_remains(running)}""",
    )


def list_addresses(running: DeployedStack) -> dict[str, object]:
    """Return the content of `tables.format_addresses` for programs."""
    return {
        "engine": running.target.name,
        "endpoint_url": running.target.endpoint_url,
        "api_url": running.outputs.api_url,
        "api_token": running.token,
        "region": running.target.region,
        "stage": running.outputs.stage,
        **({"control_token": running.control_token} if running.control_token else {}),
    }


def describe_remains(running: Bench) -> str:
    """Say what happens to the stack when the engine is stopped."""
    if running.engine and running.engine.chosen.url:
        port = urlsplit(running.target.endpoint_url).port
        return (
            f"the stack stays in the LocalStack at {running.engine.chosen.url}, and its functions call this address:"
            f" start again with --port {port}."
        )
    return "everything in it is gone then."


def present_tests(screen: Display, tests: "TestRun | None", untested: str) -> None:
    """Show the results of the project's own tests, with their output if they failed, or why they were not run."""
    heading = ("The project's own tests", "bold")
    if tests is None:
        screen.say("\n", heading, " were ", ("not run:", "yellow"), f" {untested}")
        return
    verdict = ("passed", "green") if tests.passed else ("failed", "red")
    isolation = "in a sandbox" if tests.contained else "without a sandbox"
    screen.say("\n", heading, f", {isolation}: {tests.ran} ran, ", verdict)
    if not tests.passed:
        screen.say(tests.evidence)
