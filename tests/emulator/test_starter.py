"""When an environment is a copy of a snapshot, and that it is then equivalent to a new process."""

import contextlib
import dataclasses
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pydantic import JsonValue

from agenticai.emulator.core.clock import Clock
from agenticai.emulator.engines.activity import Activity
from agenticai.emulator.engines.execution_environment import ExecutionEnvironment
from agenticai.emulator.engines.function import Invocation
from agenticai.emulator.engines.starter import Starter, Starters
from tests.emulator.examples import FUNCTION
from tests.emulator.versions import Version
from tests.integration.cloud import alive, eventually

Make = Callable[[str], Version]

HANDLER = "import os\ndef handler(event, context):\n    return os.getppid()\n"
"""Returns the process that started it."""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere every environment is a new process")


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Create a version with the module `source`."""
    with contextlib.ExitStack() as versions:
        yield lambda source: versions.enter_context(Version(source, tmp_path, Clock(), Activity()))


def result(environment: ExecutionEnvironment, event: JsonValue = None) -> JsonValue:
    return environment.invoke(Invocation("id-1", event, FUNCTION.arn)).result


def test_environments_are_copied_once_one_was_lost(make: Make) -> None:
    version = make("import os\ndef handler(event, context):\n    return os._exit(1) if event else os.getppid()")
    first, second = version.start(), version.start()
    assert [result(first), result(second)] == [os.getpid(), os.getpid()]
    assert version.starter.snapshot is None

    result(first, "exit")
    snapshot = version.make_snapshot()
    assert snapshot is version.starter.snapshot
    assert [result(version.start()), result(version.start())] == [snapshot.pid, snapshot.pid]


def test_a_copy_tells_how_long_its_own_start_took(make: Make) -> None:
    version = make("import time\ntime.sleep(2)\ndef handler(event, context): ...")
    version.make_snapshot()
    init_ms = [version.start().invoke(Invocation("id-1", None, FUNCTION.arn)).init_ms for _ in range(3)]
    assert all(init_ms)
    assert max(map(float, filter(None, init_ms))) < 2_000


def test_one_that_is_lost_in_init_is_not_copied(make: Make) -> None:
    version = make("import no_such_module")
    result(version.start())
    assert version.starter.snapshot is None


def test_a_copy_sees_its_own_variables_and_so_do_its_children(make: Make) -> None:
    source = """
        import os, subprocess
        def handler(event, context):
            print(subprocess.run(["env"], capture_output=True, text=True).stdout)
            return dict(os.environ)
    """
    version = make(source)
    version.make_snapshot()
    for token in ("one", "two"):
        outcome = version.start(token).invoke(Invocation("id-1", None, FUNCTION.arn))
        assert outcome.result == version.variables(token)
        assert set(outcome.log.splitlines()) >= {f"AWS_SESSION_TOKEN={token}", f"AWS_LAMBDA_LOG_STREAM_NAME={token}"}
        assert "of the snapshot" not in outcome.log


def test_nothing_random_is_the_same_in_two_copies(make: Make) -> None:
    source = """
        import os, random, secrets, ssl, tempfile, uuid
        random.random(), uuid.uuid4(), uuid.uuid1(), ssl.RAND_bytes(8)
        def handler(event, context):
            ids = [str(uuid.uuid1()), str(uuid.uuid4()), os.path.basename(tempfile.mktemp())]
            return [random.random(), secrets.token_hex(), ssl.RAND_bytes(8).hex(), *ids]
    """
    version = make(source)
    version.make_snapshot()
    one, two = result(version.start()), result(version.start())
    assert isinstance(one, list)
    assert isinstance(two, list)
    assert not set(map(str, one)) & set(map(str, two))


def test_what_invocations_import_is_imported_ahead_and_nothing_else_is_kept_of_them(make: Make) -> None:
    source = """
        import sys
        seen = []
        def handler(event, context):
            seen.append("colorsys" in sys.modules)
            import colorsys
            sys.modules["made.up"] = colorsys
            return seen
    """
    version = make(source)
    first = version.start()
    assert [result(first), result(first)] == [[False], [False, True]]
    version.make_snapshot()
    assert result(version.start()) == [True]


@pytest.mark.parametrize(
    "init",
    [
        "import threading; threading.Thread(target=threading.Event().wait, daemon=True).start()",
        "kept = open(__file__)",
        "import subprocess; child = subprocess.Popen(['sleep', '60'])",
        "token = os.environ['AWS_SESSION_TOKEN']",
        "variables = dict(os.environ)",
        "import time; os._exit(3) if os.environ.get('AWS_SESSION_TOKEN') == 'of the snapshot' else None",
    ],
)
def test_an_init_that_a_copy_would_not_have_gets_new_processes(make: Make, init: str) -> None:
    version = make(f"import os\n{init}\ndef handler(event, context):\n    return os.getppid()\n")
    snapshot = version.make_snapshot()
    assert result(version.start()) == os.getpid()
    eventually(lambda: not alive(snapshot.pid))


def test_an_import_that_a_copy_would_not_have_ends_copying_and_spares_the_copies(make: Make, tmp_path: Path) -> None:
    (tmp_path / "busy.py").write_text("import threading\nthreading.Thread(target=threading.Event().wait).start()\n")
    version = make("import os\ndef handler(event, context):\n    if event: import busy\n    return os.getppid()\n")
    snapshot = version.make_snapshot()
    copy = version.start()
    assert result(copy, "import") == snapshot.pid
    eventually(lambda: not snapshot.preparing)
    assert result(version.start()) == os.getpid()
    assert result(copy) == snapshot.pid
    copy.kill()
    eventually(lambda: not alive(snapshot.pid))


def test_a_snapshot_that_is_killed_takes_its_copies_along_and_is_not_needed(make: Make) -> None:
    version = make(HANDLER)
    snapshot = version.make_snapshot()
    copy = version.start()
    os.kill(snapshot.pid, signal.SIGKILL)
    assert copy.wait(60) == -signal.SIGKILL
    assert result(version.start()) == os.getpid()


def test_a_closed_snapshot_ends_with_its_last_copy(make: Make) -> None:
    version = make(HANDLER)
    snapshot = version.make_snapshot()
    copy = version.start()
    version.starter.close()
    assert result(copy) == snapshot.pid
    copy.kill()
    eventually(lambda: not alive(snapshot.pid))
    assert result(version.start()) == os.getpid()


def test_a_closed_starter_makes_no_snapshot_any_more(make: Make) -> None:
    version = make(HANDLER)
    version.starter.close()
    version.starter.prepare(version.variables("one"))
    assert version.starter.snapshot is None


def test_nothing_is_left_when_the_engine_is_killed(tmp_path: Path) -> None:
    script = """
import sys, threading
from pathlib import Path
from agenticai.emulator.core.clock import Clock
from agenticai.emulator.engines.activity import Activity
from agenticai.emulator.engines.function import Invocation
from tests.emulator.versions import Version
source = "import os\\ndef handler(event, context): return os.getpid()"
version = Version(source, Path(sys.argv[1]), Clock(), Activity())
snapshot = version.make_snapshot()
print(snapshot.pid, version.start().invoke(Invocation("id-1", None, "arn")).result, flush=True)
threading.Event().wait()
"""
    with subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True) as engine:
        assert engine.stdout
        pids = [int(pid) for pid in engine.stdout.readline().split()]
        assert [alive(pid) for pid in pids] == [True, True]
        engine.kill()
    eventually(lambda: not any(alive(pid) for pid in pids))


def test_on_other_systems_no_snapshot_is_made(tmp_path: Path) -> None:
    starter = Starter(dataclasses.replace(FUNCTION, task_root=tmp_path), Path(sys.executable), platform="darwin")
    starter.prepare({})
    assert starter.snapshot is None


def test_a_version_has_one_starter_until_it_changes_or_is_discarded() -> None:
    starters, python = Starters(), Path(sys.executable)
    starter = starters.find_or_create(FUNCTION, python)
    assert starters.find_or_create(dataclasses.replace(FUNCTION, arn=f"{FUNCTION.arn}:live"), python) is starter
    changed = starters.find_or_create(dataclasses.replace(FUNCTION, timeout_s=1), python)
    assert changed is not starter
    starters.discard(changed)
    assert starters.find_or_create(changed.function, python) is not changed
