"""A result is cached for the requested time, and a failure is not."""

from collections.abc import Iterator

import pytest

from agenticai.dashboard.services.answer_cache import AnswerCache


def test_an_answer_is_asked_for_again_when_its_time_is_over() -> None:
    now, answers = [0.0], iter([1, 2])
    kept = AnswerCache(lambda: next(answers), 60, lambda: now[0])
    assert (kept.look(), kept.look()) == (1, 1)
    now[0] = 60
    assert kept.look() == 2


def test_a_failure_is_not_kept() -> None:
    def answers() -> Iterator[int]:
        yield from (0, 1)

    each = answers()
    kept = AnswerCache(lambda: 1 // next(each), 60, lambda: 0)
    with pytest.raises(ZeroDivisionError):
        kept.look()
    assert kept.look() == 1
