"""Resolves a project's id as a user types it: the whole id, the beginning of one, or `last`."""

from typing import Final

from pydantic import TypeAdapter, ValidationError

from agenticai.client.api import MOST_PROJECTS, ProjectsApi, list_all_projects
from agenticai.client.errors import ProjectsError, SettingsError
from agenticai.client.stack_lookup import stack_at
from agenticai.commands.settings import find_endpoint
from agenticai.display.console import this_command
from agenticai.emulator.core.errors import EngineError
from agenticai.stack.errors import StackError
from shared.models.project import ProjectId

LAST: Final = "last"
"""Stands for the newest project."""

LISTED: Final = 5
"""The maximum number of candidates in a message."""

_WHOLE: Final = TypeAdapter[str](ProjectId)


def find_project(api: ProjectsApi, given: str) -> str:
    """Return the id that `given` stands for. Raises SettingsError if it matches none, or several."""
    if given == LAST:
        newest = api.list_projects(limit=1).items
        return newest[0].id if newest else _refuse(f"There is no project yet: `{this_command()} new` posts one.")
    prefix = given.upper()
    if is_whole(given):
        return prefix
    if not prefix:
        return _refuse(f"Name a project by its id or the beginning of it; `{this_command()} status` lists them.")
    matches = [project for project in list_all_projects(api) if project.id.startswith(prefix)]
    if len(matches) == 1:
        return matches[0].id
    if not matches:
        return _refuse(f"There is no project {given}; `{this_command()} status` lists them.")
    names = ", ".join(f"{project.id} ({project.name})" for project in matches[:LISTED])
    more = f", and {len(matches) - LISTED} more" if len(matches) > LISTED else ""
    return _refuse(f"{len(matches)} projects begin with {given}: {names}{more}. Give more of the id.")


def suggest_ids(endpoint: str, stage: str, incomplete: str) -> list[tuple[str, str]]:
    """Return the ids that start with `incomplete`, the newest first, with names; none if nothing answers."""
    try:
        with stack_at(endpoint or find_endpoint(), stage).api() as api:
            projects = api.list_projects(MOST_PROJECTS).items
    except (ProjectsError, EngineError, StackError):
        return []
    return [(project.id, project.name) for project in projects if project.id.startswith(incomplete.upper())]


def is_whole(given: str) -> bool:
    """Return whether a text is a whole id, and not only the beginning of one."""
    try:
        return bool(_WHOLE.validate_python(given.upper()))
    except ValidationError:
        return False


def _refuse(sentence: str) -> str:
    raise SettingsError(sentence)
