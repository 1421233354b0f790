"""The lists that the API returns page by page: the name of each in its cursors, and the position of a record in it."""

import re
from typing import Final

from api_handler.cursors import Listing
from shared.models.events import TimelineEvent
from shared.models.project import ULID, ProjectSummary
from shared.models.records import DeploymentRecord, FileRecord, TestRecord, Work
from shared.models.template import TEMPLATE_ID, TemplateSummary
from shared.models.workflow import ProjectStatus
from shared.paths import UnsafePath, accept_path

_ULID: Final = re.compile(ULID)
_REVISION: Final = re.compile(r"[0-9]{9}\.[0-9]{9}")
_TEMPLATE_ID: Final = re.compile(TEMPLATE_ID)


def projects(status: ProjectStatus | None) -> Listing[ProjectSummary]:
    """Return the list of all projects, or of those with a status."""
    return Listing(("projects", status or ""), lambda project: project.id, _ULID.fullmatch)


def files(project_id: str) -> Listing[FileRecord]:
    """Return the list of a project's files."""
    return Listing(("files", project_id), lambda file: file.path, is_path)


def tests(project_id: str) -> Listing[TestRecord]:
    """Return the list of a project's tests."""
    return Listing(("tests", project_id), _format_revision, _REVISION.fullmatch)


def deployments(project_id: str) -> Listing[DeploymentRecord]:
    """Return the list of a project's packaged revisions."""
    return Listing(("deployments", project_id), _format_revision, _REVISION.fullmatch)


def events(project_id: str) -> Listing[TimelineEvent]:
    """Return the list of a project's timeline events."""
    return Listing(("events", project_id), lambda event: event.id, _ULID.fullmatch)


def templates() -> Listing[TemplateSummary]:
    """Return the list of templates."""
    return Listing(("templates",), lambda template: template.id, _TEMPLATE_ID.fullmatch)


def is_path(text: str) -> bool:
    """Return whether this is a valid path for a file."""
    try:
        return bool(accept_path(text))
    except UnsafePath:
        return False


def _format_revision(record: Work) -> str:
    """Return the revision as text that sorts in the order of its numbers."""
    return f"{record.revision.build:09}.{record.revision.round:09}"
