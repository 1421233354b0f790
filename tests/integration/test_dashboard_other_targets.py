"""The dashboard on a target without a control API, bare MiniStack: the same pages and actions, as far as it can."""

import json
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from streamlit.testing.v1 import AppTest

from agenticai.client.queues.model import DeadLetter, Depth
from agenticai.client.stack import DeployedStack
from agenticai.client.stack_lookup import stack_at
from agenticai.dashboard.components import session
from agenticai.dashboard.services.connecting import Connected, Connection
from agenticai.dashboard.services.own_calls import OwnCalls
from agenticai.dashboard.services.sources import AwsSource
from agenticai.emulator.process import Engine
from shared.models.views import ProjectView
from shared.models.workflow import FINAL
from tests.integration.bare_ministack import stack_on_bare_ministack
from tests.integration.cloud import eventually

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

PAGES = ("overview", "queues", "dead_letters", "projects", "model_calls", "scores", "costs", "bench")
LIMIT_SECONDS = 120
GREETING = "A command-line tool that nobody has stored a reply for."


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, engine: Engine) -> Iterator[DeployedStack]:
    with stack_on_bare_ministack(tmp_path_factory.mktemp("ministack"), engine) as deployed:
        yield deployed


@pytest.fixture(scope="module")
def connected(stack: DeployedStack) -> Connected:
    found = Connection(stack.target.endpoint_url, stack.outputs.stage).get()
    assert type(found.source) is AwsSource
    return found


@pytest.fixture(scope="module")
def project(connected: Connected) -> ProjectView:
    """A project that passed through the queues and failed because of a missing reply."""
    posted = connected.api.create("Unheard of", GREETING)
    eventually(lambda: connected.api.get(posted.id).status in FINAL)
    return connected.api.get(posted.id)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch, connected: Connected) -> Callable[..., AppTest]:
    shared = SimpleNamespace(get=lambda: connected, lose=lambda: None, own_calls=OwnCalls())

    def open_page(name: str, **query: str) -> AppTest:
        monkeypatch.setattr(session, "get_connection", lambda: shared)
        page = AppTest.from_string(
            f"from agenticai.dashboard.views import {name}\n{name}.page()", default_timeout=LIMIT_SECONDS
        )
        for parameter, value in query.items():
            page.query_params[parameter] = value
        return page.run()

    return open_page


def shown(page: AppTest) -> str:
    kinds: Any = (page.text, page.caption, page.markdown, page.info, page.success)
    return "\n".join(str(element.value) for kind in kinds for element in kind).replace("\\", "")


@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_drawn(opened: Callable[..., AppTest], project: ProjectView, name: str) -> None:
    page = opened(name)
    assert not page.exception
    assert not page.warning


def test_what_it_cannot_tell_is_named_with_why(opened: Callable[..., AppTest], project: ProjectView) -> None:
    assert "keeps no history of its queues" in shown(opened("queues"))
    assert "each look counts as a receive" in shown(opened("dead_letters"))
    assert "this target has no control API" in shown(opened("bench"))
    assert "Only the embedded engine's meter counts" in shown(opened("costs"))
    assert "Only AWS reports an account's free tier use" in shown(opened("costs"))


def test_a_project_went_through_its_queues(
    opened: Callable[..., AppTest], project: ProjectView, stack: DeployedStack
) -> None:
    listed = opened("projects").dataframe[0].value
    assert list(listed["id"]) == [project.id]
    assert list(listed["status"]) == [project.status.value]
    one = opened("projects", project=project.id)
    assert one.title[0].value == "Unheard of"
    assert not one.exception


class Ops:
    """The queue of an agent that receives nothing, and its dead letters, through boto3."""

    def __init__(self, stack: DeployedStack) -> None:
        self._sqs: SQSClient = stack.target.client("sqs")
        self._urls = stack.outputs.queue_urls["ops"], stack.outputs.dead_letter_queue_urls["ops"]
        self.dead_letters = self._urls[1].rpartition("/")[2]
        mappings = stack.target.client("lambda")
        for mapping in mappings.list_event_source_mappings()["EventSourceMappings"]:
            if mapping["EventSourceArn"].endswith(self._urls[0].rpartition("/")[2]):
                mappings.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)

    def die(self, *names: str) -> list[str]:
        bodies = [json.dumps({"schema": "unknown/1", "name": name}) for name in names]
        return [self._sqs.send_message(QueueUrl=self._urls[1], MessageBody=body)["MessageId"] for body in bodies]

    def numbers(self) -> tuple[int, int]:
        """Return how many messages wait, and how many are dead letters."""
        waiting, dead = (Depth.of(self._sqs, url).total for url in self._urls)
        return waiting, dead

    def purge(self) -> None:
        for url in self._urls:
            self._sqs.purge_queue(QueueUrl=url)


@pytest.fixture
def ops(stack: DeployedStack) -> Iterator[Ops]:
    queue = Ops(stack)
    yield queue
    queue.purge()


def listed(connected: Connected) -> dict[str, DeadLetter]:
    return {letter.message.id: letter for letter in connected.source.letters("ops", None, 500).letters}


def test_letters_are_received_once_however_often_the_page_is_drawn(connected: Connected, ops: Ops) -> None:
    sent = ops.die("a", "b")
    assert {*listed(connected)} == {*sent}
    assert [letter.message.received for letter in listed(connected).values()] == [1, 1]
    connected.source.look_again(ops.dead_letters)
    assert [letter.message.received for letter in listed(connected).values()] == [2, 2]


def test_every_act_is_seen_by_boto3_and_by_the_list(connected: Connected, ops: Ops) -> None:
    source = connected.source
    one, two, three, four, five = ops.die("a", "b", "c", "d", "e")
    assert {*listed(connected)} == {one, two, three, four, five}

    assert list(source.delete(ops.dead_letters, [one])) == [one]
    assert (ops.numbers(), {*listed(connected)}) == ((0, 4), {two, three, four, five})

    source.send_copy("ops", listed(connected)[two].message, "{}")
    assert (ops.numbers(), {*listed(connected)}) == ((1, 4), {two, three, four, five})

    assert [sent.outcome.value for sent in source.redrive("ops", [three])] == ["sent back"]
    assert (ops.numbers(), {*listed(connected)}) == ((2, 3), {two, four, five})

    *_, last = source.redrive_all("ops", 100)
    assert (last.status, last.moved) == ("COMPLETED", 3)
    assert "one after the other" in last.reason
    assert (ops.numbers(), {*listed(connected)}) == ((5, 0), set())

    ops.die("f")
    source.purge(ops.dead_letters)
    assert (ops.numbers(), {*listed(connected)}) == ((5, 0), set())


def test_it_is_found_by_its_address(stack: DeployedStack) -> None:
    assert stack_at(stack.target.endpoint_url, stack.outputs.stage).outputs == stack.outputs
