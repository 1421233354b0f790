"""Dictionaries that replace MiniStack's own, which would grow without limit."""

from collections.abc import Callable, MutableMapping
from typing import Any


class ConvertingDict(dict[Any, Any]):
    """A dictionary of records in which a member that would grow is replaced by one from `new_member`."""

    def __init__(self, member: str, new_member: Callable[[], MutableMapping[Any, Any]]) -> None:
        super().__init__()
        self._member = member
        self._new_member = new_member

    def __setitem__(self, key: Any, record: dict[str, Any]) -> None:
        values = record.get(self._member, {})
        if isinstance(values, dict):
            record[self._member] = self._new_member()
            record[self._member].update(values)
        super().__setitem__(key, record)

    def setdefault(self, key: Any, default: Any = None) -> Any:
        """Return the key's record, after setting the default if there is none."""
        if key not in self:
            self[key] = default
        return self[key]


class BoundedDict(dict[Any, Any]):
    """A dictionary that drops its oldest entry if it has more than `limit`."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self._limit = limit

    def __setitem__(self, key: Any, value: Any) -> None:
        self.pop(key, None)
        super().__setitem__(key, value)
        if len(self) > self._limit:
            del self[next(iter(self))]
