"""New identifiers and the time."""

from datetime import UTC, datetime, tzinfo

import pytest

from shared import identifiers


class Stopped(datetime):
    """A clock that stands still a little before a full second."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> "Stopped":
        return cls(2026, 1, 2, 3, 4, 5, 999_999, tz)


def test_the_time_is_in_utc_to_the_millisecond(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identifiers, "datetime", Stopped)
    assert identifiers.now() == datetime(2026, 1, 2, 3, 4, 5, 999_000, UTC)


def test_each_id_is_new_and_a_ulid() -> None:
    first, second = identifiers.new_ulid(), identifiers.new_ulid()
    assert first != second
    assert len(first) == len(second) == 26
