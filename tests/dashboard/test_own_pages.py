"""Only the dashboard's own pages can reach it, whatever else listens on this machine."""

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from agenticai.dashboard.own_pages import OwnPages

HERE = "127.0.0.1:8501"
STRANGERS = [
    {"host": "evil.example:8501"},
    {"host": "127.0.0.1:8502"},
    {"host": "127.0.0.1"},
    {"origin": "http://evil.example"},
    {"origin": "http://127.0.0.1:4566"},
    {"origin": "https://127.0.0.1:8501"},
    {"origin": "http://localhost:8501"},
    {"origin": "null"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "cross-site"},
]
OWN: list[dict[str, str]] = [
    {},
    {"origin": f"http://{HERE}"},
    {"origin": f"http://{HERE}", "sec-fetch-site": "same-origin"},
    {"host": "localhost:8501", "origin": "http://localhost:8501"},
]


async def page(_: object) -> PlainTextResponse:
    return PlainTextResponse("the dashboard")


async def talk(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text("the dashboard")


@pytest.fixture
def client() -> TestClient:
    app = Starlette(routes=[Route("/", page), WebSocketRoute("/stream", talk)])
    return TestClient(OwnPages(app, 8501), base_url=f"http://{HERE}")


@pytest.mark.parametrize("headers", STRANGERS, ids=str)
def test_a_stranger_is_refused(client: TestClient, headers: dict[str, str]) -> None:
    assert client.get("/", headers=headers).status_code == 403
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/stream", headers=headers):
        pass


def test_a_link_from_elsewhere_opens_a_page_and_sends_nothing(client: TestClient) -> None:
    linked = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    assert client.get("/?project=1", headers=linked).status_code == 200
    assert client.post("/", headers=linked).status_code == 403
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/stream", headers=linked):
        pass


@pytest.mark.parametrize("headers", OWN, ids=str)
def test_its_own_pages_and_programs_are_answered(client: TestClient, headers: dict[str, str]) -> None:
    assert client.get("/", headers=headers).text == "the dashboard"
    with client.websocket_connect("/stream", headers={"host": HERE, **headers}) as socket:
        assert socket.receive_text() == "the dashboard"
