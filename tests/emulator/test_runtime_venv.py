"""The functions' interpreter: created once, or refused in one sentence."""

import os
from pathlib import Path

import pytest

from agenticai.emulator.core.errors import RuntimeUnavailable
from agenticai.emulator.engines.runtime_venv import LOCK, ensure_runtime_python, name_venv


def test_no_network_is_one_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    offline = dict(os.environ) | {"UV_OFFLINE": "1", "UV_CACHE_DIR": str(tmp_path / "cache")}
    told: list[str] = []
    with pytest.raises(RuntimeUnavailable, match=r"could not be installed: .*If that is the network"):
        ensure_runtime_python(tmp_path / "home", environ=offline, on_progress=told.append)
    assert len(told) == 1
    assert list((tmp_path / "home" / "runtime").iterdir()) == []


def test_another_lock_file_is_another_interpreter(tmp_path: Path) -> None:
    there = tmp_path / "runtime" / name_venv(LOCK) / "bin" / "python"
    there.parent.mkdir(parents=True)
    there.touch()
    offline = dict(os.environ) | {"UV_OFFLINE": "1", "UV_CACHE_DIR": str(tmp_path / "cache")}
    assert ensure_runtime_python(tmp_path, environ=offline, on_progress=pytest.fail) == there
    other = tmp_path / "requirements.lock"
    other.write_text("boto3==1.0.0\n")
    with pytest.raises(RuntimeUnavailable):
        ensure_runtime_python(tmp_path, environ=offline, on_progress=lambda _: None, lock=other)
