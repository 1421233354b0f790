"""Engines are found while their process lives, and forgotten when it has ended in any way."""

import subprocess
import sys
from pathlib import Path

from agenticai.emulator.running import curl_settings, list_running_engines, read_control_token, register_engine

NOTE = """
import sys
from pathlib import Path
from agenticai.emulator.running import register_engine
with register_engine(Path(sys.argv[1]), sys.argv[2]):
    print("noted", flush=True)
    sys.stdin.read()
"""


def start(home: Path, address: str) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-c", NOTE, str(home), address], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "noted\n"
    return process


def test_there_may_be_none(tmp_path: Path) -> None:
    assert list_running_engines(tmp_path) == ()


def test_one_is_found_while_its_block_lasts(tmp_path: Path) -> None:
    with register_engine(tmp_path, "http://127.0.0.1:1"):
        assert list_running_engines(tmp_path) == ("http://127.0.0.1:1",)
    assert list_running_engines(tmp_path) == ()


def test_what_its_control_api_asks_for_is_told_to_nobody_else(tmp_path: Path) -> None:
    with register_engine(tmp_path, "http://127.0.0.1:1", "secret"), start(tmp_path, "http://127.0.0.1:2") as other:
        assert read_control_token(tmp_path, "http://127.0.0.1:1") == "secret"
        assert read_control_token(tmp_path, "http://127.0.0.1:2") is None
        assert read_control_token(tmp_path, "http://127.0.0.1:3") is None
        assert {note.stat().st_mode & 0o777 for note in (tmp_path / "engines").iterdir()} == {0o600}
        other.communicate("")


def test_the_token_is_found_by_every_name_of_the_engine(tmp_path: Path) -> None:
    with register_engine(tmp_path, "http://127.0.0.1:4566", "secret", ["engine"]):
        assert read_control_token(tmp_path, "http://engine:4566") == "secret"
        assert read_control_token(tmp_path, "http://engine:4567") is None
        assert read_control_token(tmp_path, "http://other:4566") is None


def test_others_are_found_and_one_that_was_killed_is_forgotten(tmp_path: Path) -> None:
    with start(tmp_path, "http://127.0.0.1:1") as first, start(tmp_path, "http://127.0.0.1:2") as second:
        assert sorted(list_running_engines(tmp_path)) == ["http://127.0.0.1:1", "http://127.0.0.1:2"]
        first.kill()
        first.wait()
        assert list_running_engines(tmp_path) == ("http://127.0.0.1:2",)
        second.communicate("")
    assert list_running_engines(tmp_path) == ()
    assert list((tmp_path / "engines").iterdir()) == []


def test_what_is_no_note_is_passed_over(tmp_path: Path) -> None:
    folder = tmp_path / "engines"
    folder.mkdir()
    (folder / "1.json").write_text("not JSON")
    (folder / "2.json").mkdir()
    assert list_running_engines(tmp_path) == ()


def test_a_token_for_curl_is_its_owners_alone_and_gone_with_its_block(tmp_path: Path) -> None:
    with curl_settings(tmp_path / "state", "token-1") as settings:
        assert settings.read_text() == 'header = "Authorization: Bearer token-1"\n'
        assert settings.stat().st_mode & 0o777 == 0o600
        assert settings.parent.stat().st_mode & 0o777 == 0o700
    assert not settings.exists()


def test_a_token_for_curl_is_removed_with_the_note_of_who_was_killed(tmp_path: Path) -> None:
    with start(tmp_path, "http://127.0.0.1:1") as killed:
        settings = tmp_path / "engines" / f"{killed.pid}.curl"
        settings.touch()
        assert list_running_engines(tmp_path) == ("http://127.0.0.1:1",)
        assert settings.exists()
        killed.kill()
    assert list_running_engines(tmp_path) == ()
    assert not settings.exists()
