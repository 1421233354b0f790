"""A download replaces its folder as a whole, follows no links, and writes only safe paths."""

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest

from agenticai.client.download import download
from agenticai.client.errors import ApiError, FolderError
from agenticai.client.folder import MARKER, check_folder
from shared.models.views import DeploymentView
from tests.fakes.files_api import FilesApi
from tests.fakes.replayed import PROJECT_ID

UNSAFE = {
    "../up.py": "segment",
    "/etc/absolute.py": "absolute",
    "a/../../b.py": "segment",
    "C:/windows.py": "drive",
    "C:drive.py": "drive",
    "back\\slash.py": "drive",
    "\\\\server\\share.py": "drive",
    "stream.py:ads": "drive",
    "CON": "reserves",
    "src/nul": "reserves",
    "aux.txt": "reserves",
    "dot./a.py": "dot",
    "space /a.py": "space",
    "trailing.py.": "dot",
    "bell\x07.py": "control",
    "zero\0.py": "control",
    "esc\x1b[2J.py": "control",
    "x" * 256: "longer",
    "MAIN.py": "named twice",
    "cafe\u0301.py": "normal form",
    "\ufb01le.py": "named twice",
    "main.py/below.py": "needs a folder",
    "src": "needs a folder",
    "~/.ssh/config": "~",
    ".git/hooks/pre-commit": ".git",
}
SAFE = {"main.py": b"1", "src/a.py": b"2", "file.py": b"3", "src/b.py": b"4"}


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder, except the marker."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != MARKER]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_each_unsafe_path_is_refused_by_name_and_the_rest_is_written(tmp_path: Path) -> None:
    got = download(FilesApi(SAFE | dict.fromkeys(UNSAFE, b"evil")), PROJECT_ID, tmp_path / "out")
    assert contents(tmp_path) == {f"out/code/{path}": content for path, content in SAFE.items()}
    assert got.files == tuple(SAFE)
    assert len(got.refused) == len(UNSAFE)
    for reason, (path, word) in zip(got.refused, UNSAFE.items(), strict=True):
        assert word in reason
        assert reason.isprintable()
        assert ascii(path)[1:20] in reason


def test_a_package_is_written_beside_the_code_and_what_is_not_whole_changes_nothing(tmp_path: Path) -> None:
    stored: dict[str, Any] = {"package_url": "package", "package_sha256": hashlib.sha256(b"zip").hexdigest()}
    deployment = DeploymentView.model_construct(**stored, template_url="template", instructions_url=None)
    api = FilesApi({"a.py": b"1"}, [deployment], {"package": b"zip", "template": b"yaml"})
    got = download(api, PROJECT_ID, tmp_path / "out")
    assert (got.package, got.template, got.instructions) == (
        tmp_path / "out" / "package.zip",
        tmp_path / "out" / "template.yaml",
        None,
    )
    before = {"code/a.py": b"1", "package.zip": b"zip", "template.yaml": b"yaml"}
    assert contents(tmp_path / "out") == before
    with pytest.raises(ApiError, match="arrived damaged"):
        download(FilesApi({"b.py": b"2"}, [deployment], {"package": b"cut"}), PROJECT_ID, tmp_path / "out")
    assert contents(tmp_path / "out") == before
    download(FilesApi({"b.py": b"2"}), PROJECT_ID, tmp_path / "out")
    assert contents(tmp_path / "out") == {"code/b.py": b"2"}, "nothing of the download before stays"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("link", ["out", "out/code", "out/code/a.py", "out/code/src", "out/code/src/a.py"])
@pytest.mark.parametrize("dangling", [False, True])
def test_a_link_that_is_already_there_is_refused_and_not_followed(link: str, dangling: bool, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    target = elsewhere / ("missing" if dangling else "a.py" if link.endswith(".py") else "")
    elsewhere.mkdir()
    (elsewhere / "a.py").write_bytes(b"mine")
    (tmp_path / link).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / link).symlink_to(target)
    with pytest.raises(FolderError, match=r"link|not a file"):
        check_folder(tmp_path / "out")
    with pytest.raises(FolderError, match=r"link|not a file"):
        download(FilesApi({"a.py": b"1", "src/a.py": b"2"}), PROJECT_ID, tmp_path / "out")
    assert contents(elsewhere) == {"a.py": b"mine"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["elsewhere", "out"]


@pytest.mark.parametrize("link", ["code", "code/a.py", MARKER])
def test_a_link_in_the_place_of_what_was_downloaded_is_refused(link: str, tmp_path: Path) -> None:
    download(FilesApi({"a.py": b"1"}), PROJECT_ID, tmp_path / "out")
    (tmp_path / "out" / link).rename(tmp_path / "moved")
    (tmp_path / "out" / link).symlink_to(tmp_path / "moved")
    before = contents(tmp_path / "moved") if (tmp_path / "moved").is_dir() else (tmp_path / "moved").read_bytes()
    with pytest.raises(FolderError, match="would be lost"):
        download(FilesApi({"a.py": b"2"}), PROJECT_ID, tmp_path / "out")
    after = contents(tmp_path / "moved") if (tmp_path / "moved").is_dir() else (tmp_path / "moved").read_bytes()
    assert after == before


def test_a_hard_link_elsewhere_keeps_its_content(tmp_path: Path) -> None:
    download(FilesApi({"a.py": b"1"}), PROJECT_ID, tmp_path / "out")
    os.link(tmp_path / "out" / "code" / "a.py", tmp_path / "same.py")
    download(FilesApi({"a.py": b"2"}), PROJECT_ID, tmp_path / "out")
    assert (tmp_path / "same.py").read_bytes() == b"1"


@pytest.mark.parametrize(
    ("path", "content", "fault"),
    [
        ("code/notes.txt", b"mine", "was not downloaded"),
        ("notes.txt", b"mine", "was not downloaded"),
        ("code/a.py", b"edited", "was changed since it was downloaded"),
    ],
)
def test_what_a_person_put_or_changed_there_is_named_and_kept(
    path: str, content: bytes, fault: str, tmp_path: Path
) -> None:
    download(FilesApi({"a.py": b"1"}), PROJECT_ID, tmp_path / "out")
    (tmp_path / "out" / path).write_bytes(content)
    with pytest.raises(FolderError) as refused:
        download(FilesApi({"a.py": b"2"}), PROJECT_ID, tmp_path / "out")
    assert str(refused.value).startswith(f"{tmp_path}/out/{path} {fault}, and would be lost: move ")
    assert (tmp_path / "out" / path).read_bytes() == content


@pytest.mark.parametrize("marker", [None, b"", b"[]", b'{"files": 5}', b'{"files": {"code/a.py": "0"}}', b"\xff"])
def test_a_folder_without_a_marker_of_ours_is_kept(marker: bytes | None, tmp_path: Path) -> None:
    (tmp_path / "out" / "code").mkdir(parents=True)
    (tmp_path / "out" / "code" / "a.py").write_bytes(b"mine")
    if marker is not None:
        (tmp_path / "out" / MARKER).write_bytes(marker)
    with pytest.raises(FolderError, match="would be lost"):
        download(FilesApi({"a.py": b"2"}), PROJECT_ID, tmp_path / "out")
    assert (tmp_path / "out" / "code" / "a.py").read_bytes() == b"mine"


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    download(FilesApi({"a.py": b"1"}), PROJECT_ID, tmp_path / "out")
    (tmp_path / "out" / "code" / "a.py").unlink()
    os.mkfifo(tmp_path / "out" / "code" / "a.py")
    with pytest.raises(FolderError, match="is not a file"):
        download(FilesApi({"a.py": b"2"}), PROJECT_ID, tmp_path / "out")


def test_what_python_compiled_when_the_code_was_tried_out_is_replaced(tmp_path: Path) -> None:
    download(FilesApi({"a.py": b"1"}), PROJECT_ID, tmp_path / "out")
    (tmp_path / "out" / "code" / "__pycache__").mkdir()
    (tmp_path / "out" / "code" / "__pycache__" / "a.cpython-311.pyc").touch()
    download(FilesApi({"a.py": b"2"}), PROJECT_ID, tmp_path / "out")
    assert contents(tmp_path / "out") == {"code/a.py": b"2"}


def test_an_empty_folder_is_replaced_and_one_that_is_reached_by_a_link_is_reached(tmp_path: Path) -> None:
    (tmp_path / "real" / "project").mkdir(parents=True)
    (tmp_path / "chosen").symlink_to(tmp_path / "real")
    download(FilesApi({"a.py": b"1"}), PROJECT_ID, tmp_path / "chosen" / "project")
    assert contents(tmp_path / "real" / "project") == {"code/a.py": b"1"}
