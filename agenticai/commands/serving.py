"""The commands that start an engine: `up` and `demo`."""

import contextlib
import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from agenticai.client.folder import check_folder
from agenticai.client.model_cost import Model, find_model
from agenticai.commands.models import STORED, ModelSource
from agenticai.commands.settings import DASHBOARD_PORT, DEFAULT_STAGE, list_stack_options
from agenticai.display import tables
from agenticai.display.console import Display, TextPart, format_count, join_text, this_command
from agenticai.display.following import Following
from agenticai.display.outcome import describe_use
from agenticai.display.serving import format_welcome, list_addresses, present_tests
from agenticai.display.stopping import wait_until_stopped
from agenticai.emulator.core.errors import ControlError
from agenticai.emulator.core.home import find_home
from agenticai.emulator.engines.engine_choice import EMBEDDED, EngineChoice
from agenticai.emulator.http.reach import HERE, Reach
from agenticai.emulator.running import curl_settings, register_engine
from agenticai.scenarios.benches.deployed import Bench
from agenticai.scenarios.benches.embedded import bench, launch_engine
from agenticai.scenarios.format.scenario import LIBRARY, load

if TYPE_CHECKING:
    from agenticai.commands.demo import DemoResult
    from agenticai.emulator.client import ControlClient
    from runner.sandbox.verdict import TestRun

DEMO = LIBRARY / "todo-service.yaml"
EXAMPLE = Path("docs/examples/greeting.md")
"""Requirements that have stored replies; the file exists in a checkout only."""


def serve_until_stopped(
    port: int, reach: Reach, engine: EngineChoice, model_source: ModelSource, *, dashboard: bool, as_json: bool
) -> None:
    """Serve until a signal to stop, optionally with the dashboard; it is an error if the engine ends by itself."""
    screen = Display(as_json=as_json)
    with (
        _start_bench(screen, port, reach, engine, model_source) as running,
        running.control() as control,
        register_engine(find_home(), running.target.endpoint_url, running.control_token, reach.hosts, engine.name),
        curl_settings(find_home(), running.token) as curl,
    ):
        model = find_model(running.target, running.outputs, control)
        screen.emit({**list_addresses(running), "model": {"name": model.name, "answers": model.answers}})
        screen.say(format_welcome(running, make_new_command(running, this_command()), model, curl))
        with (
            _dashboard(screen, running.target.endpoint_url) if dashboard else nullcontext(),
            show_model_use(screen, control, model) as look,
        ):
            wait_until_stopped(running.engine, look)
        screen.say("Stopping.")


def keep_engine_up(
    port: int, reach: Reach, engine: EngineChoice, model_source: ModelSource, *, dashboard: bool, as_json: bool
) -> None:
    """Serve an engine without a stack, optionally with the dashboard; it is an error if the engine ends by itself."""
    screen, home = Display(as_json=as_json), find_home()
    with (
        screen.step("engine started") as step,
        launch_engine(
            port=port, home=home, gemini=model_source.how, engine=engine, reach=reach, report=step.update
        ) as starting,
        starting.ready() as running,
        register_engine(home, running.endpoint_url, running.control_token, reach.hosts, engine.name),
    ):
        step.done()
        address, secret = {"endpoint_url": running.endpoint_url}, running.control_token
        screen.emit(address | ({"control_token": secret} if secret else {}))
        screen.say(
            f"It serves at {running.endpoint_url}. `{this_command()} deploy` deploys the stack; Ctrl-C stops it."
        )
        with _dashboard(screen, running.endpoint_url) if dashboard else nullcontext():
            wait_until_stopped(running)
        screen.say("Stopping.")


@contextmanager
def _dashboard(screen: Display, endpoint: str) -> Iterator[None]:
    from agenticai.commands.dashboard import serve_dashboard

    with serve_dashboard(endpoint, DEFAULT_STAGE, DASHBOARD_PORT) as (_, url):
        screen.say(f"The dashboard is at {url}.\n")
        yield


@contextmanager
def show_model_use(screen: Display, control: "ControlClient", model: Model) -> Iterator[Callable[[], None]]:
    """Show the use of the model while it is asked live; the line stays after the end of the block."""
    if not model.asked:
        yield lambda: None
        return
    so_far: TextPart = ""
    with screen.status("") as status:

        def look() -> None:
            nonlocal so_far
            with contextlib.suppress(ControlError):  # a busy engine is asked again
                so_far = describe_use(control.model(), datetime.now(UTC).date())
                status.update(join_text(so_far))

        yield look
    screen.say(so_far)


def show_demo(out: Path, *, unsafe_run: bool, as_json: bool) -> int:
    """Run the demo; return the exit status: 0 only if the project completed, and its tests were run and passed."""
    screen, scenario = Display(as_json=as_json), load(DEMO)
    check_folder(out / scenario.name)
    with _start_bench(screen) as running:
        from agenticai.commands.demo import run_demo

        screen.say("\nPosting ", (scenario.first.name, "bold"), f": {scenario.description}")
        with screen.status("posting") as status:
            result = run_demo(running, scenario, out, Following(screen, status), unsafe_run=unsafe_run)
    screen.emit(_summarize(result))
    _present(screen, result)
    return 0 if result.proved else 1


@contextmanager
def _start_bench(
    screen: Display,
    port: int = 0,
    reach: Reach = HERE,
    engine: EngineChoice = EMBEDDED,
    model_source: ModelSource = STORED,
) -> Iterator[Bench]:
    """Start a bench, shown as one step."""
    with (
        screen.step("engine started, stack deployed") as step,
        bench(
            port=port,
            reach=reach,
            engine=engine,
            gemini=model_source.how,
            gemini_api_key=model_source.key,
            report=step.update,
        ) as running,
    ):
        step.done()
        yield running


def make_new_command(running: Bench, command: str) -> str:
    """Return the command that posts a project to this stack; `command` is how this command line is started."""
    arguments = ["new", *(["--file", str(EXAMPLE)] if EXAMPLE.exists() else ["--template", "cli-tool"])]
    return (
        f"{command} {shlex.join([*arguments, *list_stack_options(running.target.endpoint_url, running.outputs.stage)])}"
    )


def _present(screen: Display, result: "DemoResult") -> None:
    for table in (
        tables.tabulate_timeline(result.events),
        tables.tabulate_score(result.report),
        tables.tabulate_usage(result.usage),
    ):
        screen.say("")
        screen.show(table)
    downloaded = result.downloaded
    present_tests(screen, result.tests, result.untested)
    files = format_count(len(downloaded.files), "file")
    screen.say(("The code", "bold"), f"     {downloaded.code}/  ({files})")
    screen.say(("The package", "bold"), f"  {downloaded.package}, with {downloaded.instructions}")
    tables.show_refused(screen, downloaded.refused)


def _summarize(result: "DemoResult") -> dict[str, object]:
    return {
        "project": result.project,
        "events": result.events,
        "report": result.report,
        "usage": result.usage,
        "code": str(result.downloaded.code),
        "package": str(result.downloaded.package),
        "refused": result.downloaded.refused,
        "tests": summarize_tests(result.tests, result.untested),
    }


def summarize_tests(tests: "TestRun | None", untested: str) -> dict[str, object]:
    """Return the results of the project's own tests as a JSON document."""
    if tests is None:
        return {"passed": False, "ran": 0, "not_run": untested}
    failed = [result.id for result in tests.failed]
    trouble = {"trouble": tests.trouble} if tests.trouble else {}
    return {"passed": tests.passed, "ran": tests.ran, "failed": failed, "in_sandbox": tests.contained, **trouble}
