"""The engines that run for others to use: each is noted in the state folder for as long as its process lives."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from agenticai.emulator.core.home import make_home, private_folder
from agenticai.stack.private_files import owner_only, write_private

FOLDER: Final = "engines"
CURL: Final = ".curl"


@contextmanager
def noted(home: Path, endpoint_url: str, control_token: str | None = None) -> Iterator[None]:
    """Have `running` name an engine for as long as the block, or at the most this process, lasts.

    `control_token` is what its control API asks for, if anything. The note is locked, and a lock ends with its process,
    however that ends.
    """
    make_home(home)
    private_folder(home / FOLDER)
    note = home / FOLDER / f"{os.getpid()}.json"
    written = note.with_suffix(".new")
    with open(written, "w", encoding="utf-8", opener=owner_only) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write(json.dumps({"endpoint_url": endpoint_url, "control_token": control_token}))
        file.flush()
        written.rename(note)  # only now, so that nobody finds it without its lock
        try:
            yield
        finally:
            note.unlink(missing_ok=True)


@contextmanager
def curl_settings(home: Path, token: str) -> Iterator[Path]:
    """Write a file for `curl --config` with an API's token, for as long as the block lasts.

    Among curl's arguments every user of the machine would see it.
    """
    make_home(home)
    settings = private_folder(home / FOLDER) / f"{os.getpid()}{CURL}"
    write_private(settings, f'header = "Authorization: Bearer {token}"\n')
    try:
        yield settings
    finally:
        settings.unlink(missing_ok=True)


def running(home: Path) -> tuple[str, ...]:
    """Return the addresses of the engines that run, such as `http://127.0.0.1:4566`, and forget those that ended."""
    return tuple(address for address, _ in _read_notes(home))


def noted_token(home: Path, endpoint_url: str) -> str | None:
    """Return what the control API of an engine that `running` names asks for; None if nothing."""
    return next((token for address, token in _read_notes(home) if address == endpoint_url), None)


def _read_notes(home: Path) -> list[tuple[str, str | None]]:
    return [found for note in sorted((home / FOLDER).glob("*.json")) if (found := _read(note))]


def _read(note: Path) -> tuple[str, str | None] | None:
    try:
        with note.open(encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                said = json.load(file)
                return str(said["endpoint_url"]), said["control_token"]
            for left in (note, note.with_suffix(CURL)):
                left.unlink(missing_ok=True)
    except (OSError, ValueError, KeyError, TypeError):
        return None  # it has ended meanwhile, or is not a note of this version
    return None
