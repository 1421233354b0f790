"""The commands that bring up an engine of their own: `up` and `demo`."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.markup import escape

from agenticai import display as show
from agenticai.client.folder import check_folder
from agenticai.display import Display, Following, this_command
from agenticai.emulator.gemini import GEMINI_API, REPLAY
from agenticai.emulator.process import HERE, Reach
from agenticai.scenarios.benches.deployed import Bench
from agenticai.scenarios.benches.embedded import bench
from agenticai.scenarios.benches.stopping import until_stopped
from agenticai.scenarios.errors import ScenarioError
from agenticai.scenarios.format.scenario import LIBRARY, load

if TYPE_CHECKING:
    from agenticai.demo import DemoResult
    from agenticai.sandbox.verdict import TestRun

DEMO = LIBRARY / "todo-service.yaml"


def keep_up(port: int, reach: Reach, *, live: bool, as_json: bool) -> None:
    """Serve until a signal says stop; an engine that ends by itself is an error."""
    screen = Display(as_json=as_json)
    with _benched(screen, port, reach, _key(os.environ) if live else None) as running:
        screen.emit(_addresses(running))
        screen.say(welcome(running, this_command()))
        until_stopped(running)
        screen.say("Stopping.")


def show_demo(out: Path, *, unsafe_run: bool, as_json: bool) -> int:
    """Run the demo; return the exit status: 0 only if the project completed, and its tests were run and passed."""
    screen, scenario = Display(as_json=as_json), load(DEMO)
    check_folder(out / scenario.name)
    with _benched(screen) as running:
        from agenticai.demo import run_demo

        screen.say(f"\nPosting [bold]{scenario.first.name}[/]: {scenario.description}")
        with screen.console.status("posting") as status:
            result = run_demo(running, scenario, out, Following(screen, status), unsafe_run=unsafe_run)
    screen.emit(_summary(result))
    _present(screen, result)
    return 0 if result.proved else 1


@contextmanager
def _benched(screen: Display, port: int = 0, reach: Reach = HERE, gemini_api_key: str | None = None) -> Iterator[Bench]:
    """A bench whose making is shown as one step."""
    with (
        screen.step("engine started, stack deployed") as step,
        bench(
            port=port,
            reach=reach,
            gemini=GEMINI_API if gemini_api_key else REPLAY,
            gemini_api_key=gemini_api_key,
            report=step.update,
        ) as running,
    ):
        step.done()
        yield running


def _key(environ: Mapping[str, str]) -> str:
    key = environ.get("GEMINI_API_KEY", "")
    if not key:
        raise ScenarioError("--live needs a key for the Gemini API in the environment variable GEMINI_API_KEY.")
    return key


def _addresses(running: Bench) -> dict[str, object]:
    return {
        "endpoint_url": running.target.endpoint_url,
        "api_url": running.outputs.api_url,
        "api_token": running.token,
        "region": running.target.region,
        "stage": running.outputs.stage,
    }


def welcome(running: Bench, command: str) -> str:
    """Where everything is, and lines that can be pasted; `command` is how this command line is started."""
    endpoint, api_url = running.target.endpoint_url, running.outputs.api_url
    credentials = "AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any"
    return f"""
  [bold]API[/]       {api_url}
  [bold]Token[/]     {running.token}
  [bold]AWS[/]       {endpoint}  (region {running.target.region}, any credentials)

  curl -H 'Authorization: Bearer {running.token}' {api_url}/api/projects
  {credentials} aws --endpoint-url {endpoint} --region {running.target.region} sqs list-queues
  {command} new --file docs/examples/greeting.md --endpoint {endpoint}

Ctrl-C stops it; everything in it is gone then."""


def _present(screen: Display, result: "DemoResult") -> None:
    for table in (show.timeline(result.events), show.score(result.report), show.usage(result.usage)):
        screen.say("")
        screen.console.print(table)
    present_tests(screen, result.tests, result.untested)
    files = show.counted(len(result.downloaded.files), "file")
    got = result.downloaded
    screen.say(f"[bold]The code[/]     {escape(str(got.code))}/  ({files})")
    screen.say(f"[bold]The package[/]  {escape(f'{got.package}, with {got.instructions}')}")
    show.refused(screen, got.refused)


def present_tests(screen: Display, tests: "TestRun | None", untested: str) -> None:
    """Say how the project's own tests ended, with what they printed if they did not pass, or why they were not run."""
    heading = "\n[bold]The project's own tests[/]"
    if tests is None:
        screen.say(f"{heading} were [yellow]not run:[/] {escape(untested)}")
        return
    verdict = "[green]passed[/]" if tests.passed else "[red]failed[/]"
    where = "in a sandbox" if tests.contained else "without a sandbox"
    screen.say(f"{heading}, {where}: {tests.ran} ran, {verdict}")
    if not tests.passed:
        screen.quote(tests.evidence)


def _summary(result: "DemoResult") -> dict[str, object]:
    return {
        "project": result.project,
        "events": result.events,
        "report": result.report,
        "usage": result.usage,
        "code": str(result.downloaded.code),
        "package": str(result.downloaded.package),
        "refused": result.downloaded.refused,
        "tests": summary_of_tests(result.tests, result.untested),
    }


def summary_of_tests(tests: "TestRun | None", untested: str) -> dict[str, object]:
    """The same for machines."""
    if tests is None:
        return {"passed": False, "ran": 0, "not_run": untested}
    failed = [result.id for result in tests.failed]
    trouble = {"trouble": tests.trouble} if tests.trouble else {}
    return {"passed": tests.passed, "ran": tests.ran, "failed": failed, "in_sandbox": tests.contained, **trouble}
