"""The bucket in memory."""

from shared.models.project import StoredObject
from shared.storage.objects import describe


class InMemoryObjects:
    """A bucket as a mapping."""

    def __init__(self) -> None:
        self.contents: dict[str, bytes] = {}
        self.types: dict[str, str] = {}

    def put(self, key: str, content: bytes, content_type: str) -> StoredObject:
        self.contents[key] = content
        self.types[key] = content_type
        return describe(key, content)

    def put_first(self, key: str, content: bytes, content_type: str) -> bytes:
        self.types.setdefault(key, content_type)
        return self.contents.setdefault(key, content)

    def get(self, key: str) -> bytes | None:
        return self.contents.get(key)

    def erase(self, prefix: str, *, at_most: int = 1000) -> bool:
        keys = [key for key in self.contents if key.startswith(prefix)]
        for key in keys[:at_most]:
            del self.contents[key]
        return len(keys) > at_most

    def link(self, stored: StoredObject, seconds: int) -> str:
        return f"memory:{stored.key}?seconds={seconds}"
