"""A project's code and deployment package, written below a folder."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from agenticai.client.api import ProjectsApi
from agenticai.client.errors import ApiError
from agenticai.client.folder import written
from shared.models.views import DeploymentView
from shared.paths import UnsafePath, check_paths


@dataclass(frozen=True)
class Downloaded:
    """Where a project's things are on disk; no package if it has none yet."""

    code: Path
    files: tuple[str, ...]
    package: Path | None
    template: Path | None
    instructions: Path | None


def download(api: ProjectsApi, project_id: str, folder: Path) -> Downloaded:
    """Write the files to `folder/code`, and the newest package with what goes with it beside that.

    Nothing is written if a path is unsafe, or if what arrives is not what the project's items name. Raises `ApiError`,
    and `FolderError` if a file cannot be written.
    """
    listed = api.files(project_id)
    try:
        check_paths([file.path for file in listed])
    except UnsafePath as error:
        raise ApiError(f"The project's files were not written: {error}.") from error
    contents = {file.path: _whole(api.file(project_id, file.path), file.sha256, file.path) for file in listed}
    with written(folder / "code"):
        (folder / "code").mkdir(parents=True, exist_ok=True)
    for path, content in contents.items():
        _write(folder / "code" / path, content)
    packaged = [deployment for deployment in api.deployments(project_id) if deployment.package_url]
    newest = packaged[-1] if packaged else None
    return Downloaded(folder / "code", tuple(contents), *_package(api, newest, folder))


def _package(
    api: ProjectsApi, deployment: DeploymentView | None, folder: Path
) -> tuple[Path | None, Path | None, Path | None]:
    if deployment is None:
        return None, None, None
    package = _whole(api.download(str(deployment.package_url)), str(deployment.package_sha256), "package.zip")
    extras = {"template.yaml": deployment.template_url, "DEPLOY.md": deployment.instructions_url}
    template, instructions = (_write(folder / name, api.download(url)) if url else None for name, url in extras.items())
    return _write(folder / "package.zip", package), template, instructions


def _whole(content: bytes, sha256: str, name: str) -> bytes:
    if hashlib.sha256(content).hexdigest() != sha256:
        raise ApiError(f"{name} arrived damaged; download the project again.")
    return content


def _write(path: Path, content: bytes) -> Path:
    with written(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return path
