"""The engine's process: how it starts, and that it leaves nothing behind."""

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from agenticai.emulator.core.errors import InvalidCassette, PortTaken
from agenticai.emulator.core.locks import is_held
from agenticai.emulator.gemini import MISSES
from agenticai.emulator.process import Engine, start_engine
from agenticai.scenarios.benches.embedded import bench
from agenticai.scenarios.benches.run_folders import KEPT, KEPT_WAITING, run_folder
from tests.integration.cloud import CASSETTES, Cloud, alive, eventually

REPORTS_PID = "import os\ndef handler(event, context):\n    return os.getpid()\n"


def ended_runs(runs: Path, count: int, *inside: str) -> Iterator[Path]:
    """Create folders of finished runs."""
    for _ in range(count):
        with run_folder(runs) as folder:
            for name in inside:
                (folder / name).mkdir()
        yield folder


@pytest.fixture
def own_engine(tmp_path: Path) -> Iterator[Engine]:
    """An engine that the test may end in any way."""
    with start_engine(cassettes=CASSETTES, run_dir=tmp_path / "run") as running:
        yield running


@pytest.fixture
def own_cloud(own_engine: Engine) -> Iterator[Cloud]:
    with Cloud(own_engine.endpoint_url) as cloud:
        yield cloud


class TestProcesses:
    """The engine leaves nothing behind, in whatever way it ends."""

    @pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
    def test_no_function_survives_a_signal(self, own_engine: Engine, own_cloud: Cloud, end: signal.Signals) -> None:
        idle = own_cloud.invoke(own_cloud.deploy(REPORTS_PID)).payload
        source = (
            "import os, subprocess\ndef handler(event, context):\n    return subprocess.Popen(['sleep', '60']).pid\n"
        )
        child = own_cloud.invoke(own_cloud.deploy(source)).payload
        assert alive(idle)
        assert alive(child)
        os.kill(own_engine.pid, end)
        eventually(lambda: not own_engine.running and not alive(idle) and not alive(child))

    def test_stopping_does_not_wait_for_a_busy_function(
        self, own_engine: Engine, own_cloud: Cloud, tmp_path: Path
    ) -> None:
        busy = tmp_path / "pid"
        source = f"""
            import os, pathlib, threading
            def handler(event, context):
                pathlib.Path({str(busy)!r}).write_text(f"{{os.getpid()}}.")
                threading.Event().wait()
        """
        name = own_cloud.deploy(source, timeout=60)
        own_cloud.lambda_.invoke(FunctionName=name, InvocationType="Event", Payload="{}")
        eventually(lambda: busy.exists() and busy.read_text().endswith("."))
        assert own_engine.stop() == 0, "it had to be killed"
        assert not own_engine.running
        assert not alive(int(busy.read_text()[:-1]))

    def test_it_ends_when_its_parent_is_killed(self, tmp_path: Path) -> None:
        source = """
            import pathlib, sys
            from agenticai.emulator.process import start_engine
            cassettes, run_dir = map(pathlib.Path, sys.argv[1:])
            with start_engine(cassettes=cassettes, run_dir=run_dir) as engine:
                print(engine.pid, flush=True)
                sys.stdin.read()
        """
        command = [sys.executable, "-c", textwrap.dedent(source), str(CASSETTES), str(tmp_path)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
            assert parent.stdout
            engine_pid = int(parent.stdout.readline())
            assert alive(engine_pid)
            parent.kill()
        eventually(lambda: not alive(engine_pid))

    def test_a_taken_port_is_one_sentence(self, engine: Engine, tmp_path: Path) -> None:
        with pytest.raises(PortTaken) as error:
            start_engine(cassettes=CASSETTES, run_dir=tmp_path, port=engine.port)
        assert str(error.value) == (
            f"Port {engine.port} is in use: stop the program that uses it, or choose another with --port."
        )

    def test_a_taken_port_costs_no_other_run_its_folder(self, engine: Engine, tmp_path: Path) -> None:
        runs = tmp_path / "run"
        with run_folder(runs) as live:
            os.utime(live, (0, 0))
            waiting = [*ended_runs(runs, KEPT_WAITING, MISSES)]
            failed = [*ended_runs(runs, KEPT)]
            for _ in range(KEPT + 2):
                with pytest.raises(PortTaken), bench(port=engine.port, home=tmp_path):
                    pass
            assert {*runs.iterdir()} == {live, *waiting, *failed}

    def test_an_engine_holds_its_folder_however_it_ends_and_whoever_started_it(
        self, own_engine: Engine, tmp_path: Path
    ) -> None:
        assert is_held(tmp_path / "run")
        os.kill(own_engine.pid, signal.SIGKILL)
        eventually(lambda: not is_held(tmp_path / "run"))

    def test_an_unusable_cassette_is_refused_with_file_and_line(self, tmp_path: Path) -> None:
        file = tmp_path / "cassettes" / "bad.yaml"
        file.parent.mkdir()
        file.write_text("origin: authored\nrequest:\n  model: m\n  contents: 3\nreply: {text: x}\n")
        with pytest.raises(InvalidCassette, match=r"bad\.yaml:4: request\.contents"):
            start_engine(cassettes=file.parent, run_dir=tmp_path / "run")
