"""The target folder is checked first, and a failed write is reported in one sentence."""

import os
from pathlib import Path

import pytest

from agenticai.client.errors import FolderError
from agenticai.client.folder import check_creatable, check_folder, convert_write_errors, replace_folder


def test_a_folder_that_is_there_or_can_be_made_will_do_and_is_not_made(tmp_path: Path) -> None:
    check_folder(tmp_path)
    check_folder(tmp_path / "a" / "b")
    check_folder(Path("no-such-folder") / "code")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("below", ["", "a/b"])
def test_a_file_is_no_folder(below: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FolderError, match=r"/file is not a folder: name one with --out"):
        check_folder(tmp_path / "file" / below)


def test_a_folder_that_may_not_be_written_to_is_refused(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write anywhere")
    tmp_path.chmod(0o500)
    with pytest.raises(FolderError, match="You may not write to"):
        check_folder(tmp_path / "a")


def test_a_write_that_fails_names_its_file(tmp_path: Path) -> None:
    with (
        pytest.raises(FolderError, match=rf"{tmp_path} could not be written: Is a directory\."),
        convert_write_errors(tmp_path),
    ):
        tmp_path.write_bytes(b"")


def test_a_name_that_is_too_long_is_one_sentence(tmp_path: Path) -> None:
    check_folder(tmp_path / ("x" * 300))
    with (
        pytest.raises(FolderError, match="could not be written: File name too long"),
        replace_folder(tmp_path / ("x" * 300)),
    ):
        pass


def test_a_place_for_folders_may_hold_others(tmp_path: Path) -> None:
    (tmp_path / "theirs").touch()
    check_creatable(tmp_path)
    with pytest.raises(FolderError, match=r"theirs was not downloaded, and would be lost"):
        check_folder(tmp_path)
