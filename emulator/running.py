"""Registers running engines in the state folder, for as long as their process runs."""

import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from agenticai.emulator.core.home import make_home, make_private_folder
from agenticai.stack.private_files import open_for_owner, write_private

FOLDER: Final = "engines"
CURL: Final = ".curl"


class Note(NamedTuple):
    """An engine's address, further host names by which it is reached, and its control API's secret.

    `target` is the kind of engine: embedded or localstack.
    """

    endpoint_url: str
    hosts: Sequence[str]
    control_token: str | None
    target: str

    def is_at(self, endpoint_url: str) -> bool:
        """Return whether this address reaches the engine."""
        if endpoint_url == self.endpoint_url:
            return True
        url = urlsplit(endpoint_url)
        return url.hostname in self.hosts and url.port == urlsplit(self.endpoint_url).port


@contextmanager
def register_engine(
    home: Path,
    endpoint_url: str,
    control_token: str | None = None,
    hosts: Sequence[str] = (),
    target: str = "embedded",
) -> Iterator[None]:
    """Have `list_running_engines` list an engine during the block, but no longer than this process runs.

    `control_token` is its control API's secret, if there is one, `hosts` are further host names by which it is reached,
    and `target` is the kind of engine. The note is locked, and the lock always ends with its process.
    """
    make_home(home)
    make_private_folder(home / FOLDER)
    note = home / FOLDER / f"{os.getpid()}.json"
    temporary = note.with_suffix(".new")
    with open(temporary, "w", encoding="utf-8", opener=open_for_owner) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write(json.dumps(Note(endpoint_url, list(hosts), control_token, target)._asdict()))
        file.flush()
        temporary.rename(note)  # after locking, so that nobody finds it unlocked
        try:
            yield
        finally:
            note.unlink(missing_ok=True)


@contextmanager
def curl_settings(home: Path, token: str) -> Iterator[Path]:
    """Write a file for `curl --config` with an API's token, and remove it after the block.

    In curl's arguments all users of the machine could see the token.
    """
    make_home(home)
    settings = make_private_folder(home / FOLDER) / f"{os.getpid()}{CURL}"
    write_private(settings, f'header = "Authorization: Bearer {token}"\n')
    try:
        yield settings
    finally:
        settings.unlink(missing_ok=True)


def list_running_engines(home: Path, target: str | None = None) -> tuple[str, ...]:
    """Return the addresses of running engines, such as `http://127.0.0.1:4566`, and remove notes of ended ones.

    With a `target`, return only engines of this kind.
    """
    return tuple(note.endpoint_url for note in _read_notes(home) if target in (None, note.target))


def read_control_token(home: Path, endpoint_url: str) -> str | None:
    """Return the secret of a running engine's control API; None if it has none."""
    return next((note.control_token for note in _read_notes(home) if note.is_at(endpoint_url)), None)


def _read_notes(home: Path) -> list[Note]:
    return [note for path in sorted((home / FOLDER).glob("*.json")) if (note := _read_note(path))]


def _read_note(path: Path) -> Note | None:
    try:
        with path.open(encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return Note(**json.load(file))
            for leftover in (path, path.with_suffix(CURL)):
                leftover.unlink(missing_ok=True)
    except (OSError, ValueError, TypeError):
        return None  # it has ended meanwhile, or another version wrote the note
    return None
