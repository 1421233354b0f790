"""The commands that talk to a stack which is already up."""

import sys
from dataclasses import dataclass
from pathlib import Path

from scenarios import display as show
from scenarios.client import ProjectsApi
from scenarios.display import Display, Following
from scenarios.download import download
from scenarios.errors import ScenarioError
from scenarios.follow import follow
from shared.models.workflow import ProjectStatus
from stack.deploy import outputs
from stack.secrets import OLD_TOKEN_VALID, api_token, rotate
from stack.target import Target

NAME_WORDS = 6


@dataclass(frozen=True)
class Request:
    """What `new` was given."""

    text: str | None
    file: Path | None
    template: str | None
    name: str | None

    def requirements(self) -> str | None:
        """The requirements; None where a template says all. Raises `ScenarioError`."""
        if self.text is not None and self.file is not None:
            raise ScenarioError("Give the requirements as text or with --file, and not both.")
        if self.text is None and self.file is None and self.template is None:
            raise ScenarioError("Give the requirements as text or with --file, or a template with --template.")
        return _read(self.file) if self.file else self.text


def post_project(request: Request, endpoint: str, stage: str, *, as_json: bool) -> int:
    """Post requirements and follow; return 0 if the project completed."""
    screen, requirements = Display(as_json=as_json), request.requirements()
    name = request.name or " ".join((requirements or str(request.template)).split()[:NAME_WORDS])[:100]
    with _api(endpoint, stage) as api, screen.console.status("posting") as status:
        project = api.create(name, requirements, request.template)
        screen.say(f"Posted as {project.id}.")
        following = Following(screen, status)
        for event in follow(api, project.id):
            following(event)
        ended = api.get(project.id)
    screen.emit(ended)
    screen.say(show.project_line(ended))
    if ended.status is not ProjectStatus.FAILED:
        screen.say(f"[dim]agenticai get {ended.id} writes its files and package to out/.[/]")
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


def show_templates(endpoint: str, stage: str, *, as_json: bool) -> None:
    """List the templates."""
    screen = Display(as_json=as_json)
    with _api(endpoint, stage) as api:
        listed = api.templates()
    screen.emit(listed)
    screen.console.print(show.templates(listed))


def rotate_token(endpoint: str, stage: str, *, as_json: bool) -> None:
    """Store a new token for the API, and say how long the one before is still good."""
    screen, target = Display(as_json=as_json), Target.embedded(endpoint)
    token = rotate(target.client("ssm"), outputs(target, stage).stage)
    seconds = int(OLD_TOKEN_VALID.total_seconds())
    screen.emit({"api_token": token, "old_token_valid_seconds": seconds})
    screen.say(f"[bold]Token[/]  {token}")
    screen.say(f"It is valid from now on, and the one before for {seconds // 3600} more hours.")
    screen.say("[dim]If that one has leaked, rotate once more: it is refused within a minute.[/]")


def _api(endpoint: str, stage: str) -> ProjectsApi:
    target = Target.embedded(endpoint)
    return ProjectsApi(outputs(target, stage).api_url, api_token(target.client("ssm"), stage))


def _read(file: Path) -> str:
    try:
        return sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{file} cannot be read as text: {error}") from error
