"""The program as a process: errors that users can fix are one sentence, and internal errors leave a file."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from agenticai.crash import report_crash
from tests.forking import run_command

NOWHERE = ("--endpoint", "http://127.0.0.1:9")


def run(*arguments: str, cwd: Path, **environ: str) -> "subprocess.CompletedProcess[str]":
    """Run a command in a folder, without a terminal, and with only `environ` of our variables."""
    command = [sys.executable, "-m", "agenticai", *arguments]
    return subprocess.run(
        command, cwd=cwd, env=bare_environ(environ), capture_output=True, text=True, timeout=300, check=False
    )


def bare_environ(environ: Mapping[str, str]) -> dict[str, str]:
    return {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ} | dict(environ)


@pytest.mark.parametrize(
    ("arguments", "environ", "sentence"),
    [
        (["up"], {"AGENTICAI_PORT": "abc"}, "'--port' (env var: 'AGENTICAI_PORT')"),
        (["up", "--port", "65536"], {}, "--port"),
        (["status", "--endpoint", "http://[/nope]\x1b"], {}, "is not the address of an engine"),
        (["runs"], {"AGENTICAI_HOME": "/dev/null"}, "set AGENTICAI_HOME to another folder"),
        (["replay", "no-such"], {}, "There is no file no-such"),
        (["replay", "/dev/null"], {}, "/dev/null"),
        (["sweep", "greeting", "--only", "nonsense"], {}, "nonsense"),
        (["record", "greeting"], {}, "get a key at"),
        (["get", "last", "--out", "/dev/null/x"], {}, "/dev/null is not a folder"),
        (["get", "..", *NOWHERE], {}, "Nothing answers at http://127.0.0.1:9"),
        (["get", "x" * 5000, *NOWHERE], {}, "Nothing answers at http://127.0.0.1:9"),
        (["status", "--stage", "x\udcff"], {}, "is not a valid stage name: give one such as dev"),
        (["status"], {"AGENTICAI_STAGE": "a/b"}, "'a/b' is not a valid stage name"),
        (["new", "--template", "\udcff"], {}, "The template is not UTF-8"),
        (["new", "--file", "/"], {}, "/ cannot be read as text: Is a directory"),
        (["new", "Text.", "--file", "x"], {}, "not both"),
    ],
)
def test_what_a_person_can_mend_is_no_traceback(
    arguments: list[str], environ: Mapping[str, str], sentence: str, tmp_path: Path
) -> None:
    refused = run_command(*arguments, cwd=tmp_path, env=bare_environ(environ))
    assert refused.returncode in {1, 2}
    assert sentence in refused.stderr
    assert "Traceback" not in refused.stderr
    assert "\x1b" not in refused.stderr
    assert not list(tmp_path.glob("**/crashes"))


def test_a_scenario_in_another_encoding_is_named(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_bytes(b"name: caf\xe9\n")
    refused = run("replay", "mine.yaml", cwd=tmp_path)
    assert refused.returncode == 1
    assert refused.stderr.startswith("agenticai: mine.yaml")
    assert refused.stderr.count("\n") == 1


def test_a_folder_that_is_gone_is_one_sentence(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    script = 'cd "$1" && rmdir "$1" && exec "$2" -P -m agenticai runs'
    refused = subprocess.run(
        ["sh", "-c", script, "sh", str(gone), sys.executable], capture_output=True, text=True, timeout=300, check=False
    )
    assert refused.returncode == 1
    assert refused.stderr == "agenticai: The current folder no longer exists: change to another one.\n"


def test_a_fault_of_ours_is_one_sentence_and_a_traceback_in_a_file(tmp_path: Path) -> None:
    keys = {"GEMINI_API_KEY": "a-key-of-mine", "AWS_SECRET_ACCESS_KEY": "a/secret+of=mine"}
    try:
        json.loads("[")
        raise AssertionError
    except ValueError as error:
        error.add_note("It was asked with a-key-of-mine, a/secret+of=mine and ?signed=a%2Fsecret%2Bof%3Dmine.")
        told = report_crash(error, {"AGENTICAI_HOME": str(tmp_path / "state"), **keys})
    (file,) = (tmp_path / "state" / "crashes").iterdir()
    assert told.startswith("this is a fault of agenticai (JSONDecodeError): please report it with ")
    assert str(file) in told
    assert "Traceback" in file.read_text()
    assert file.read_text().endswith(
        "with [GEMINI_API_KEY], [AWS_SECRET_ACCESS_KEY] and ?signed=[AWS_SECRET_ACCESS_KEY].\n"
    )
    assert file.stat().st_mode & 0o077 == 0


def test_where_no_state_can_be_kept_the_file_is_a_temporary_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    told = report_crash(OSError(28, "No space left on device"), {"AGENTICAI_HOME": "/dev/null"})
    assert told.startswith(f"No space left on device; where that happened is in {tmp_path}")


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["runs"], ["runs", "--json"]])
def test_output_that_cannot_be_written_is_one_sentence(arguments: list[str], tmp_path: Path) -> None:
    lost = run_into("/dev/full", "1", *arguments, cwd=tmp_path)
    assert (lost.returncode, lost.stderr) == (
        1,
        "agenticai: standard output cannot be written: No space left on device.\n",
    )
    assert not list(tmp_path.glob("**/crashes"))


@pytest.mark.parametrize(("arguments", "status"), [(["replay", "no-such"], 1), (["no-such"], 2), (["--version"], 0)])
def test_a_status_holds_where_no_reason_can_be_written(arguments: list[str], status: int, tmp_path: Path) -> None:
    assert run_into("/dev/full", "2", *arguments, cwd=tmp_path).returncode == status


def run_into(file: str, stream: str, *arguments: str, cwd: Path) -> "subprocess.CompletedProcess[str]":
    """Run a command with one of its streams, by number, redirected to a file."""
    shell = ["sh", "-c", f'exec "$@" {stream}>{file}', "sh", sys.executable, "-m", "agenticai", *arguments]
    return subprocess.run(shell, cwd=cwd, capture_output=True, text=True, timeout=300, check=False)


def test_modules_of_the_working_folder_are_not_taken_for_others(tmp_path: Path) -> None:
    for name in ("pathlib", "json", "uuid", "yaml", "shared", "stack"):
        (tmp_path / f"{name}.py").write_text("raise RuntimeError('theirs')", encoding="utf-8")
    listed = run("runs", cwd=tmp_path)
    assert (listed.returncode, listed.stderr) == (0, "")
