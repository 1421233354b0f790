"""The one HTML page of Streamlit as the dashboard serves it, at every page's address."""

import re
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from streamlit.file_util import get_static_dir

from agenticai.dashboard.__main__ import Pages
from agenticai.dashboard.front_page import PARTS, read_front_page

STREAMLIT = Path(get_static_dir())


def preloaded(page: str) -> set[str]:
    return set(re.findall(r'<link rel="modulepreload" crossorigin href="/(static/js/[^"]+)">', page))


async def streamlit(_: object) -> PlainTextResponse:
    return PlainTextResponse("Streamlit's own")


@pytest.fixture
def client() -> TestClient:
    app = Starlette(routes=[Route("/_stcore/health", streamlit), Route("/static/js/a.js", streamlit)])
    return TestClient(Pages(app, STREAMLIT), base_url="http://127.0.0.1:8501", follow_redirects=False)


def test_streamlit_has_the_large_parts_by_these_names() -> None:
    names = preloaded(read_front_page(STREAMLIT, with_parts=True))
    assert {Path(name).name.split(".")[0] for name in names} >= set(PARTS)
    assert all((STREAMLIT / name).is_file() for name in names)


def test_streamlit_reads_the_settings_that_the_page_gives() -> None:
    programs = "".join(path.read_text("utf-8") for path in (STREAMLIT / "static/js").glob("index.*.js"))
    page = read_front_page(STREAMLIT, with_parts=False)
    for name in ("BACKEND_BASE_URL", "MAIN_PAGE_BASE_URL", "HOST_CONFIG"):
        assert f"{name}:" in page
        assert name in programs


def test_a_page_is_answered_at_its_own_address(client: TestClient) -> None:
    answer = client.get("/queues?queue=any")
    assert answer.text == read_front_page(STREAMLIT, with_parts=True)
    assert answer.headers["content-security-policy"].startswith("default-src 'self'")
    assert answer.headers["cache-control"] == "no-cache"


def test_the_overview_is_at_the_root_and_fetches_no_large_parts(client: TestClient) -> None:
    assert preloaded(client.get("/").text) == set()
    assert client.get("/overview").headers["location"] == "/"


def test_streamlit_answers_what_is_no_page(client: TestClient) -> None:
    for path in ("/_stcore/health", "/static/js/a.js"):
        answer = client.get(path)
        assert answer.text == "Streamlit's own"
        assert "content-security-policy" in answer.headers
