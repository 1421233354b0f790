"""The message for an address without an engine, or with something else."""

import socket
import threading

import pytest

from agenticai.client.stack_lookup import engine_at
from agenticai.stack.errors import TargetError
from tests.screenshots import free_port


def test_where_nothing_listens_that_is_said_at_once() -> None:
    address = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(TargetError, match=f"Nothing answers at {address}: start the engine there"):
        engine_at(address)


def test_what_hangs_up_may_be_an_emulator_without_a_control_api() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(60)
        threading.Thread(target=lambda: listening.accept()[0].close(), daemon=True).start()
        target, secret = engine_at(f"http://127.0.0.1:{listening.getsockname()[1]}")
    assert (target.capabilities, secret) == (frozenset(), None)
