"""Event source mappings while others wait for them: the order of threads must not matter."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from agenticai.emulator.engines.activity import Activity
from agenticai.emulator.engines.ministack.event_sources import EventSources


@dataclass
class Lambda:
    """The used part of MiniStack's module; a poll ends when a test says so."""

    polls: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event = field(default_factory=threading.Event)
    log: list[str] = field(default_factory=list)
    counted: int = 0
    """How many of a mapping's batches are counted as in flight, though they have ended."""
    _sqs_esm_concurrency: Callable[..., int] = lambda *_: 5
    _dispatch_esm_batch: Callable[..., None] = lambda _, run, *rest: run(*rest)

    def _poll_sqs(self) -> bool:
        self.polls.set()
        went_on = self.go_on.wait(60)
        self.log.append("poll ended")
        return went_on

    def _iter_all_esms(self) -> Iterator[Any]:
        return iter(())


class OfTwoMappings(Lambda):
    """Polls as MiniStack does; a batch has ended when it is dispatched."""

    def _poll_sqs(self) -> bool:
        delivered = False
        for mapping in ("first", "second"):
            if self.counted < self._sqs_esm_concurrency(mapping):
                self._dispatch_esm_batch(mapping, self.log.append, mapping)
                delivered = True
        return delivered


@pytest.fixture
def lambda_svc() -> Lambda:
    return Lambda()


@pytest.fixture
def activity() -> Activity:
    return Activity()


@pytest.fixture
def sources(lambda_svc: Lambda, activity: Activity) -> EventSources:
    made = EventSources(lambda_svc, SimpleNamespace(), activity)
    made.take_over()
    return made


@pytest.mark.usefixtures("sources")
def test_what_a_poll_has_received_is_worked_on_before_it_is_with_its_function(
    lambda_svc: Lambda, activity: Activity
) -> None:
    with ThreadPoolExecutor(1) as pool:
        polling = pool.submit(lambda_svc._poll_sqs)
        assert lambda_svc.polls.wait(60)
        assert not activity.await_rest(0)
        lambda_svc.go_on.set()
        assert polling.result(60)
    assert activity.idle


def test_once_dispatch_is_stepped_no_poll_goes_on(sources: EventSources, lambda_svc: Lambda) -> None:
    def step() -> None:
        sources.stepped = True
        lambda_svc.log.append("stepped")

    with ThreadPoolExecutor(2) as pool:
        pool.submit(lambda_svc._poll_sqs)
        assert lambda_svc.polls.wait(60)
        stepping = pool.submit(step)
        lambda_svc.go_on.set()
        stepping.result(60)
    assert lambda_svc.log == ["poll ended", "stepped"]
    assert not lambda_svc._poll_sqs()


@pytest.mark.parametrize("counted", [0, 1])
def test_a_step_delivers_the_first_message_however_soon_batches_end(activity: Activity, counted: int) -> None:
    lambda_svc = OfTwoMappings(counted=counted)
    sources = EventSources(lambda_svc, SimpleNamespace(), activity)
    sources.take_over()
    sources.stepped = True
    assert [sources.deliver_one(), sources.deliver_one()] == [True, True]
    assert lambda_svc.log == ["first", "first"]
    with activity.batch():
        assert not sources.deliver_one()
