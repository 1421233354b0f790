"""The engines that run for others to use: each is noted in the state folder for as long as its process lives."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from agenticai.emulator.home import make_home, private_folder
from agenticai.stack.private_files import owner_only

FOLDER: Final = "engines"


@contextmanager
def noted(home: Path, endpoint_url: str) -> Iterator[None]:
    """Have `running` name an engine for as long as the block, or at the most this process, lasts.

    The note is locked, and a lock ends with its process, however that ends.
    """
    make_home(home)
    private_folder(home / FOLDER)
    note = home / FOLDER / f"{os.getpid()}.json"
    written = note.with_suffix(".new")
    with open(written, "w", encoding="utf-8", opener=owner_only) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write(json.dumps({"endpoint_url": endpoint_url}))
        file.flush()
        written.rename(note)  # only now, so that nobody finds it without its lock
        try:
            yield
        finally:
            note.unlink(missing_ok=True)


def running(home: Path) -> tuple[str, ...]:
    """Return the addresses of the engines that run, such as `http://127.0.0.1:4566`, and forget those that ended."""
    return tuple(filter(None, map(_address, sorted((home / FOLDER).glob("*.json")))))


def _address(note: Path) -> str | None:
    try:
        with note.open(encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return str(json.load(file)["endpoint_url"])
            note.unlink(missing_ok=True)
    except (OSError, ValueError, KeyError, TypeError):
        return None  # it has ended meanwhile, or is not a note of this version
    return None
