"""The commands that talk to a stack which is already up."""

import shlex
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pydantic import TypeAdapter, ValidationError
from rich.markup import escape

from agenticai import display as show
from agenticai.client.api import ProjectsApi
from agenticai.client.download import download
from agenticai.client.folder import check_folder
from agenticai.client.follow import follow
from agenticai.commands.outcome import model_at, outcome, told
from agenticai.commands.replies import NEEDS_A_KEY, requirements_of, stored
from agenticai.commands.stack import on_stack
from agenticai.display import Display, Following, this_command
from agenticai.scenarios.errors import ScenarioError
from agenticai.stack.secrets import OLD_TOKEN_VALID, api_token, rotate
from agenticai.stack.stage import stage_outputs
from agenticai.stack.target import Target
from shared.models.events import TimelineEvent
from shared.models.project import ProjectId
from shared.models.views import ProjectView
from shared.models.workflow import ProjectStatus

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
        if self.text is None and self.file is None and self.template is None:
            raise ScenarioError("Give the requirements as text or with --file, or a template with --template.")
        return _given(self.text, self.file)


def post_project(request: Request, endpoint: str, stage: str, *, as_json: bool) -> int:
    """Post requirements and follow; return 0 if the project completed."""
    screen, requirements = Display(as_json=as_json), request.requirements()
    name = request.name or " ".join((requirements or str(request.template)).split()[:NAME_WORDS])[:100]
    with _api(endpoint, stage) as api:
        known = requirements_of(api, requirements, request.template)
        if known is not None and stored(endpoint, stage, [known]) == (False,):
            screen.say(f"[yellow]{escape(NEEDS_A_KEY)}[/]")
        project = api.create(name, requirements, request.template)
        screen.say(f"Posted as {project.id}.")
        ended = _followed(screen, api, project.id)
    return _present_end(screen, ended, endpoint, stage)


def retry_project(project_id: str, endpoint: str, stage: str, *, as_json: bool) -> int:
    """Have the step that failed, or got stuck, tried again, and follow; return 0 if the project completed."""
    return _asked_again(project_id, ProjectsApi.retry, endpoint, stage, as_json=as_json)


def modify_project(
    project_id: str, text: str | None, file: Path | None, endpoint: str, stage: str, *, as_json: bool
) -> int:
    """Ask for a change of a finished project, and follow; return 0 if the project completed."""
    requirements = _given(text, file)
    if requirements is None:
        raise ScenarioError("Say what is to change, as text or with --file.")
    change = partial(ProjectsApi.modify, requirements=requirements)
    return _asked_again(project_id, change, endpoint, stage, as_json=as_json)


def show_status(project_id: str | None, endpoint: str, stage: str, *, as_json: bool) -> None:
    """Show one project, or the newest ones."""
    screen = Display(as_json=as_json)
    with _api(endpoint, stage) as api:
        if project_id is None:
            page = api.listed()
            screen.emit(page)
            nothing = f"No projects yet: `{this_command()} new` posts one."
            screen.console.print(show.projects(page) if page.items else nothing)
            return
        known = _known(project_id)
        project, events = api.get(known), tuple(api.events(known))
    model = model_at(endpoint, stage)
    screen.emit({"project": project, "events": events, "model": told(model, project)})
    for line in outcome(project, model):
        screen.say(line)
    screen.console.print(show.timeline(events))


def fetch(project_id: str, out: Path, endpoint: str, stage: str, *, as_json: bool) -> int:
    """Write a project's files and package below `out/{id}`; return 0 if none was refused."""
    screen, known = Display(as_json=as_json), _known(project_id)
    check_folder(out / known)
    with _api(endpoint, stage) as api:
        if not api.files(known):
            raise ScenarioError(without_files(api.get(known)))
        got = download(api, known, out / known)
    package = str(got.package) if got.package else None
    screen.emit({"code": str(got.code), "files": got.files, "refused": got.refused, "package": package})
    packaged = f"package {package}" if package else "no package"
    screen.say(escape(f"{show.counted(len(got.files), 'file')} in {got.code}; {packaged}"))
    show.refused(screen, got.refused)
    return 1 if got.refused else 0


def show_templates(endpoint: str, stage: str, *, as_json: bool) -> None:
    """List the templates."""
    screen = Display(as_json=as_json)
    with _api(endpoint, stage) as api:
        listed = api.templates()
        answered = stored(endpoint, stage, [api.template(template.id).requirements for template in listed])
    without_key = dict(zip((template.id for template in listed), answered, strict=True)) if answered else {}
    screen.emit([{**template.model_dump(), "reply_stored": without_key.get(template.id)} for template in listed])
    screen.console.print(show.templates(listed, without_key))


def rotate_token(endpoint: str, stage: str, *, as_json: bool) -> None:
    """Store a new token for the API, and say how long the one before is still good."""
    screen, target = Display(as_json=as_json), Target.embedded(endpoint)
    token = rotate(target.client("ssm"), stage_outputs(target, stage).stage)
    seconds = int(OLD_TOKEN_VALID.total_seconds())
    screen.emit({"api_token": token, "old_token_valid_seconds": seconds})
    screen.say(f"[bold]Token[/]  {token}")
    screen.say(f"It is valid from now on, and the one before for {seconds // 3600} more hours.")
    screen.say("[dim]If that one has leaked, rotate once more: it is refused within a minute.[/]")


def without_files(project: ProjectView) -> str:
    """Why there is nothing to fetch of a project."""
    if project.failure:
        first = project.failure.reason.partition("\n")[0]
        return f"{project.id} failed before it had any file: {first}"
    return f"{project.id} is {project.status} and has no files yet: `{this_command()} status {project.id}` shows it."


def _asked_again(
    project_id: str, ask: Callable[[ProjectsApi, str], object], endpoint: str, stage: str, *, as_json: bool
) -> int:
    """Ask something of a project that is there, and follow what comes of it."""
    screen, known = Display(as_json=as_json), _known(project_id)
    with _api(endpoint, stage) as api:
        before = api.events(known)
        ask(api, known)
        ended = _followed(screen, api, known, before)
    return _present_end(screen, ended, endpoint, stage)


def _followed(screen: Display, api: ProjectsApi, project_id: str, after: Sequence[TimelineEvent] = ()) -> ProjectView:
    """The project at its end; its events are shown as they come, but for those that came before."""
    with screen.console.status("waiting for a queue") as status:
        following = Following(screen, status)
        for event in follow(api, project_id, after=after):
            following(event)
    return api.get(project_id)


def _present_end(screen: Display, ended: ProjectView, endpoint: str, stage: str) -> int:
    """Show how a project ended, what its model calls cost, and what can be done next; return the exit status."""
    model = model_at(endpoint, stage)
    screen.emit({**ended.model_dump(mode="json"), "model": told(model, ended)})
    for line in outcome(ended, model):
        screen.say(line)
    failed = ended.failure is not None
    command = f"{this_command()} {shlex.join(['retry' if failed else 'get', ended.id, *on_stack(endpoint, stage)])}"
    again = "tries the step that failed again" if ended.status is ProjectStatus.FAILED else "asks for the change again"
    does = again if failed else "writes its files and package to out/"
    screen.say(f"[dim]{escape(command)} {does}.[/]")
    return 0 if ended.status is ProjectStatus.COMPLETED and not failed else 1


def _known(project_id: str) -> str:
    """The id as it is; raises `ScenarioError` where no project can have it."""
    try:
        return TypeAdapter[str](ProjectId).validate_python(project_id)
    except ValidationError as error:
        raise ScenarioError(f"There is no project {project_id}; `{this_command()} status` lists them.") from error


def _given(text: str | None, file: Path | None) -> str | None:
    if text is not None and file is not None:
        raise ScenarioError("Give the requirements as text or with --file, and not both.")
    return _read(file) if file else text


def _api(endpoint: str, stage: str) -> ProjectsApi:
    target = Target.embedded(endpoint)
    return ProjectsApi(stage_outputs(target, stage).api_url, api_token(target.client("ssm"), stage))


def _read(file: Path) -> str:
    try:
        return sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{file} cannot be read as text: {error}") from error
