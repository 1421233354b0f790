"""The list of projects: filtered by the API, searched here, page by page, newest first."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final, Protocol

from agenticai.client.errors import ApiError
from agenticai.client.model_cost import Model

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shared.models.views import ProjectPage, ProjectSummaryView, ProjectView
    from shared.models.workflow import ProjectStatus

PAGE: Final = 25
"""The number of projects on a page; a search may show more, as it never cuts a page of the API."""

SEARCHED_PAGE: Final = 100
MOST_PAGES: Final = 10
"""The maximum number of the API's pages that one search reads."""

_ID: Final = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")


class Lists(Protocol):
    """The part of the API that a list needs."""

    def list_projects(
        self, limit: int = ..., cursor: str | None = ..., status: "ProjectStatus | None" = ...
    ) -> "ProjectPage":
        """Return one page."""
        ...

    def get(self, project_id: str) -> "ProjectView":
        """Return one project."""
        ...


@dataclass(frozen=True)
class SearchResult:
    """Projects, the cursor of the next ones, and how many were searched."""

    projects: "tuple[ProjectSummaryView, ...]"
    next: str | None
    looked_at: int


@dataclass(frozen=True)
class ProjectRow:
    """A project in the list; `cost_usd` is the cost of the model, None if unknown."""

    id: str
    name: str
    status: str
    score: float | None
    revision: str
    age_s: float
    cost_usd: float | None


def is_id(text: str) -> bool:
    """Return whether a text has the form of a project id."""
    return _ID.fullmatch(text) is not None


def find_projects(
    api: Lists, text: str = "", status: "ProjectStatus | None" = None, cursor: str | None = None
) -> SearchResult:
    """Return a page of the projects of a status whose name or id contains a text. Raises `ApiError`."""
    needle = text.strip().casefold()
    if not needle:
        page = api.list_projects(PAGE, cursor, status)
        return SearchResult(tuple(page.items), page.next, len(page.items))
    if is_id(needle.upper()):
        return _find_by_id(api, needle.upper(), status)
    return _search(api, needle, status, cursor)


def _search(api: Lists, needle: str, status: "ProjectStatus | None", cursor: str | None) -> SearchResult:
    matches: list[ProjectSummaryView] = []
    looked_at = 0
    for _ in range(MOST_PAGES):
        page = api.list_projects(SEARCHED_PAGE, cursor, status)
        matches += [project for project in page.items if needle in f"{project.name}\n{project.id}".casefold()]
        looked_at, cursor = looked_at + len(page.items), page.next
        if cursor is None or len(matches) >= PAGE:
            break
    return SearchResult(tuple(matches), cursor, looked_at)


def _find_by_id(api: Lists, project_id: str, status: "ProjectStatus | None") -> SearchResult:
    try:
        project = api.get(project_id)
    except ApiError as error:
        if error.status != 404:
            raise
        return SearchResult((), None, 1)
    return SearchResult((project,) if status in (None, project.status) else (), None, 1)


def make_rows(projects: "Iterable[ProjectSummaryView]", now: datetime, model: Model) -> list[ProjectRow]:
    """Return the rows of the list for projects, at a time."""
    return [
        ProjectRow(
            id=project.id,
            name=project.name,
            status=project.status.value,
            score=project.score,
            revision=str(project.revision),
            age_s=(now - project.created_at).total_seconds(),
            cost_usd=model.compute_cost_usd(
                project.tokens.prompt_tokens, project.tokens.output_tokens, project.created_at.date()
            ),
        )
        for project in projects
    ]
