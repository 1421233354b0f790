"""The stations of a request on the overview."""

from agenticai.dashboard.services.doing import Doing
from agenticai.dashboard.services.port import Missing
from agenticai.dashboard.services.stations import list_stations
from tests.fakes.dashboard import FakeSource, letter


def test_each_agent_has_its_queues_and_what_it_is_doing() -> None:
    doing = {"api": Doing(), "dev": Doing(running=1), "other": Doing()}
    source = FakeSource([letter("m")])
    api, dev = list_stations(source.queues(), doing)
    assert (api.title, api.queues, api.doing) == ("API", None, Doing())
    assert (dev.title, dev.queues, dev.doing) == ("DEV", source.queues()[0], Doing(running=1))


def test_a_target_that_does_not_tell_what_functions_are_doing() -> None:
    assert [one.doing for one in list_stations(FakeSource().queues(), Missing("no"))] == [None, None]
