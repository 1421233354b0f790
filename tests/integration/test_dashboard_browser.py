"""The dashboard in a real browser, on a stack of an embedded engine: only what a person sees and does."""

import json
import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from agenticai.commands.dashboard import serve_dashboard
from agenticai.dashboard.front_page import PARTS, PROJECT
from agenticai.scenarios.benches.deployed import Bench
from agenticai.scenarios.benches.embedded import bench
from agenticai.scenarios.format.scenario import LIBRARY, load
from tests.browser import chromium, click, keep_page, needs_chromium
from tests.screenshots import LIMIT_MS, LOOKS, opened

pytestmark = needs_chromium
HOSTILE = "<img src=x onerror=\"document.title='taken over'\"> **bold** :red[x]"
HANDSHAKE = (
    "GET /_stcore/stream HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: {origin}\r\nConnection: Upgrade\r\n"
    "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)


@dataclass
class Seen:
    """A dashboard in a browser, the hosts that it contacted, and its errors."""

    browser: Browser
    url: str
    hosts: set[str] = field(default_factory=set)
    errors: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        return opened(self.browser, f"{self.url}/{path}", LOOKS[0], self.errors)

    def note_request(self, request: Request) -> None:
        self.hosts.add(request.url.split("/")[2])


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with bench(run_dir=tmp_path_factory.mktemp("dashboard") / "run") as stack:
        yield stack


@pytest.fixture(scope="module")
def dashboard(running: Bench) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with serve_dashboard(running.target.endpoint_url, running.outputs.stage, port) as (_, url):
        yield url


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture
def seen(browser: Browser, dashboard: str) -> Iterator[Seen]:
    page = keep_page(browser)
    found = Seen(browser, dashboard)
    page.on("request", found.note_request)
    yield found
    page.remove_listener("request", found.note_request)
    page.goto("about:blank")
    assert found.errors == []
    assert found.hosts <= {dashboard.split("/")[2]}


def poison(running: Bench, agent: str, *bodies: str) -> None:
    """Make messages that no agent can read end as dead letters."""
    for body in bodies:
        running.target.client("sqs").send_message(QueueUrl=running.outputs.queue_urls[agent], MessageBody=body)
    with running.control() as control:
        control.settle(timeout_s=120)


def test_a_page_comes_with_what_is_true_now_and_has_no_other_origin(seen: Seen) -> None:
    page = seen.open("")
    for agent in ("PM", "DEV", "QA", "OPS"):
        expect(page.get_by_text(f"{agent} agent", exact=True)).to_be_visible(timeout=LIMIT_MS)


def test_pages_name_all_programs_that_they_draw_with(seen: Seen, running: Bench) -> None:
    fetched: list[str] = []
    keep_page(seen.browser).on("requestfinished", lambda request: fetched.append(request.url))
    with running.api() as api, running.control() as control:
        project = api.create("Drawn", load(LIBRARY / "greeting.yaml").first.requirements).id
        control.settle(timeout_s=120)
        for path in ("", *(name for name in PARTS if name not in {"", PROJECT}), f"projects?project={project}"):
            page = seen.open(path)
            expect(page.get_by_text("The dashboard made")).to_be_visible(timeout=LIMIT_MS)
            expect(page.get_by_test_id("stSkeleton")).to_have_count(0, timeout=LIMIT_MS)
            html = page.request.get(page.url).text()
            programs = [url for url in fetched if url.endswith(".js")]
            assert len(programs) > len(PARTS)
            assert [url for url in programs if url.rpartition("/")[2] not in html] == [], path
            fetched.clear()
        api.delete(project)


def test_a_poison_message_is_seen_understood_and_sent_back(seen: Seen, running: Bench) -> None:
    poison(running, "qa", json.dumps({"schema": "unknown/1", "text": HOSTILE}))
    page = seen.open("dead-letters?queue=qa")
    expect(page.get_by_text("1 shown, 1 in the queue.")).to_be_visible(timeout=LIMIT_MS)
    page.get_by_test_id("stDataFrame").click(position={"x": 20, "y": 52})
    expect(page.get_by_role("heading", name="Poison")).to_be_visible(timeout=LIMIT_MS)
    expect(page.get_by_text("onerror")).to_be_visible(timeout=LIMIT_MS)
    assert page.title() != "taken over"

    click(page.get_by_role("button", name="Redrive 1 selected"))
    expect(page.get_by_text("sent back")).to_be_visible(timeout=LIMIT_MS)
    with running.control() as control:
        control.settle(timeout_s=120)
        assert control.messages("agenticai-qa-dlq-dev").total == 1, "it is poison still"
    running.target.client("sqs").purge_queue(QueueUrl=running.outputs.dead_letter_queue_urls["qa"])


def test_what_is_selected_stays_so_while_the_list_is_refreshed(seen: Seen, running: Bench) -> None:
    poison(running, "qa", json.dumps({"schema": "first/1"}))
    page = seen.open("dead-letters?queue=qa")
    expect(page.get_by_text("1 shown, 1 in the queue.")).to_be_visible(timeout=LIMIT_MS)
    page.get_by_test_id("stDataFrame").click(position={"x": 20, "y": 52})
    expect(page.get_by_role("heading", name="Poison")).to_be_visible(timeout=LIMIT_MS)
    poison(running, "qa", json.dumps({"schema": "second/1"}))
    expect(page.get_by_text("2 shown, 2 in the queue.")).to_be_visible(timeout=LIMIT_MS)
    expect(page.get_by_text("QA (2)")).to_be_visible(timeout=LIMIT_MS)
    expect(page.get_by_role("button", name="Redrive 1 selected")).to_be_visible(timeout=LIMIT_MS)

    with running.control() as control:
        (first, _) = control.messages("agenticai-qa-dlq-dev").messages
        (received,) = control.receive("agenticai-qa-dlq-dev", [first.id])
    sqs, url = running.target.client("sqs"), running.outputs.dead_letter_queue_urls["qa"]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=received.receipt_handle)
    expect(page.get_by_text("1 shown, 1 in the queue.")).to_be_visible(timeout=LIMIT_MS)
    expect(page.get_by_role("button", name="Redrive 0 selected")).to_be_visible(timeout=LIMIT_MS)
    sqs.purge_queue(QueueUrl=url)


def test_the_map_leads_to_the_log_lines_of_what_failed(seen: Seen, running: Bench) -> None:
    poison(running, "pm", "no message")
    page = seen.open("")
    click(page.get_by_role("link", name=re.compile("^failed .* ago: Poison")).first)
    expect(page.get_by_text("will be delivered again").first).to_be_visible(timeout=LIMIT_MS)
    running.target.client("sqs").purge_queue(QueueUrl=running.outputs.dead_letter_queue_urls["pm"])


def test_time_is_skipped_from_the_page(seen: Seen, running: Bench) -> None:
    page = seen.open("bench")
    page.get_by_label("Skip time").fill("20")
    click(page.get_by_role("button", name="Skip", exact=True))
    expect(page.get_by_text(re.compile("It is .* UTC now"))).to_be_visible(timeout=LIMIT_MS)
    with running.control() as control:
        assert control.clock().jumps[-1].seconds == 20 * 60


def test_a_page_of_another_server_of_this_machine_cannot_open_the_socket(seen: Seen, dashboard: str) -> None:
    page = seen.open("")
    expect(page.get_by_text("PM queue", exact=True)).to_be_visible(timeout=LIMIT_MS)
    port = dashboard.rpartition(":")[2]
    with socket.create_connection(("127.0.0.1", int(port)), timeout=60) as connection:
        connection.sendall(HANDSHAKE.format(port=port, origin="http://127.0.0.1:4566").encode())
        assert connection.recv(64).startswith(b"HTTP/1.1 403")


def test_a_queue_is_looked_into_by_its_link(seen: Seen, running: Bench) -> None:
    with running.control() as control:
        control.dispatch("stepped")
        running.target.client("sqs").send_message(QueueUrl=running.outputs.queue_urls["ops"], MessageBody="waiting")
        page = seen.open("queues?queue=agenticai-ops-queue-dev")
        expect(page.get_by_text("1 of 1 messages")).to_be_visible(timeout=LIMIT_MS)
        expect(page.get_by_text("waiting", exact=True)).to_be_visible(timeout=LIMIT_MS)
        running.target.client("sqs").purge_queue(QueueUrl=running.outputs.queue_urls["ops"])
        control.dispatch("free")


def test_a_project_is_posted_watched_to_its_end_and_deleted(seen: Seen) -> None:
    page = seen.open("projects")
    click(page.get_by_text("New project"))
    page.get_by_label("Name", exact=True).fill(HOSTILE[:100])
    page.get_by_label("Requirements", exact=True).fill(load(LIBRARY / "greeting.yaml").first.requirements or "")
    click(page.get_by_role("button", name="Create"))
    expect(page.get_by_role("heading", name=HOSTILE[:30])).to_be_visible(timeout=LIMIT_MS)
    expect(page.get_by_text("COMPLETED", exact=True)).to_be_visible(timeout=LIMIT_MS)
    assert page.title() != "taken over"

    for section, shown in (
        ("Plan", "What all tasks share"),
        ("Files", "written in revision 1.0"),
        ("Changes", "added"),
        ("Quality", "100 of 100"),
        ("Model calls", "Select a call to read its request and reply."),
        ("Use and cost", "Lambda GB-seconds"),
        ("Deployments", "Instructions"),
    ):
        click(page.get_by_test_id("stButtonGroup").get_by_text(section, exact=True))
        expect(page.get_by_text(shown).first).to_be_visible(timeout=LIMIT_MS)

    click(page.get_by_role("button", name="Delete"))
    click(page.get_by_role("button", name="Yes, delete it for good"))
    expect(page.get_by_role("heading", name="Projects", exact=True)).to_be_visible(timeout=LIMIT_MS)
    expect(page.get_by_text("No projects yet.")).to_be_visible(timeout=LIMIT_MS)


def test_nothing_can_be_done_with_a_project_that_was_deleted_meanwhile(seen: Seen, running: Bench) -> None:
    with running.api() as api:
        project = api.create("Deleted elsewhere", load(LIBRARY / "greeting.yaml").first.requirements)
        page = seen.open(f"projects?project={project.id}")
        expect(page.get_by_text("COMPLETED", exact=True)).to_be_visible(timeout=LIMIT_MS)
        api.delete(project.id)
    expect(page.get_by_text("There is no such project.")).to_be_visible(timeout=LIMIT_MS)
    expect(page.get_by_role("button", name="Retry")).to_have_count(0, timeout=LIMIT_MS)
