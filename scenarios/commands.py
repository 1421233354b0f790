"""What the command line's commands do: connect, act, and show."""

import signal
import sys
import threading
from pathlib import Path

from emulator.process import Engine
from scenarios import display as show
from scenarios.bench import Bench, bench
from scenarios.client import ProjectsApi
from scenarios.demo import DemoResult, run_demo
from scenarios.display import Display, Following
from scenarios.download import download
from scenarios.errors import ScenarioError
from scenarios.follow import follow
from scenarios.scenario import LIBRARY, load
from shared.models.workflow import ProjectStatus
from stack.deploy import outputs
from stack.secrets import api_token
from stack.target import Target

DEMO = LIBRARY / "todo-service.yaml"
NAME_WORDS = 6
CHECK_SECONDS = 0.5


def keep_up(port: int, *, as_json: bool) -> None:
    """Serve until a signal says stop; an engine that ends by itself is an error."""
    screen = Display(as_json=as_json)
    with _benched(screen, port) as running:
        screen.emit(_addresses(running))
        _welcome(screen, running)
        _until_stopped(running.engine)
        screen.say("Stopping.")


def show_demo(out: Path, *, as_json: bool) -> int:
    """Run the demo; return the exit status: 0 only if the project completed and its tests passed."""
    screen, scenario = Display(as_json=as_json), load(DEMO)
    with _benched(screen) as running:
        screen.say(f"\nPosting [bold]{scenario.project.name}[/]: {scenario.description}")
        with screen.console.status("posting") as status:
            result = run_demo(running, scenario, out, Following(screen, status))
    screen.emit(_summary(result))
    _present(screen, result)
    return 0 if result.tests.passed else 1


def post_project(
    text: str | None, file: Path | None, name: str | None, endpoint: str, stage: str, *, as_json: bool
) -> int:
    """Post requirements and follow; return 0 if the project completed."""
    screen, requirements = Display(as_json=as_json), _requirements(text, file)
    with _api(endpoint, stage) as api, screen.console.status("posting") as status:
        project = api.create(name or " ".join(requirements.split()[:NAME_WORDS])[:100], requirements)
        screen.say(f"Posted as {project.id}.")
        following = Following(screen, status)
        for event in follow(api, project.id):
            following(event)
        ended = api.get(project.id)
    screen.emit(ended)
    screen.say(show.project_line(ended))
    screen.say(f"[dim]agenticai get {ended.id}[/] writes its files and package to out/.")
    return 0 if ended.status is ProjectStatus.COMPLETED else 1


def show_status(project_id: str | None, endpoint: str, stage: str, *, as_json: bool) -> None:
    """Show one project, or the newest ones."""
    screen = Display(as_json=as_json)
    with _api(endpoint, stage) as api:
        if project_id is None:
            page = api.listed()
            screen.emit(page)
            screen.console.print(show.projects(page) if page.items else "No projects yet: `agenticai new` posts one.")
            return
        project, events = api.get(project_id), tuple(api.events(project_id))
    screen.emit({"project": project, "events": events})
    screen.say(show.project_line(project))
    screen.console.print(show.timeline(events))


def fetch(project_id: str, out: Path, endpoint: str, stage: str, *, as_json: bool) -> None:
    """Write a project's files and package below `out/{id}`."""
    screen = Display(as_json=as_json)
    with _api(endpoint, stage) as api:
        got = download(api, project_id, out / project_id)
    screen.emit({"code": str(got.code), "files": got.files, "package": str(got.package) if got.package else None})
    screen.say(f"{len(got.files)} files in {got.code}; " + (f"package {got.package}" if got.package else "no package"))


class _benched:  # noqa: N801 - reads as a statement: with _benched(...) as running:
    """A bench whose making is shown as one step."""

    def __init__(self, screen: Display, port: int = 0) -> None:
        self._screen = screen
        self._bench = bench(port=port, report=self._report)
        self._status: object = None

    def _report(self, text: str) -> None:
        if self._status is not None:
            self._status.update(text)  # type: ignore[attr-defined]

    def __enter__(self) -> Bench:
        with self._screen.step("engine started, stack deployed") as self._status:
            return self._bench.__enter__()

    def __exit__(self, *error: object) -> None:
        self._bench.__exit__(*error)  # type: ignore[arg-type]


def _until_stopped(engine: Engine) -> None:
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stopped.set())
    while not stopped.wait(CHECK_SECONDS):
        if not engine.running:
            raise ScenarioError("The engine ended by itself; start it again with `agenticai up`.")


def _api(endpoint: str, stage: str) -> ProjectsApi:
    target = Target.embedded(endpoint)
    return ProjectsApi(outputs(target, stage).api_url, api_token(target.client("ssm"), stage))


def _requirements(text: str | None, file: Path | None) -> str:
    if (text is None) == (file is None):
        raise ScenarioError("Give the requirements as text or with --file, and not both.")
    if file is None:
        return text or ""
    try:
        return sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{file} cannot be read as text: {error}") from error


def _addresses(running: Bench) -> dict[str, object]:
    return {
        "endpoint_url": running.engine.endpoint_url,
        "api_url": running.outputs.api_url,
        "api_token": running.token,
        "region": running.target.region,
        "stage": running.outputs.stage,
    }


def _welcome(screen: Display, running: Bench) -> None:
    endpoint, api_url = running.engine.endpoint_url, running.outputs.api_url
    screen.say(f"""
  [bold]API[/]       {api_url}
  [bold]Token[/]     {running.token}
  [bold]AWS[/]       {endpoint}  (region {running.target.region}, any credentials)

  curl -H 'Authorization: Bearer {running.token}' {api_url}/api/projects
  aws --endpoint-url {endpoint} sqs list-queues
  agenticai new "A command-line tool that ..." --endpoint {endpoint}

Ctrl-C stops it; everything in it is gone then.""")


def _present(screen: Display, result: DemoResult) -> None:
    for table in (show.timeline(result.events), show.score(result.report), show.usage(result.usage)):
        screen.say("")
        screen.console.print(table)
    verdict = "[green]passed[/]" if result.tests.passed else "[red]failed[/]"
    screen.say(f"\n[bold]The project's own tests[/], in a clean process: {result.tests.ran} ran, {verdict}")
    if not result.tests.passed:
        screen.say(result.tests.output)
    screen.say(f"[bold]The code[/]     {result.downloaded.code}/  ({len(result.downloaded.files)} files)")
    screen.say(f"[bold]The package[/]  {result.downloaded.package}, with {result.downloaded.instructions}")


def _summary(result: DemoResult) -> dict[str, object]:
    return {
        "project": result.project,
        "events": result.events,
        "report": result.report,
        "usage": result.usage,
        "code": str(result.downloaded.code),
        "package": str(result.downloaded.package),
        "tests": {"passed": result.tests.passed, "ran": result.tests.ran},
    }
