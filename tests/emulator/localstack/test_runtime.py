"""LocalStack's runtime is installed once, or refused in one sentence; an interrupted installation is repeated."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from agenticai.emulator.core.errors import RuntimeUnavailable
from agenticai.emulator.engines.localstack.runtime import EXTENSIONS, LOCK, ensure_localstack_python, list_sources
from agenticai.stack.errors import BuildError

PLENTY = 10**12


class FakeUv:
    """Creates an environment with only a file as its interpreter; may fail with a message at a call."""

    def __init__(self, complaint: str = "", at: int = 1) -> None:
        self.calls: list[Sequence[str]] = []
        self._complaint = complaint
        self._at = at

    def __call__(self, arguments: Sequence[str], environ: Mapping[str, str]) -> str:
        self.calls.append(arguments)
        if self._complaint and len(self.calls) == self._at:
            raise BuildError(self._complaint)
        if arguments[0] == "venv":
            python = Path(arguments[-1]) / "bin" / "python"
            python.parent.mkdir(parents=True)
            python.touch()
        elif "--no-deps" in arguments:
            assert (Path(arguments[-1]) / "localstack_without_docker" / "executor.py").exists()
            assert os.access(arguments[-1], os.W_OK)
        return ""


def install(home: Path, uv: FakeUv, told: list[str], free: int = PLENTY) -> Path:
    return ensure_localstack_python(home, environ={}, on_progress=told.append, uv=uv, free_bytes=lambda _: free)


def test_it_is_installed_once_with_progress_and_our_extensions_in_it(tmp_path: Path) -> None:
    uv, told = FakeUv(), list[str]()
    python = install(tmp_path, uv, told)
    assert python.exists()
    assert python.is_relative_to(tmp_path / "localstack")
    assert [call[0] for call in uv.calls] == ["venv", "pip", "pip"]
    assert str(LOCK) in uv.calls[1]
    assert "--no-build-isolation" in uv.calls[2]
    assert told == ["Installing LocalStack's runtime (325 MB, once)"]
    assert install(tmp_path, uv, told) == python
    assert (len(uv.calls), len(told)) == (3, 1)


@pytest.mark.parametrize("at", [1, 2, 3])
def test_what_was_cut_short_leaves_nothing_and_is_made_anew(tmp_path: Path, at: int) -> None:
    with pytest.raises(RuntimeUnavailable, match=r"could not be installed: no network\. If that is the network"):
        install(tmp_path, FakeUv("no network", at), [])
    assert list((tmp_path / "localstack").iterdir()) == []
    assert install(tmp_path, FakeUv(), []).exists()


def test_a_disk_that_fills_up_meanwhile_is_not_taken_for_the_network(tmp_path: Path) -> None:
    full = "failed to copy file: No space left on device (os error 28)"
    with pytest.raises(RuntimeUnavailable, match=r"os error 28\)\. Make room on that disk; then run"):
        install(tmp_path, FakeUv(full, 2), [])


def test_a_full_disk_is_said_before_anything_is_downloaded(tmp_path: Path) -> None:
    uv = FakeUv()
    with pytest.raises(RuntimeUnavailable, match=r"needs 700 MB in .*localstack, which has 1 MB left: free some space"):
        install(tmp_path, uv, [], free=2**20)
    assert uv.calls == []


def test_every_version_is_pinned_and_no_registry_is_named() -> None:
    lines = [line for line in LOCK.read_text().splitlines() if line and not line.startswith("#")]
    assert "localstack-core==4.13.1" in lines
    assert not [line for line in lines if "==" not in line or "//" in line or "--" in line]


def test_the_extensions_are_what_is_built() -> None:
    names = {str(path.relative_to(EXTENSIONS)) for path in list_sources(EXTENSIONS)}
    assert {"pyproject.toml", "README.md", "localstack_without_docker/lambda_node.mjs"} <= names
