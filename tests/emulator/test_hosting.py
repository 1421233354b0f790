"""How an engine is hosted: where it listens for containers, and the message if LocalStack is lost."""

import errno
import os
import socket
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from agenticai.emulator.core.errors import EngineError, PortTaken
from agenticai.emulator.hosting import listen_for_containers, report_lost_projects, share_secret


def ledger(*projects: str) -> Any:
    used = SimpleNamespace(projects=[SimpleNamespace(project_id=project) for project in projects])
    return cast("Any", SimpleNamespace(report_usage_by_project=lambda: used))


def test_projects_that_are_lost_are_named() -> None:
    told: list[str] = []
    report_lost_projects(ledger("A", "B"), told.append)("It ended.")
    report_lost_projects(ledger(), told.append)("It ended.")
    report_lost_projects(ledger(*map(str, range(22))), told.append)("It ended.")
    assert told[:2] == ["It ended. Lost projects: A, B.", "It ended."]
    assert told[2].endswith("18, 19 and 2 more.")


def test_an_address_that_is_not_here_is_not_listened_on() -> None:
    assert listen_for_containers(None, 0) == []
    assert listen_for_containers("192.0.2.1", 0) == []  # for documentation: https://www.rfc-editor.org/rfc/rfc5737


def test_an_address_of_this_machine_is_and_a_taken_port_is_said() -> None:
    (listener,) = listen_for_containers("127.0.0.1", 0)
    with listener, pytest.raises(PortTaken):
        listen_for_containers("127.0.0.1", listener.getsockname()[1])


def test_another_failure_to_listen_is_one() -> None:
    def listen(*_: object) -> socket.socket:
        raise EngineError("no") from OSError(errno.EACCES, os.strerror(errno.EACCES))

    with pytest.raises(EngineError, match="no"):
        listen_for_containers("127.0.0.1", 80, listen)


def test_the_secret_for_localstack_is_readable_by_its_user(tmp_path: Path) -> None:
    share_secret("sesame", tmp_path / "secret")
    assert (tmp_path / "secret").read_text("utf-8") == "sesame"
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o644
    with pytest.raises(EngineError, match=r"cannot be written to .*none/secret \(No such file"):
        share_secret("sesame", tmp_path / "none" / "secret")
