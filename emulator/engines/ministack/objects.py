"""Keeps S3 objects in the spool: their bodies and metadata, and the parts of incomplete uploads."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from agenticai.emulator.engines.ministack.converted import BoundedDict, ConvertingDict
from agenticai.emulator.engines.ministack.parts import Parts, bound_upload
from agenticai.emulator.spool.bodies import Bodies
from agenticai.emulator.spool.file import Spool
from agenticai.emulator.spool.shelf import Shelf

# MiniStack's buckets, objects and versions are dictionaries.
EngineRecord = dict[str, Any]

CURRENT = ""
"""The version under which the body of an object's current version is stored."""


class Objects:
    """Stores the objects of MiniStack's S3, in place of its own persistence, whose functions are replaced here.

    MiniStack's persistence keeps the bodies of earlier versions in memory, so these are moved to the spool as well.
    """

    def __init__(self, s3: Any, spool: Spool, folder: Path) -> None:
        self._s3 = s3
        self._bodies: Bodies[tuple[str, str, str], str] = Bodies(spool)
        self._build_version: Callable[..., EngineRecord] = s3._version_entry_from_record
        s3.S3_PERSIST, s3.DATA_DIR = True, str(folder)
        s3._buckets._data = ConvertingDict("objects", lambda: Shelf(spool))
        s3._object_versions._data = Shelf(spool)
        s3._multipart_uploads._data = ConvertingDict("parts", lambda: Parts(spool))
        s3._completed_multipart_uploads._data = BoundedDict(1_000)
        s3._upload_part = bound_upload(s3._upload_part, s3._error)
        s3._upload_part_copy = bound_upload(s3._upload_part_copy, s3._error)
        s3._version_entry_from_record = lambda record, version, _: self._build_version(record, version, None)
        s3._persist_object = self._store_body
        s3._persist_delete_marker = lambda *_: None
        s3._persist_displaced_version = self._store_former_body
        s3._read_body = self._read_body
        s3._version_body = self._read_version_body
        s3._delete_version_file = self._drop_body
        s3._delete_persisted_object = lambda bucket, key: self._drop_body(bucket, key, CURRENT)
        s3._delete_persisted_bucket = self._drop_bucket

    def _locate(self, bucket: str, key: str) -> tuple[str, str, str]:
        return self._s3.get_account_id(), bucket, key

    def _store_body(self, bucket: str, key: str, record: EngineRecord) -> None:
        """Store an object's body, unless it is stored already."""
        if record.get("body") is not None:
            self._bodies.write(self._locate(bucket, key), CURRENT, record["body"])
            record["body"] = None

    def _store_former_body(self, bucket: str, key: str, former: EngineRecord | None, versioning: str) -> None:
        """Store the body of an object that is about to be replaced or hidden under its version."""
        version = (former or {}).get("version_id") or "null"
        if versioning == "Suspended":
            self._drop_body(bucket, key, "null")
        if former is not None and not (versioning == "Suspended" and version == "null"):
            self._bodies.write(self._locate(bucket, key), version, self._read_body(bucket, key, former))

    def _read_body(self, bucket: str, key: str, record: Mapping[str, Any]) -> bytes:
        body: bytes | None = record.get("body")
        return self._bodies.read(self._locate(bucket, key), CURRENT) or b"" if body is None else body

    def _read_version_body(self, bucket: EngineRecord, name: str, key: str, version: EngineRecord) -> bytes | None:
        former = self._bodies.read(self._locate(name, key), version["version_id"])
        if former is not None:
            return former
        current = bucket["objects"].get(key)
        if current is not None and (current.get("version_id") or "null") == version["version_id"]:
            return self._read_body(name, key, current)
        return None

    def _drop_body(self, bucket: str, key: str, version: str) -> None:
        self._bodies.drop(self._locate(bucket, key), version)

    def _drop_bucket(self, name: str) -> None:
        for place in self._bodies.list_places():
            if place[:2] == (self._s3.get_account_id(), name):
                self._bodies.drop_all(place)
