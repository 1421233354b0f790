"""The connection to the stack is kept until it is lost, and closed when its last user is done."""

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from agenticai.dashboard.services import connecting
from agenticai.dashboard.services.connecting import Connection

if TYPE_CHECKING:
    from agenticai.client.stack import DeployedStack


class Closed:
    """Stands for a client of any kind, and records whether it was closed."""

    capabilities = frozenset[str]()

    def __init__(self) -> None:
        self.closed = False

    def close(self) -> None:
        self.closed = True

    def client(self, service: str) -> Any:
        return SimpleNamespace(meta=SimpleNamespace(events=SimpleNamespace(register=lambda *_: None)))


def test_a_lost_connection_is_closed_once_nobody_uses_it(monkeypatch: pytest.MonkeyPatch) -> None:
    target, api, source = Closed(), Closed(), Closed()
    stack = cast("DeployedStack", SimpleNamespace(target=target, api=lambda: api))
    monkeypatch.setattr(connecting, "choose_source", lambda _: source)
    connection = Connection("http://127.0.0.1:1", "dev", lambda *_: stack)
    used = connection.get()
    assert connection.get() is used
    connection.lose()
    assert not api.closed
    del used
    assert (target.closed, api.closed, source.closed) == (True, True, True)
