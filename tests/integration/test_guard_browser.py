"""Pages in a real browser against a running engine: nothing that they try is carried out or can be read."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import boto3
import pytest
from playwright.sync_api import Browser, Page

from agenticai.emulator.http.reach import Reach
from agenticai.emulator.process import start_engine
from tests.browser import chromium, keep_page, needs_chromium
from tests.integration.apis import Apis
from tests.integration.cloud import CASSETTES, Cloud

pytestmark = needs_chromium

FRIEND = "friend.test"
PICTURE = '<svg xmlns="http://www.w3.org/2000/svg" width="7" height="7"/>'
FORM = """<form id="f" method="post" action="{url}" enctype="{kind}">
<input name="Action" value="CreateQueue"><input name="QueueName" value="by-a-form">
<input name='{{"seconds":3600,"a":"' value='"}}'></form><script>document.getElementById("f").submit()</script>"""
FETCH = """<script>
const form = {{"Content-Type": "application/x-www-form-urlencoded"}}, json = {{"Content-Type": "application/json"}};
const tried = [
  fetch("{url}/_harness/usage").then(r => r.ok ? r.text() : r.status),
  fetch("{url}/?Action=CreateQueue&QueueName=by-fetch", {{mode: "no-cors"}}),
  fetch("{url}/", {{method: "POST", mode: "no-cors", headers: form, body: "Action=CreateQueue&QueueName=by-post"}}),
  fetch("{url}/_harness/clock/advance", {{method: "POST", headers: json, body: '{{"seconds": 9}}'}}),
  fetch("{url}/_ministack/reset", {{method: "POST"}}),
];
window.read = Promise.allSettled(tried).then(([first]) => first.value || "blocked");
</script>"""
SOCKET = """<script>
window.opened = new Promise(done => {{
  const socket = new WebSocket("{ws}/");
  socket.onopen = () => done("open");
  socket.onerror = () => done("refused");
}});
</script>"""


class Pages:
    """A server of pages on another origin than the engine's: each path has a text or a redirect."""

    def __init__(self) -> None:
        pages: dict[str, str] = {}

        class Handler(BaseHTTPRequestHandler):
            """Answers with a page, or with a redirect."""

            known: ClassVar = pages

            def do_GET(self) -> None:
                text = self.known.get(self.path, "")
                away = text.startswith("http")
                self.send_response(307 if away else 200)
                self.send_header("Location" if away else "Content-Type", text if away else "text/html")
                self.end_headers()
                self.wfile.write(text.encode())

            do_POST = do_GET  # noqa: N815 - the name that the server calls

            def log_message(self, format: str, *args: object) -> None:
                """Write no log."""

        self.pages = pages
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"


@pytest.fixture(scope="module")
def pages() -> Iterator[Pages]:
    served = Pages()
    yield served
    served.server.shutdown()
    served.server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium("--host-resolver-rules=MAP evil.test 127.0.0.1, MAP friend.test 127.0.0.1") as running:
        yield running


@pytest.fixture(scope="module")
def own(pages: Pages, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """An engine that allows one origin, but not the hostile pages'."""
    reach = Reach(origins=[pages.url("", FRIEND)])
    with (
        start_engine(cassettes=CASSETTES, run_dir=tmp_path_factory.mktemp("engine"), reach=reach) as engine,
        Cloud(engine.endpoint_url) as cloud,
    ):
        cloud.sqs.create_queue(QueueName="kept")
        yield cloud


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    opened = keep_page(browser)
    yield opened
    opened.goto("about:blank")


def api_url(cloud: Cloud, body: str, **deployed: str) -> str:
    """Deploy an API that answers all requests with this body; return its address."""
    with Apis(cloud) as apis:
        return f"{cloud.endpoint_url}/_aws/execute-api/{apis.deploy_rest(body, **deployed)}/v1/"


def untouched(cloud: Cloud) -> bool:
    """Return whether the engine is unchanged: its only queue is not purged, and its clock was not moved."""
    names = [url.rpartition("/")[2] for url in cloud.sqs.list_queues().get("QueueUrls", [])]
    return names == ["kept"] and cloud.control.clock().ahead_s == 0


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data"])
@pytest.mark.parametrize("path", ["/", "/_harness/clock/advance", "/_ministack/reset"])
@pytest.mark.parametrize("host", ["127.0.0.1", "evil.test"])
def test_forms_do_nothing(own: Cloud, pages: Pages, page: Page, kind: str, path: str, host: str) -> None:
    pages.pages["/form"] = FORM.format(url=own.endpoint_url + path, kind=kind)
    with page.expect_navigation(url=own.endpoint_url + path):
        page.goto(pages.url("/form", host))
    assert "Refused" in page.content()
    assert untouched(own)


@pytest.mark.parametrize("scheme", ["data", "file", "http"])
def test_scripts_do_nothing_and_read_nothing(own: Cloud, pages: Pages, page: Page, tmp_path: Path, scheme: str) -> None:
    text = FETCH.format(url=own.endpoint_url)
    pages.pages["/fetch"] = text
    (tmp_path / "page.html").write_text(text)
    addresses = {"data": f"data:text/html,{text}", "file": f"file://{tmp_path}/page.html", "http": pages.url("/fetch")}
    page.goto(addresses[scheme])
    assert page.evaluate("window.read") == "blocked"
    assert untouched(own)


def test_an_address_that_leads_elsewhere_does_nothing(own: Cloud, pages: Pages, page: Page) -> None:
    """An address that is typed, or opened by another program, may be redirected by its owner."""
    act = f"{own.endpoint_url}/?Action=CreateQueue&QueueName=by-a-redirect"
    pages.pages["/away"] = act
    page.goto(pages.url("/away", "evil.test"))
    assert page.url == act
    assert "Refused" in page.content()
    assert untouched(own)


def test_images_links_and_redirects_do_nothing(own: Cloud, pages: Pages, page: Page) -> None:
    act = f"{own.endpoint_url}/?Action=CreateQueue&QueueName=by-a-link"
    pages.pages["/away"] = act
    pages.pages["/links"] = (
        f'<img src="{act}"><iframe src="{act}"></iframe><a href="{act}">a</a><a href="/away" id="away">b</a>'
    )
    page.goto(pages.url("/links"))
    page.click("text=a")
    page.wait_for_url(act)
    assert "Refused" in page.content()
    page.goto(pages.url("/links"))
    page.click("#away")
    page.wait_for_url(act)
    assert untouched(own)


def test_a_redirected_form_does_nothing(own: Cloud, pages: Pages, page: Page) -> None:
    pages.pages["/there"] = f"{own.endpoint_url}/"
    pages.pages["/form"] = FORM.format(url=pages.url("/there"), kind="application/x-www-form-urlencoded")
    with page.expect_navigation(url=f"{own.endpoint_url}/"):
        page.goto(pages.url("/form"))
    assert untouched(own)


def test_a_host_name_of_the_pages_own_reads_nothing(own: Cloud, page: Page) -> None:
    port = own.endpoint_url.rpartition(":")[2]
    page.goto(f"http://evil.test:{port}/_harness/usage")
    assert "--allow-host evil.test" in page.content()
    assert untouched(own)


def test_websockets_are_not_opened(own: Cloud, pages: Pages, page: Page) -> None:
    pages.pages["/socket"] = SOCKET.format(ws=own.endpoint_url.replace("http", "ws"))
    page.goto(pages.url("/socket"))
    assert page.evaluate("window.opened") == "refused"


def test_a_page_from_a_bucket_has_no_rights_here(own: Cloud, page: Page) -> None:
    """A generated site, opened from the engine itself, has no origin."""
    s3 = boto3.client(
        "s3",
        endpoint_url=own.endpoint_url,
        region_name="us-east-1",
        aws_access_key_id="000000000000",
        aws_secret_access_key="any",
    )
    s3.create_bucket(Bucket="site")
    s3.put_object(Bucket="site", Key="index.html", Body=FETCH.format(url=own.endpoint_url), ContentType="text/html")
    s3.close()
    page.goto(f"{own.endpoint_url}/site/index.html")
    assert page.evaluate("window.read") == "blocked"
    assert untouched(own)


def test_a_page_of_a_deployed_api_may_call_that_api_only(own: Cloud, page: Page) -> None:
    api = api_url(own, FETCH.format(url=own.endpoint_url) + '<a href="?">again</a>')
    page.goto(f"{api}?action=any")
    assert page.evaluate("window.read") == 403
    assert page.evaluate("fetch('', {method: 'POST'}).then(answer => answer.status)") == 200
    page.click("text=again")
    page.wait_for_url(f"{api}?")
    assert "again" in page.content()
    assert untouched(own)


def test_an_api_that_allows_every_origin_lets_pages_call_that_api_only(own: Cloud, pages: Pages, page: Page) -> None:
    api = api_url(own, "hello", variable="*")
    host = f"http://x.execute-api.localhost:{own.endpoint_url.rpartition(':')[2]}"
    pages.pages["/fetch"] = FETCH.format(url=host)
    page.goto(pages.url("/fetch"))
    assert page.evaluate("window.read") == "blocked"
    assert page.evaluate(f"fetch('{api}').then(answer => answer.text())") == "hello"
    assert untouched(own)


def test_an_origin_that_was_allowed_may_act_read_and_show(own: Cloud, pages: Pages, page: Page) -> None:
    pages.pages["/shown"] = f'<img src="{api_url(own, PICTURE, kind="image/svg+xml")}">'
    page.goto(pages.url("/shown", FRIEND))
    assert page.evaluate("document.images[0].decode().then(() => document.images[0].width)") == 7
    assert page.evaluate(f"fetch('{own.endpoint_url}/_harness/usage').then(answer => answer.ok)")
    create = f"{own.endpoint_url}/?Action=CreateQueue&QueueName=by-a-friend"
    page.evaluate(f"fetch('{create}').then(answer => answer.text())")
    own.sqs.delete_queue(QueueUrl=own.sqs.get_queue_url(QueueName="by-a-friend")["QueueUrl"])
