"""The functions that a project's handlers become: what each is called, and where the API has it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from shared.models.runs import Language

_ENTRY: Final = '''\
"""Has Lambda call {handler}, whose imports begin in {root}."""

import importlib
import os
import sys

os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), "{root}"))
sys.path.insert(0, os.getcwd())
handler = importlib.import_module("{module}").{name}
'''

_SAYS_NOTHING: Final = frozenset(
    {"app", "function", "handler", "index", "lambda", "lambda_function", "lambda_handler", "main", "src"}
)
"""Names of files and folders that tell no function from another."""


@dataclass(frozen=True)
class Function:
    """A function by its handler in Lambda's notation, with a name of words and hyphens; empty if it is the only one.

    `root` is the folder in which its imports begin: what a template of its own would give as its CodeUri.
    """

    handler: str
    name: str = ""
    root: str = "."
    language: Language = "python"

    @property
    def id(self) -> str:
        """Its logical id in the template."""
        return "".join(word.title() for word in self.name.split("-")) + "Function"

    @property
    def called(self) -> str:
        """The handler that Lambda calls: an entry of ours where its imports begin below the package's root."""
        return self.handler if self.root == "." else f"{self._entry}.handler"

    @property
    def _entry(self) -> str:
        return "_".join(["lambda_root", *self.name.split("-")]).rstrip("_")

    def write_entry(self) -> dict[str, bytes]:
        """Return the file that it needs to be called, by its path; none where its imports begin in the package's root.

        Lambda puts the package's root alone on the path of imports.
        """
        if self.root == ".":
            return {}
        path, _, name = self.handler.removeprefix(f"{self.root}/").rpartition(".")
        text = _ENTRY.format(handler=self.handler, root=self.root, module=path.replace("/", "."), name=name)
        return {f"{self._entry}.py": text.encode()}

    @property
    def route(self) -> str:
        """The path below which the API calls it, without a slash at its end."""
        return f"/{self.name}" if self.name else ""


def list_functions(handlers: Sequence[tuple[str, Language]]) -> tuple[Function, ...]:
    """Return the functions of a project, whose handlers are given with their languages; the only one needs no name."""
    names = _distinguish([handler for handler, _ in handlers]) if len(handlers) > 1 else [""] * len(handlers)
    return tuple(
        Function(handler, name, language=language) for (handler, language), name in zip(handlers, names, strict=True)
    )


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
