"""An API with one project that has the given files, and optionally a package."""

import hashlib
from collections.abc import Mapping, Sequence

from agenticai.client.api import ProjectsApi
from shared.models.events import TimelineEvent
from shared.models.project import Revision
from shared.models.views import DeploymentView, FileView, ProjectView
from tests.fakes.replayed import EVENTS, VIEW


class FilesApi(ProjectsApi):
    """Returns these files (content by path), deployments, and downloads by address."""

    def __init__(
        self,
        files: Mapping[str, bytes],
        deployments: Sequence[DeploymentView] = (),
        downloads: Mapping[str, bytes] | None = None,
    ) -> None:
        self._files = files
        self._deployments = deployments
        self._downloads = downloads or {}

    def get(self, project_id: str) -> ProjectView:
        return VIEW

    def list_events(self, project_id: str) -> list[TimelineEvent]:
        return list(EVENTS)

    def list_files(self, project_id: str) -> list[FileView]:
        return [
            FileView.model_construct(
                path=path,
                language="python",
                size=len(content),
                sha256=hashlib.sha256(content).hexdigest(),
                revision=Revision(build=1),
            )
            for path, content in self._files.items()
        ]

    def read_file(self, project_id: str, path: str) -> bytes:
        return self._files[path]

    def list_deployments(self, project_id: str) -> list[DeploymentView]:
        return list(self._deployments)

    def download(self, url: str) -> bytes:
        return self._downloads[url]
