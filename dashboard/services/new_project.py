"""The input for a new project or a change request: text, a file, or a template."""

from dataclasses import dataclass
from typing import Final

NAME_WORDS: Final = 6
LONGEST_NAME: Final = 100
LARGEST_FILE: Final = 200_000
"""The maximum size in bytes; the API accepts no larger body."""


class InvalidInput(Exception):
    """The input cannot be posted; the message says what to do."""


@dataclass(frozen=True)
class NewRequest:
    """The request to post."""

    name: str
    requirements: str | None
    template: str | None


def make_request(name: str, text: str, file: bytes | None, template: str | None) -> NewRequest:
    """Return the request to post. Raises `InvalidInput`."""
    requirements = read_requirements(text, file)
    if requirements is None and template is None:
        raise InvalidInput("Enter the requirements, choose a file that contains them, or choose a template.")
    project_name = " ".join(name.split()) or " ".join((requirements or str(template)).split()[:NAME_WORDS])
    return NewRequest(project_name[:LONGEST_NAME], requirements, template)


def read_requirements(text: str, file: bytes | None) -> str | None:
    """Return the requirements in a text or a file; None if both are empty. Raises `InvalidInput`."""
    written = text.strip() or None
    if file is None:
        return written
    if written:
        raise InvalidInput("Give the requirements as text or as a file, not both.")
    if len(file) > LARGEST_FILE:
        raise InvalidInput(f"The file has {len(file):,} bytes; the limit is {LARGEST_FILE:,}.")
    try:
        return file.decode("utf-8-sig").strip() or None
    except UnicodeDecodeError as error:
        raise InvalidInput(f"The file is not UTF-8 text (byte {error.start + 1}).") from error
