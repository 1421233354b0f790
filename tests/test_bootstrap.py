"""The set-up reports faults in one sentence, on any Python, and does not change installed packages."""

import ast
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from uv import find_uv_bin

import bootstrap
from agenticai.stack.installer import _list_cache_options

ROOT = Path(__file__).parents[1]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Return a folder with what the set-up reads, in which nothing is installed."""
    for name in ("bootstrap.py", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def begun(clone: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, clone / "bootstrap.py"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_an_old_python_gets_a_sentence() -> None:
    with pytest.raises(bootstrap.SetupError, match=r"needs Python 3\.11 or later, and .* is 3\.9\.18: install one"):
        bootstrap.main("", (3, 9, 18))


def test_it_parses_on_pythons_that_it_turns_away() -> None:
    ast.parse((ROOT / "bootstrap.py").read_text("utf-8"), feature_version=(3, 7))


def test_what_must_be_installed_depends_on_the_lock_and_the_extras() -> None:
    assert bootstrap.wanted("") < bootstrap.wanted("dev")
    assert len(bootstrap.wanted("dev,dashboard")) == 3


def test_uv_is_pinned_by_the_lock() -> None:
    name, version = bootstrap.locked("uv").split("==")
    assert name == "uv"
    assert version


def test_the_lock_names_no_registry() -> None:
    text = (ROOT / "requirements.lock").read_text("utf-8")
    assert "://" not in text
    assert "--index" not in text


def test_what_keeps_venv_from_its_work_is_told(clone: Path) -> None:
    (clone / ".venv").write_text("in the way")
    with begun(clone) as process:
        _, said = process.communicate(timeout=300)
    assert process.returncode == 1
    assert "Unable to create directory" in said
    assert "apt install python3-venv" in said
    assert "Traceback" not in said


@pytest.mark.usefixtures("interruptible")
def test_a_set_up_waits_for_another_and_an_interrupt_is_one_sentence(clone: Path) -> None:
    with bootstrap.alone(clone / "bootstrap.py"), begun(clone) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "Another make is setting up; waiting ...\n"
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=300)
    assert (process.returncode, said) == (130, "interrupted; run it again to finish the set-up\n")


def test_the_next_set_up_begins_when_the_one_before_ends(clone: Path) -> None:
    (clone / ".venv").write_text("in the way")
    with bootstrap.alone(clone / "bootstrap.py"):
        process = begun(clone)
        assert process.stdout is not None
        assert "waiting" in process.stdout.readline()
    said, _ = process.communicate(timeout=300)
    assert "Creating .venv" in said


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["error: No", "warning: x", "error: Failed", "cause: No space left", "hint: y"], "Failed: No space left"),
        (["ERROR: Could not find it", "ERROR: No such version", "[notice] A new release"], "No such version"),
        (["cause: of nothing", "Killed"], "Killed"),
        ([], "nothing"),
    ],
)
def test_the_last_error_is_told_with_its_causes(lines: list[str], said: str) -> None:
    assert bootstrap.complaint(lines) == said


def test_a_failure_is_told_in_the_installers_own_last_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "setup.log"
    log.write_bytes(b"Resolving ...\nerror: No space left on device \xff\n\n")
    monkeypatch.setattr(bootstrap, "LOG", str(log))
    assert "The last that the installer said is: No space left on device \ufffd\n" in bootstrap.no_packages()
    monkeypatch.setattr(bootstrap, "LOG", str(tmp_path / "none"))
    assert "No such file or directory" in bootstrap.no_packages()


@pytest.mark.parametrize(("folder", "options"), [("cache", []), ("file/cache", ["--no-cache"])])
def test_a_cache_that_cannot_be_written_is_done_without(
    folder: str, options: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch(mode=0o600)
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / folder))
    assert bootstrap.cache_options() == options
    assert _list_cache_options(find_uv_bin(), os.environ) == options


def test_a_path_with_other_letters_is_not_written_where_python_reads_ascii(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "pröjekt"
    packages = root / ".venv" / "lib" / "python3.11" / "site-packages"
    packages.mkdir(parents=True)
    (packages / "_agenticai.pth").write_text(f"{root}\n{root}/handlers", encoding="utf-8")
    monkeypatch.setattr(bootstrap, "VENV", str(root / ".venv"))
    for _ in range(2):
        bootstrap.make_links_relative()
        assert (packages / "_agenticai.pth").read_bytes() == b"../../../..\n../../../../handlers"
