"""The Lambda functions for a project's handlers: their names, and their routes in the API."""

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
"""Names of files and folders that do not distinguish functions."""


@dataclass(frozen=True)
class Function:
    """A function, by its handler in Lambda's notation; `name` has words and hyphens, and is empty for a single one.

    `root` is the folder from which its imports resolve: the CodeUri in a template of its own.
    """

    handler: str
    name: str = ""
    root: str = "."
    language: Language = "python"

    @property
    def id(self) -> str:
        """The logical id in the template."""
        return "".join(word.title() for word in self.name.split("-")) + "Function"

    @property
    def called(self) -> str:
        """The handler that Lambda calls: a generated entry if imports resolve from below the package's root."""
        return self.handler if self.root == "." else f"{self._entry}.handler"

    @property
    def _entry(self) -> str:
        return "_".join(["lambda_root", *self.name.split("-")]).rstrip("_")

    def write_entry(self) -> dict[str, bytes]:
        """Return the generated entry by its path; empty if imports resolve from the package's root.

        Lambda puts only the package's root on the import path.
        """
        if self.root == ".":
            return {}
        path, _, name = self.handler.removeprefix(f"{self.root}/").rpartition(".")
        text = _ENTRY.format(handler=self.handler, root=self.root, module=path.replace("/", "."), name=name)
        return {f"{self._entry}.py": text.encode()}

    @property
    def route(self) -> str:
        """The path below which the API calls it, without a trailing slash."""
        return f"/{self.name}" if self.name else ""


def list_functions(handlers: Sequence[tuple[str, Language]]) -> tuple[Function, ...]:
    """Return a project's functions for its handlers and their languages; a single function has no name."""
    names = _distinguish([handler for handler, _ in handlers]) if len(handlers) > 1 else [""] * len(handlers)
    return tuple(
        Function(handler, name, language=language) for (handler, language), name in zip(handlers, names, strict=True)
    )


def _distinguish(handlers: Sequence[str]) -> Iterator[str]:
    """Yield a unique name for each handler: the distinctive part of its path, with a number if that is taken."""
    taken: set[str] = set()
    for handler in handlers:
        parts = PurePosixPath(handler.rpartition(".")[0]).parts
        distinctive = [part for part in parts if part.lower() not in _SAYS_NOTHING] or parts
        slug = re.sub(r"[^a-z0-9]+", "-", distinctive[-1].lower()).strip("-") or "function"
        name = next(candidate for candidate in _number_names(slug) if candidate not in taken)
        taken.add(name)
        yield name


def _number_names(words: str) -> Iterator[str]:
    yield words
    number = 2
    while True:
        yield f"{words}-{number}"
        number += 1
