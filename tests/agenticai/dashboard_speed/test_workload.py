"""The engine's rate without and with the dashboard: in pairs, each coming first in turn."""

from agenticai.dashboard_speed.__main__ import compute_remaining_share, list_pages
from agenticai.dashboard_speed.workload import Pair, compare


def test_pairs_begin_with_the_one_and_the_other_in_turn_and_end_with_it_closed() -> None:
    done: list[str] = []

    def measure() -> float:
        done.append("measured")
        return 9.0 if done[-2] == "opened" else 10.0

    pairs = list(compare(measure, lambda: done.append("opened"), lambda: done.append("closed"), 2, wait=lambda _: None))
    assert pairs == [Pair(10, 9), Pair(10, 9)]
    assert [what for what in done if what != "measured"] == ["closed", "opened", "opened", "closed", "closed"]


def test_what_is_kept_is_that_of_all_pairs() -> None:
    assert compute_remaining_share([Pair(10, 9), Pair(20, 21)]) == 1
    assert Pair(10, 9).kept == 0.9


def test_every_page_of_the_dashboard_is_measured() -> None:
    paths = {path.partition("?")[0] for path in list_pages("ID").values()}
    assert paths == {"overview", "queues", "dead-letters", "projects", "model-calls", "scores", "costs", "bench"}
