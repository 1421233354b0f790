"""The commands that use an existing stack."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from agenticai.client.api import ProjectsApi
from agenticai.client.download import download
from agenticai.client.errors import ApiError, ProjectsError, SettingsError, Unfollowed
from agenticai.client.folder import check_creatable, check_folder
from agenticai.client.follow import follow
from agenticai.client.model_cost import Model, find_model
from agenticai.commands.project_ids import find_project, is_whole
from agenticai.commands.stack import Stack, open_stack
from agenticai.commands.stored_replies import NEEDS_A_KEY, ask_stored, find_requirements
from agenticai.display import outcome, tables
from agenticai.display.console import Display, format_count
from agenticai.display.following import Following
from agenticai.display.printable import readable
from agenticai.stack.deploying import translate_aws_errors
from agenticai.stack.secrets import OLD_TOKEN_VALID, rotate
from agenticai.stack.stage import read_stage_outputs
from agenticai.stack.target import Target
from shared.models.events import TimelineEvent
from shared.models.views import ProjectView
from shared.models.workflow import ProjectStatus

NAME_WORDS = 6


@dataclass(frozen=True)
class PostedRequest:
    """The arguments of `new`."""

    text: str | None
    file: Path | None
    template: str | None
    name: str | None

    def read_requirements(self) -> str | None:
        """Return the requirements; None if the template has all of them. Raises `SettingsError`."""
        if self.text is None and self.file is None and self.template is None:
            raise SettingsError("Give the requirements as text or with --file, or a template with --template.")
        return _read_given(self.text, self.file)


def post_project(request: PostedRequest, stack: Stack) -> int:
    """Post requirements and follow; return 0 if the project completed."""
    screen, requirements = Display(as_json=stack.as_json), request.read_requirements()
    first_words = " ".join((requirements or str(request.template)).split()[:NAME_WORDS])[:100]
    name, template = (
        _check_encodable(request.name, "name") or first_words,
        _check_encodable(request.template, "template"),
    )
    with stack.connect() as api:
        full_requirements = find_requirements(api, requirements, template)
        if full_requirements is not None and ask_stored(stack, [full_requirements]) == (False,):
            screen.say((NEEDS_A_KEY, "yellow"))
        project = _create(api, stack, name, requirements, template)
        screen.say(f"Posted as {project.id}.")
        return _follow(screen, api, stack, project.id)


def retry_project(project_id: str, stack: Stack) -> int:
    """Retry the failed or stuck step, and follow; return 0 if the project completed."""
    return _ask_again(project_id, ProjectsApi.retry, stack)


def package_project(project_id: str, unproven: bool, stack: Stack) -> int:
    """Package a finished project again, and follow; return 0 if the project completed."""
    return _ask_again(project_id, partial(ProjectsApi.deploy, unproven=unproven), stack)


def modify_project(project_id: str, text: str | None, file: Path | None, stack: Stack) -> int:
    """Request a change of a finished project, and follow; return 0 if the project completed."""
    requirements = _read_given(text, file)
    if requirements is None:
        raise SettingsError("Say what is to change, as text or with --file.")
    return _ask_again(project_id, partial(ProjectsApi.modify, requirements=requirements), stack)


def follow_project(project_id: str, stack: Stack) -> int:
    """Show a project's events since its latest request, and follow it; return 0 if it completed."""
    screen = Display(as_json=stack.as_json)
    with stack.connect() as api:
        full_id = find_project(api, project_id)
        return _follow(screen, api, stack, full_id, _list_earlier_events(api.list_events(full_id)))


def show_status(project_id: str | None, stack: Stack) -> None:
    """Show one project, or the newest ones."""
    screen = Display(as_json=stack.as_json)
    with stack.connect() as api:
        if project_id is None:
            page = api.list_projects()
            screen.emit(page)
            if page.items:
                screen.show(tables.tabulate_projects(page, screen.console.width))
            else:
                screen.say(f"No projects yet: `{stack.command('new')}` posts one.")
            return
        full_id = find_project(api, project_id)
        project, events = api.get(full_id), tuple(api.list_events(full_id))
    model = _read_model(stack)
    screen.emit({"project": project, "events": events, "model": outcome.make_document(project, model)})
    _present_outcome(screen, project, model)
    screen.show(tables.tabulate_timeline(events))


def fetch(project_id: str, out: Path, stack: Stack) -> int:
    """Write a project's files and package below `out/{id}`; return 0 if no file was refused."""
    screen = Display(as_json=stack.as_json)
    check_creatable(out / project_id.upper() if is_whole(project_id) else out)  # before any request is sent
    with stack.connect() as api:
        full_id = find_project(api, project_id)
        check_folder(out / full_id)
        if not api.list_files(full_id):
            raise ProjectsError(explain_no_files(api.get(full_id), stack))
        downloaded = download(api, full_id, out / full_id)
    package = str(downloaded.package) if downloaded.package else None
    screen.emit(
        {"code": str(downloaded.code), "files": downloaded.files, "refused": downloaded.refused, "package": package}
    )
    packaged = f"package {package}" if package else "no package"
    screen.say(f"{format_count(len(downloaded.files), 'file')} in {downloaded.code}; {packaged}")
    tables.show_refused(screen, downloaded.refused)
    return 1 if downloaded.refused else 0


def show_templates(stack: Stack) -> None:
    """List the templates."""
    screen = Display(as_json=stack.as_json)
    with stack.connect() as api:
        templates = api.list_templates()
        texts = [api.get_template(template.id).requirements for template in templates]
    replies_stored = ask_stored(stack, texts)
    without_key = (
        dict(zip((template.id for template in templates), replies_stored, strict=True)) if replies_stored else {}
    )
    screen.emit([{**template.model_dump(), "reply_stored": without_key.get(template.id)} for template in templates])
    screen.show(tables.tabulate_templates(templates, without_key))


def rotate_token(stack: Stack) -> None:
    """Store a new token for the API, and say how long the old one stays valid."""
    screen, target = Display(as_json=stack.as_json), Target.endpoint(stack.endpoint)
    with translate_aws_errors(target):
        token = rotate(target.client("ssm"), read_stage_outputs(target, stack.stage).stage)
    seconds = int(OLD_TOKEN_VALID.total_seconds())
    screen.emit({"api_token": token, "old_token_valid_seconds": seconds})
    screen.say(("Token", "bold"), f"  {token}")
    screen.say(f"It is valid from now on, and the one before for {seconds // 3600} more hours.")
    screen.say(("If that one has leaked, rotate once more: it is refused within a minute.", "dim"))


def explain_no_files(project: ProjectView, stack: Stack) -> str:
    """Return why a project has nothing to download."""
    command = stack.command("status", project.id)
    if project.failure:
        return f"{project.id} failed before it had any file: `{command}` says why."
    return f"{project.id} is {project.status} and has no files yet: `{command}` shows it."


def _create(api: ProjectsApi, stack: Stack, name: str, requirements: str | None, template: str | None) -> ProjectView:
    """Post a project. Raises SettingsError, which lists the templates, if there is none of that name."""
    try:
        return api.create(name, requirements, template)
    except KeyboardInterrupt as stop:
        command = stack.command("status")
        raise Unfollowed(f"interrupted; the project may have been posted: `{command}` lists all.") from stop
    except ApiError as error:
        template_ids = [item.id for item in api.list_templates()] if template else []
        if template in (None, *template_ids):
            raise
        raise SettingsError(f"There is no template {template}: choose one of {', '.join(template_ids)}.") from error


def _ask_again(project_id: str, ask: Callable[[ProjectsApi, str], object], stack: Stack) -> int:
    """Send a request about an existing project, and follow the project."""
    screen = Display(as_json=stack.as_json)
    with stack.connect() as api:
        full_id = find_project(api, project_id)
        earlier = api.list_events(full_id)
        ask(api, full_id)
        return _follow(screen, api, stack, full_id, earlier)


def _follow(
    screen: Display, api: ProjectsApi, stack: Stack, project_id: str, after: Sequence[TimelineEvent] = ()
) -> int:
    """Show a project's new events, without those in `after`, and its end; return the exit status."""
    try:
        with screen.status("waiting for a queue") as status:
            following = Following(screen, status)
            for event in follow(api, project_id, after=after):
                following(event)
    except KeyboardInterrupt as stop:
        command = stack.command("follow", project_id)
        raise Unfollowed(f"interrupted; project {project_id} goes on: `{command}` follows it.") from stop
    return _present_end(screen, api.get(project_id), stack)


def _list_earlier_events(events: Sequence[TimelineEvent]) -> Sequence[TimelineEvent]:
    """Return the events before those of the user's latest request."""
    latest = max((index for index, event in enumerate(events) if event.agent == "api"), default=0)
    return events[:latest]


def _read_model(stack: Stack) -> Model:
    with open_stack(stack) as (bench, control):
        return find_model(bench.target, bench.outputs, control)


def _present_outcome(screen: Display, project: ProjectView, model: Model) -> None:
    line, *details = outcome.describe_outcome(project, model)
    screen.say(line)
    for detail in details:
        screen.explain(detail)


def _present_end(screen: Display, project: ProjectView, stack: Stack) -> int:
    """Show how a project ended, the cost of its model calls, and the next steps; return the exit status."""
    model = _read_model(stack)
    screen.emit({**project.model_dump(mode="json"), "model": outcome.make_document(project, model)})
    _present_outcome(screen, project, model)
    failed = project.status is ProjectStatus.FAILED
    if project.failure:
        explanation = "tries the step that failed again" if failed else "asks for the change again"
        screen.say((f"{stack.command('retry', project.id)} {explanation}.", "dim"))
    if not failed:
        screen.say((f"{stack.command('get', project.id)} writes its files and package to out/.", "dim"))
    return 0 if project.status is ProjectStatus.COMPLETED and not project.failure else 1


def _read_given(text: str | None, file: Path | None) -> str | None:
    if text is not None and file is not None:
        raise SettingsError("Give the requirements as text or with --file, and not both.")
    requirements = _read(file) if file else _check_encodable(text, "text")
    if requirements is not None and not requirements.strip():
        raise SettingsError("The requirements are empty: say in a sentence or more what is wanted.")
    return requirements


def _read(file: Path) -> str:
    """Read the text of a file or of standard input, without a byte order mark."""
    name = "standard input" if str(file) == "-" else str(file)
    try:
        content = sys.stdin.buffer.read() if name == "standard input" else file.read_bytes()
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SettingsError(f"{name} cannot be read as text: it is not UTF-8 (byte {error.start + 1}).") from error
    except OSError as error:
        raise SettingsError(f"{name} cannot be read as text: {error.strerror}.") from error


def _check_encodable(value: str | None, label: str) -> str | None:
    """Return an argument as text. Raises SettingsError if it has bytes that are not UTF-8."""
    text = None if value is None else readable(value)
    try:
        (text or "").encode()
    except UnicodeEncodeError as error:
        raise SettingsError(f"The {label} is not UTF-8 (character {error.start + 1}).") from error
    return text
