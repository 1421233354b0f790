"""Replies written at the terminal: waiting requests are listed and shown, replies are checked, stored and retried."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agenticai.client.errors import FolderError, SelectionError
from agenticai.commands.replies import ReplyFiles, show_replies
from agenticai.commands.stack import Stack
from agenticai.emulator.core.documents import parse_yaml
from agenticai.scenarios.benches.deployed import Bench
from agenticai.scenarios.benches.embedded import bench
from agenticai.scenarios.format.scenario import CASSETTES, LIBRARY, load
from shared.models.workflow import ProjectStatus

GREETING = load(LIBRARY / "greeting.yaml")
HELD_BACK = "1-plan.yaml"


@pytest.fixture(scope="module")
def cassettes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("replies") / "cassettes"
    shutil.copytree(CASSETTES / "greeting", folder / "greeting", ignore=shutil.ignore_patterns(HELD_BACK))
    return folder


@pytest.fixture(scope="module")
def running(cassettes: Path) -> Iterator[Bench]:
    with bench(run_dir=cassettes.parent / "run", cassettes=cassettes) as running:
        yield running


class Terminal:
    """The command on this stack; each call returns its status and its JSON output."""

    def __init__(self, running: Bench, capsys: pytest.CaptureFixture[str]) -> None:
        self.running, self.capsys = running, capsys

    def run(self, wanted: str | None = None, writing: ReplyFiles = ReplyFiles()) -> tuple[int, Any]:  # noqa: B008
        status = show_replies(wanted, writing, self.stack(as_json=True))
        return status, json.loads(self.capsys.readouterr().out)

    def say(self, wanted: str | None = None, writing: ReplyFiles = ReplyFiles()) -> str:  # noqa: B008
        show_replies(wanted, writing, self.stack(as_json=False))
        return self.capsys.readouterr().out

    def stack(self, *, as_json: bool) -> Stack:
        return Stack(self.running.target.endpoint_url, self.running.outputs.stage, as_json)


@pytest.fixture
def terminal(running: Bench, capsys: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(running, capsys)


def test_a_reply_is_written_from_its_form_and_the_project_goes_on(
    terminal: Terminal, running: Bench, cassettes: Path, tmp_path: Path
) -> None:
    assert terminal.run() == (0, [])
    assert "Every request so far had a reply." in terminal.say()
    with running.api() as api, running.control() as control:
        posted = api.create("Greeting", GREETING.first.requirements)
        control.settle(timeout_s=180)
        failure = api.get(posted.id).failure
        assert failure is not None

        (listed,) = terminal.run()[1]
        assert listed["waiting"] == [posted.id]
        assert f"agenticai replies {listed['id'][:8]}" in failure.reason
        shown = terminal.say(listed["id"][:8], ReplyFiles(form=tmp_path / "plan.json"))
        assert "tasks: list, each an object" in shown
        assert (GREETING.first.requirements or "").splitlines()[0] in shown
        assert json.loads((tmp_path / "plan.json").read_text())["tasks"]

        status, refused = terminal.run(listed["id"], ReplyFiles(file=tmp_path / "plan.json"))
        assert (status, refused["good"], refused["stored"]) == (1, False, None)
        assert refused["faults"]

        plan = parse_yaml((CASSETTES / "greeting" / HELD_BACK).read_text("utf-8"))["reply"]["text"]
        (tmp_path / "mine.json").write_text(plan)
        mine = ReplyFiles(file=tmp_path / "mine.json", check_only=True)
        assert terminal.run(listed["id"][:6], mine)[1]["stored"] is None
        status, stored = terminal.run(listed["id"][:6], ReplyFiles(file=tmp_path / "mine.json"))
        assert (status, stored["good"], stored["retried"]) == (0, True, [posted.id])
        assert Path(stored["stored"]).parent == cassettes / "written"
        assert Path(stored["stored"]).name.startswith("plan-the-software-that-these-")
        control.settle(timeout_s=180)
        assert api.get(posted.id).status is ProjectStatus.COMPLETED
    assert terminal.run() == (0, [])


@pytest.mark.parametrize(
    ("wanted", "writing", "said"),
    [
        (None, ReplyFiles(file=Path("x")), "Say which request"),
        ("ab", ReplyFiles(form=Path("x"), file=Path("y")), "give one of them"),
        ("ab", ReplyFiles(check_only=True), "are for a reply that is read with --file"),
        ("zz", ReplyFiles(), "No waiting request has an id that begins with 'zz'"),
    ],
)
def test_what_is_not_clear_is_refused(terminal: Terminal, wanted: str | None, writing: ReplyFiles, said: str) -> None:
    with pytest.raises(SelectionError, match=said):
        terminal.run(wanted, writing)


def test_files_that_cannot_be_read_or_would_be_lost(terminal: Terminal, running: Bench, tmp_path: Path) -> None:
    with running.api() as api, running.control() as control:
        api.create("Clock", "A clock that nobody has a reply for.")
        control.settle(timeout_s=180)
    (waiting,) = terminal.run()[1]
    (tmp_path / "latin").write_bytes(b"\xe4")
    with pytest.raises(FolderError, match="is not text in UTF-8"):
        terminal.run(waiting["id"], ReplyFiles(file=tmp_path / "latin"))
    with pytest.raises(FolderError, match="cannot be read: No such file"):
        terminal.run(waiting["id"], ReplyFiles(file=tmp_path / "absent"))
    with pytest.raises(FolderError, match="name a new file with --form"):
        terminal.run(waiting["id"], ReplyFiles(form=tmp_path / "latin"))
    assert (tmp_path / "latin").read_bytes() == b"\xe4"
    anyway = ReplyFiles(anyway=True, retry=False, file=tmp_path / "prose")
    (tmp_path / "prose").write_text("I would rather not.")
    status, stored = terminal.run(waiting["id"], anyway)
    assert (status, stored["good"], stored["retried"]) == (0, False, [])
    assert stored["stored"]
