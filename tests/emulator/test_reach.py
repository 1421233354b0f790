"""Host names and origins, as users may write them and as browsers send them."""

import pytest

from agenticai.emulator.core.errors import InvalidReach
from agenticai.emulator.http.reach import Reach, parse_host_name, parse_origin


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("http://localhost:5173", "http://localhost:5173"),
        ("HTTP://LocalHost:5173/", "http://localhost:5173"),
        ("http://app.example:80", "http://app.example"),
        ("https://app.example:443/", "https://app.example"),
        ("https://app.example:80", "https://app.example:80"),
        ("http://[::1]:3000", "http://[::1]:3000"),
        ("chrome-extension://abcdefgh", "chrome-extension://abcdefgh"),
    ],
)
def test_an_origin_is_written_as_browsers_send_it(written: str, sent: str) -> None:
    assert parse_origin(written) == sent


@pytest.mark.parametrize(
    "written", ["*", "null", "", "localhost:5173", "http://", "http://a/path", "http://a?b", "http://u@a", "http://a b"]
)
def test_what_is_no_origin_is_refused_in_a_sentence(written: str) -> None:
    with pytest.raises(InvalidReach, match="such as http://localhost:5173"):
        Reach(origins=[written])


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Bench.Example", "bench.example"),
        ("bench.example:4566", "bench.example"),
        ("172.17.0.1", "172.17.0.1"),
        ("fe80::1", "fe80::1"),
        ("[fe80::1]:4566", "fe80::1"),
    ],
)
def test_a_host_is_a_name_without_a_port(written: str, name: str) -> None:
    assert parse_host_name(written) == name
    assert Reach(hosts=[written]).arguments == ["--host", "127.0.0.1", "--allow-host", name]


@pytest.mark.parametrize("written", ["*", "", "http://bench.example", "bench.example/x", "a b", "*.example"])
def test_what_is_no_host_is_refused_in_a_sentence(written: str) -> None:
    with pytest.raises(InvalidReach, match="the name of a host"):
        Reach(hosts=[written])
