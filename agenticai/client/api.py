"""The typed client of a deployed stack's API."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from ipaddress import ip_address
from typing import Any, Final, TypeVar
from urllib.parse import quote, urlsplit

import httpx2
from pydantic import TypeAdapter, ValidationError

from agenticai.client.errors import ApiError
from agenticai.stack.waiting import Pause, pause
from shared.models.events import TimelineEvent
from shared.models.plan import Plan
from shared.models.quality import QualityReport
from shared.models.template import Template, TemplateSummary
from shared.models.views import (
    ArchiveView,
    DeploymentPage,
    DeploymentView,
    EventPage,
    FilePage,
    FileView,
    Page,
    ProjectPage,
    ProjectSummaryView,
    ProjectView,
    TemplatePage,
    TestPage,
    TestView,
)
from shared.models.workflow import ProjectStatus

T = TypeVar("T")
TIMEOUT_SECONDS = 35.0
"""Longer than the 29 seconds after which API Gateway gives up."""

REPEATED: Final = frozenset({429, 500, 502, 503, 504})
"""Statuses for which a request is retried: a function that crashed, a throttled service."""

LONGEST_PAGE: Final = 1000
"""The number of items on a page; few lists are longer, so one request reads most of them."""

MOST_PROJECTS: Final = 100
"""The maximum number of projects on one page."""

PAUSES: Final = (0.1, 0.2, 0.4, 0.8)
"""The pauses in seconds before each retry."""


def _make_key() -> str:
    return str(uuid.uuid4())


class ProjectsApi(AbstractContextManager["ProjectsApi"]):
    """A client of the API at `url` with a token; every method raises `ApiError`.

    A request that fails on the server is retried; a POST with the same Idempotency-Key, so that it is applied once.
    """

    def __init__(
        self,
        url: str,
        token: str,
        *,
        emulator_url: str = "",
        wait: Pause = pause,
        new_key: Callable[[], str] = _make_key,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        self._http = httpx2.Client(
            base_url=url, headers=headers, timeout=TIMEOUT_SECONDS, transport=transport, trust_env=not _is_local(url)
        )
        self._emulator_url = emulator_url
        self._wait = wait
        self._new_key = new_key

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def check_health(self) -> None:
        """Ask the API to check everything that it depends on; the error names what does not answer."""
        self._request("GET", "/health/deep")

    def create(self, name: str, requirements: str | None, template: str | None = None) -> ProjectView:
        """Create a project from requirements, a template, or both."""
        fields = {"name": name, "requirements": requirements, "template": template}
        body = {field: value for field, value in fields.items() if value is not None}
        return self._parse(ProjectView, "POST", "/api/projects", json=body)

    def list_templates(self) -> list[TemplateSummary]:
        """List the templates that a project can begin from."""
        return self._list_all(TemplatePage, "/api/templates")

    def get_template(self, template_id: str) -> Template:
        """Return a template, with its requirements."""
        return self._parse(Template, "GET", f"/api/templates/{quote(template_id, safe='')}")

    def list_projects(
        self, limit: int = 20, cursor: str | None = None, status: ProjectStatus | None = None
    ) -> ProjectPage:
        """Return one page of projects, or of those with a status, newest first."""
        options = {"limit": limit, "cursor": cursor, "status": status and status.value}
        params = {name: value for name, value in options.items() if value is not None}
        return self._parse(ProjectPage, "GET", "/api/projects", params=params)

    def get(self, project_id: str) -> ProjectView:
        """Return a project."""
        return self._parse(ProjectView, "GET", _make_path(project_id))

    def delete(self, project_id: str) -> None:
        """Delete a project with its items and objects."""
        self._request("DELETE", _make_path(project_id))

    def modify(self, project_id: str, requirements: str) -> ProjectView:
        """Request a change of a finished project."""
        return self._parse(ProjectView, "POST", f"{_make_path(project_id)}/modify", json={"requirements": requirements})

    def deploy(self, project_id: str, *, unproven: bool = False) -> ProjectView:
        """Request that a finished project is packaged again; with `unproven` even if the test of its package fails."""
        params = {"unproven": "true"} if unproven else {}
        return self._parse(ProjectView, "POST", f"{_make_path(project_id)}/deploy", params=params)

    def retry(self, project_id: str) -> ProjectView:
        """Request that the failed or stuck step is retried."""
        return self._parse(ProjectView, "POST", f"{_make_path(project_id)}/retry")

    def archive(self, project_id: str) -> ArchiveView:
        """Return the URL of a zip of all of a project's files."""
        return self._parse(ArchiveView, "GET", f"{_make_path(project_id)}/archive")

    def get_plan(self, project_id: str) -> Plan:
        """Return the plan of its current build."""
        return self._parse(Plan, "GET", f"{_make_path(project_id)}/plan")

    def list_files(self, project_id: str) -> list[FileView]:
        """List a project's files, by path."""
        return self._list_all(FilePage, f"{_make_path(project_id)}/files")

    def read_file(self, project_id: str, path: str) -> bytes:
        """Return the content of a file."""
        return self._request("GET", f"{_make_path(project_id)}/files/{quote(path)}").content

    def list_tests(self, project_id: str) -> list[TestView]:
        """List a project's tests, oldest first."""
        return self._list_all(TestPage, f"{_make_path(project_id)}/tests")

    def list_deployments(self, project_id: str) -> list[DeploymentView]:
        """List a project's packaged revisions, oldest first."""
        return self._list_all(DeploymentPage, f"{_make_path(project_id)}/deployments")

    def list_events(self, project_id: str) -> list[TimelineEvent]:
        """List the events of a project's timeline, oldest first."""
        return self._list_all(EventPage, f"{_make_path(project_id)}/events")

    def read_report(self, test: TestView) -> QualityReport:
        """Return the report of a finished test."""
        return TypeAdapter(QualityReport).validate_json(self.download(str(test.report_url)))

    def download(self, url: str) -> bytes:
        """Return the content at a URL that the API returned; such URLs are pre-signed.

        An emulator is asked at the address that is known here: its functions may know it by a name that does not
        resolve here.
        """
        signed_url = httpx2.URL(url)
        origin = httpx2.URL(self._emulator_url) if self._emulator_url else signed_url
        request_url = signed_url.copy_with(scheme=origin.scheme, host=origin.host, port=origin.port)
        headers = {"Host": signed_url.netloc.decode("ascii")}  # as it was signed
        try:
            response = httpx2.get(
                request_url, headers=headers, timeout=TIMEOUT_SECONDS, trust_env=not _is_local(str(request_url))
            )
            return response.raise_for_status().content
        except httpx2.HTTPError as error:
            raise ApiError(f"The download failed ({error}); ask again for a fresh address.") from error

    def _list_all(self, model: type[Page[T]], path: str) -> list[T]:
        """Return all items of a list, from all of its pages."""
        page = self._parse(model, "GET", path, params={"limit": LONGEST_PAGE})
        items = [*page.items]
        while page.next is not None:
            page = self._parse(model, "GET", path, params={"limit": LONGEST_PAGE, "cursor": page.next})
            items += page.items
        return items

    def _parse(self, model: type[T], method: str, path: str, **request: Any) -> T:
        content = self._request(method, path, **request).content
        try:
            return TypeAdapter(model).validate_json(content)
        except ValidationError as error:
            raise ApiError(f"{method} {path} did not answer as this version expects: {error}") from error

    def _request(self, method: str, path: str, **request: Any) -> httpx2.Response:
        headers = {"Idempotency-Key": self._new_key()} if method == "POST" else {}
        response = self._send(method, path, headers=headers, **request)
        for seconds in PAUSES:
            if response.status_code not in REPEATED:
                break
            self._wait(seconds)
            response = self._send(method, path, headers=headers, **request)
            if method == "DELETE" and response.status_code == httpx2.codes.NOT_FOUND:
                return response  # a previous attempt has deleted it
        if response.is_success:
            return response
        if response.is_client_error:
            raise ApiError(
                f"The API refused this ({response.status_code}): {_read_reason(response)}", response.status_code
            )
        raise ApiError(
            f"{method} {path} was answered with {response.status_code}: {_read_reason(response)}", response.status_code
        )

    def _send(self, method: str, path: str, **request: Any) -> httpx2.Response:
        try:
            return self._http.request(method, path, **request)
        except httpx2.HTTPError as error:
            raise ApiError(
                f"The API at {self._http.base_url} does not answer ({error}): is the stack still up? An engine that was"
                " stopped has lost its projects."
            ) from error


def list_all_projects(api: ProjectsApi) -> Iterator[ProjectSummaryView]:
    """Yield every project, the newest first. Raises `ApiError`."""
    page = api.list_projects(MOST_PROJECTS)
    yield from page.items
    while page.next is not None:
        page = api.list_projects(MOST_PROJECTS, page.next)
        yield from page.items


def _make_path(project_id: str) -> str:
    return f"/api/projects/{quote(project_id, safe='')}"


def _is_local(url: str) -> bool:
    """Return whether an address is on this machine, where no proxy is used."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _read_reason(response: httpx2.Response) -> str:
    """Return the message of a problem document (RFC 9457), or API Gateway's own message, or the body as it is."""
    try:
        document = response.json()
        if faults := document.get("errors"):
            return "; ".join(map(_describe_fault, faults)) + "."
        return str(document.get("detail") or document["message"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return response.text[:200]


def _describe_fault(fault: dict[str, str]) -> str:
    """Return a fault of a request as a sentence: the pointer /name and a reason become "the name should have …"."""
    field = " ".join((fault.get("pointer") or fault.get("parameter") or "request").strip("/").split("/"))
    reason = fault["detail"].removeprefix("String ").removeprefix("Value ")
    return f"the {field}{'' if reason.startswith(('should', 'must')) else ':'} {reason}"
