"""Streamlit's only HTML page as the dashboard serves it, at every page's address."""

import re
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from streamlit.file_util import get_static_dir

from agenticai.dashboard.__main__ import Pages
from agenticai.dashboard.front_page import PARTS, PROJECT, find_parts, read_front_page

STREAMLIT = Path(get_static_dir())


def preloaded(page: str) -> set[str]:
    return set(re.findall(r'<link rel="modulepreload" crossorigin href="/(static/js/[^"]+)">', page))


async def streamlit(_: object) -> PlainTextResponse:
    return PlainTextResponse("Streamlit's own")


@pytest.fixture
def client() -> TestClient:
    app = Starlette(routes=[Route("/_stcore/health", streamlit), Route("/static/js/a.js", streamlit)])
    return TestClient(Pages(app, STREAMLIT), base_url="http://127.0.0.1:8501", follow_redirects=False)


@pytest.mark.parametrize("name", PARTS)
def test_streamlit_has_the_parts_by_these_names(name: str) -> None:
    programs = preloaded(read_front_page(STREAMLIT, PARTS[name]))
    assert {Path(program).name.split(".")[0] for program in programs} >= set(PARTS[name])
    assert all((STREAMLIT / program).is_file() for program in programs)


def test_the_program_is_named_before_the_parts_and_none_twice() -> None:
    page = read_front_page(STREAMLIT, PARTS[PROJECT])
    links = re.findall(r'(?:href|src)="[./]*(static/[^"]+)"', page)
    own = re.findall(r'(?:href|src)="[./]*(static/[^"]+)"', (STREAMLIT / "index.html").read_text("utf-8"))
    assert links[: len(own)] == own
    assert len(links) == len(set(links))


def test_only_pages_with_charts_fetch_the_program_of_charts(client: TestClient) -> None:
    charts = {name for name, parts in PARTS.items() if "ArrowVegaLiteChart" in parts}
    assert charts == {"queues", PROJECT, "scores", "costs"}
    assert "/embed." in client.get("/queues").text
    assert "/embed." not in client.get("/projects").text


@pytest.mark.parametrize(
    ("query", "name"),
    [("project=01A", PROJECT), ("a=b&project=01A", PROJECT), ("project=", "projects"), ("", "projects")],
)
def test_a_project_has_the_parts_of_its_own_page(query: str, name: str) -> None:
    assert find_parts("/projects", query) == PARTS[name]


def test_streamlit_reads_the_settings_that_the_page_gives() -> None:
    programs = "".join(path.read_text("utf-8") for path in (STREAMLIT / "static/js").glob("index.*.js"))
    page = read_front_page(STREAMLIT, ())
    for name in ("BACKEND_BASE_URL", "MAIN_PAGE_BASE_URL", "HOST_CONFIG"):
        assert f"{name}:" in page
        assert name in programs


def test_a_page_is_answered_at_its_own_address(client: TestClient) -> None:
    answer = client.get("/queues?queue=any")
    assert answer.text == read_front_page(STREAMLIT, PARTS["queues"])
    assert answer.headers["content-security-policy"].startswith("default-src 'self'")
    assert answer.headers["cache-control"] == "no-cache"


def test_the_overview_is_at_the_root(client: TestClient) -> None:
    assert client.get("/").text == read_front_page(STREAMLIT, PARTS[""])
    assert client.get("/overview").headers["location"] == "/"


def test_an_unknown_address_has_what_every_page_draws(client: TestClient) -> None:
    assert client.get("/nowhere").text == read_front_page(STREAMLIT, ("Html",))


def test_streamlit_answers_what_is_no_page(client: TestClient) -> None:
    for path in ("/_stcore/health", "/static/js/a.js"):
        answer = client.get(path)
        assert answer.text == "Streamlit's own"
        assert "content-security-policy" in answer.headers
