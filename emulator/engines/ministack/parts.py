"""Keeps the parts of incomplete S3 uploads in the spool, and limits their total size."""

from collections.abc import Callable, Iterator, MutableMapping
from typing import Any

from agenticai.emulator.http.size_limits import OBJECT_BYTES
from agenticai.emulator.spool.bodies import Bodies
from agenticai.emulator.spool.file import Spool

EnginePart = dict[str, Any]  # as in MiniStack: a part's metadata and its body


class TooLarge(Exception):
    """The parts exceed the maximum size of an object."""


class Parts(MutableMapping[int, EnginePart]):
    """The parts by number. Setting one raises TooLarge if the total exceeds the limit."""

    def __init__(self, spool: Spool) -> None:
        self._parts: dict[int, EnginePart] = {}
        self._bodies: Bodies[int, str] = Bodies(spool)

    def __setitem__(self, number: int, part: EnginePart) -> None:
        other_bytes = sum(known["size"] for other, known in self._parts.items() if other != number)
        if other_bytes + part["size"] > OBJECT_BYTES:
            raise TooLarge
        self._bodies.write(number, "", part["body"])
        self._parts[number] = {name: value for name, value in part.items() if name != "body"}

    def __getitem__(self, number: int) -> EnginePart:
        return LazyPart(self._parts[number], lambda: self._bodies.read(number, ""))

    def __delitem__(self, number: int) -> None:
        del self._parts[number]
        self._bodies.drop(number, "")

    def __iter__(self) -> Iterator[int]:
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)


class LazyPart(EnginePart):
    """A part whose body is read on access."""

    def __init__(self, known: EnginePart, read: Callable[[], bytes | None]) -> None:
        super().__init__(known)
        self._read = read

    def __missing__(self, name: str) -> bytes | None:
        if name == "body":
            return self._read()
        raise KeyError(name)


def bound_upload(upload: Callable[..., Any], error: Callable[..., Any]) -> Callable[..., Any]:
    """Refuse the upload of a part, with S3's error, if the whole upload becomes too large."""

    def upload_bounded(*arguments: Any) -> Any:
        try:
            return upload(*arguments)
        except TooLarge:
            message = "Your proposed upload exceeds the maximum allowed size"
            return error("EntityTooLarge", f"{message}: the engine's limit is {OBJECT_BYTES} bytes.", 400)

    return upload_bounded
