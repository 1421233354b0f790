"""What `up` says remains after it is stopped."""

from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from agenticai.display.serving import describe_remains

if TYPE_CHECKING:
    from agenticai.scenarios.benches.deployed import Bench


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "everything in it is gone then."),
        (
            "http://127.0.0.1:4510",
            "the stack stays in the LocalStack at http://127.0.0.1:4510, and its functions call this address:"
            " start again with --port 4567.",
        ),
    ],
)
def test_a_stack_that_stays_is_started_again_at_its_address(url: str, said: str) -> None:
    engine, target = SimpleNamespace(chosen=SimpleNamespace(url=url)), SimpleNamespace(endpoint_url="http://[::1]:4567")
    assert describe_remains(cast("Bench", SimpleNamespace(engine=engine, target=target))) == said
