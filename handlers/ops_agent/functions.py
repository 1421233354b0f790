"""The functions that a project's handlers become: what each is called, and where the API has it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

_SAYS_NOTHING: Final = frozenset(
    {"app", "function", "handler", "index", "lambda", "lambda_function", "lambda_handler", "main", "src"}
)
"""Names of files and folders that tell no function from another."""


@dataclass(frozen=True)
class Function:
    """A function by its handler in Lambda's notation, with a name of words and hyphens; empty if it is the only one."""

    handler: str
    name: str

    @property
    def id(self) -> str:
        """Its logical id in the template."""
        return "".join(word.title() for word in self.name.split("-")) + "Function"

    @property
    def route(self) -> str:
        """The path below which the API calls it, without a slash at its end."""
        return f"/{self.name}" if self.name else ""


def list_functions(handlers: Sequence[str]) -> tuple[Function, ...]:
    """Return the functions of a project; the only one needs no name."""
    if len(handlers) == 1:
        return (Function(handlers[0], ""),)
    return tuple(map(Function, handlers, _distinguish(handlers)))


def _distinguish(handlers: Sequence[str]) -> Iterator[str]:
    """Yield a name for each handler: what of its path says something, and a number where that is another's too."""
    taken: set[str] = set()
    for handler in handlers:
        parts = PurePosixPath(handler.rpartition(".")[0]).parts
        telling = [part for part in parts if part.lower() not in _SAYS_NOTHING] or parts
        words = re.sub(r"[^a-z0-9]+", "-", telling[-1].lower()).strip("-") or "function"
        name = next(each for each in _number(words) if each not in taken)
        taken.add(name)
        yield name


def _number(words: str) -> Iterator[str]:
    yield words
    number = 2
    while True:
        yield f"{words}-{number}"
        number += 1
