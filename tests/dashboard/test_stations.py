"""The stations of a request on the overview."""

from datetime import timedelta

from agenticai.dashboard.services.port import Missing
from agenticai.dashboard.services.stations import stations
from agenticai.emulator.core.usage_records import FinishedInvocation
from tests.fakes.dashboard import NAMES, NOW, FakeSource, letter


def invocation(function: str, error: str | None, seconds: int) -> FinishedInvocation:
    return FinishedInvocation(
        function=function,
        version="1",
        request_id=f"r{seconds}",
        started_at=NOW + timedelta(seconds=seconds),
        init_ms=None,
        duration_ms=1,
        billed_ms=1,
        memory_mb=128,
        gb_seconds=0,
        cold_start=False,
        error_type=error,
        project_id=None,
    )


def test_each_agent_has_its_queue_its_dead_letters_and_its_latest_run() -> None:
    ended = [invocation(NAMES["dev"], None, 1), invocation(NAMES["dev"], "Timeout", 2), invocation("other", None, 3)]
    api, dev = stations(FakeSource([letter("m")]).queues(), ended, NAMES)
    assert (api.title, api.queue, api.last) == ("API", None, None)
    assert (dev.title, dev.dead_letters) == ("DEV", 1)
    assert dev.queue
    assert dev.queue.depth.total == 6
    assert dev.last
    assert dev.last.error_type == "Timeout"


def test_a_target_that_tells_of_no_invocations() -> None:
    assert [one.last for one in stations(FakeSource().queues(), Missing("no"), NAMES)] == [None, None]
