"""What messages between a page and its server show about its runs, and when a page is drawn."""

import base64

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from agenticai.dashboard_speed.watching import STILL_MS, PageTimes, Run, find_drawn, find_runs

Noted = tuple[float, str]
MUCH_LATER = 10_000.0


def noted(at: float, message: BackMsg | ForwardMsg) -> Noted:
    return at, base64.b64encode(message.SerializeToString()).decode()


def asked(at: float) -> Noted:
    message = BackMsg()
    message.rerun_script.query_string = "x"
    return noted(at, message)


def began(at: float) -> Noted:
    message = ForwardMsg()
    message.new_session.name = "app"
    return noted(at, message)


def ended(at: float, how: "ForwardMsg.ScriptFinishedStatus.ValueType") -> Noted:
    message = ForwardMsg()
    message.script_finished = how
    return noted(at, message)


def test_a_page_is_loaded_by_the_run_that_was_not_given_up_and_then_refreshed() -> None:
    seen = {
        "sent": [asked(10), asked(2000)],
        "received": [
            began(20),
            ended(30, ForwardMsg.FINISHED_EARLY_FOR_RERUN),
            began(40),
            ended(300, ForwardMsg.FINISHED_SUCCESSFULLY),
            began(2005),
            ended(2050, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY),
        ],
        "changed": [310, 350, 2060],
    }
    loaded, refresh = find_runs(MUCH_LATER, seen)
    assert loaded == Run(asked=10, began=40, ended=300, drawn=350, is_refresh=False)
    assert refresh == Run(asked=2000, began=2005, ended=2050, drawn=2060, is_refresh=True)
    assert (refresh.server_ms, refresh.drawn_ms) == (45, 60)


def test_a_run_that_may_still_be_drawn_is_left_out() -> None:
    seen = {"sent": [], "received": [began(0), ended(5, ForwardMsg.FINISHED_SUCCESSFULLY)], "changed": []}
    assert find_runs(5 + STILL_MS, seen) == []
    assert len(find_runs(6 + STILL_MS, seen)) == 1


def test_changes_after_a_pause_belong_to_another_run() -> None:
    assert find_drawn([90, 150, 180, 180 + STILL_MS + 1], 100, MUCH_LATER) == 180
    assert find_drawn([], 100, MUCH_LATER) == 100


def test_times_are_summed_up() -> None:
    runs = [Run(0, 0, took, took * 2, is_refresh=True) for took in (10, 20, 30)]
    times = PageTimes(900, [300, 100, 200], runs)
    assert (times.usual_ms, times.refresh_ms("server_ms", 50), times.refresh_ms("drawn_ms", 50)) == (200, 20, 40)
    assert PageTimes(1, [1], runs[:1]).refresh_ms("server_ms", 95) == 10
    assert PageTimes(1, [1], []).refresh_ms("server_ms", 95) != pytest.approx(0), "it is no number"
