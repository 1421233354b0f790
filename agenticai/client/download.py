"""Downloads a project's code and deployment package to a folder."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from agenticai.client.api import ProjectsApi
from agenticai.client.errors import ApiError
from agenticai.client.folder import convert_write_errors, replace_folder
from shared.models.views import DeploymentView
from shared.paths import accept_paths


@dataclass(frozen=True)
class DownloadedProject:
    """Where a project was written; `package`, `template` and `instructions` are None if it has none.

    `refused` names each file that was not written, with the reason.
    """

    code: Path
    files: tuple[str, ...]
    refused: tuple[str, ...]
    package: Path | None
    template: Path | None
    instructions: Path | None


def download(api: ProjectsApi, project_id: str, folder: Path) -> DownloadedProject:
    """Write the files to `folder/code`, and the latest package with its template and instructions next to that.

    The folder is replaced as a whole, without anything from an earlier download. A file with an unsafe path is refused,
    the others are written. Nothing is changed if the downloaded content does not match the project's items. Raises
    `ApiError`, and `FolderError` if the folder cannot be written, or contains anything that was not downloaded to it.
    """
    hashes = {file.path: file.sha256 for file in api.list_files(project_id)}
    accepted, refused = accept_paths(hashes)
    contents = {path: _check_whole(api.read_file(project_id, path), hashes[path], path) for path in accepted}
    packaged = [deployment for deployment in api.list_deployments(project_id) if deployment.package_url]
    extras = _download_package(api, packaged[-1]) if packaged else {}
    with replace_folder(folder) as new_folder:
        (new_folder / "code").mkdir()
        for path, content in contents.items():
            _write(new_folder / "code" / path, content)
        for name, content in extras.items():
            _write(new_folder / name, content)
    extra_paths = (folder / name if name in extras else None for name in ("package.zip", "template.yaml", "DEPLOY.md"))
    return DownloadedProject(folder / "code", tuple(accepted), tuple(refused), *extra_paths)


def _download_package(api: ProjectsApi, deployment: DeploymentView) -> dict[str, bytes]:
    """Return the package, its template and its instructions, by file name."""
    package = _check_whole(api.download(str(deployment.package_url)), str(deployment.package_sha256), "package.zip")
    extras = {"template.yaml": deployment.template_url, "DEPLOY.md": deployment.instructions_url}
    return {"package.zip": package, **{name: api.download(url) for name, url in extras.items() if url}}


def _check_whole(content: bytes, sha256: str, name: str) -> bytes:
    if hashlib.sha256(content).hexdigest() != sha256:
        raise ApiError(f"{name} arrived damaged; download the project again.")
    return content


def _write(path: Path, content: bytes) -> None:
    with convert_write_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
