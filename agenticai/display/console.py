"""What a command shows: live progress, tables and lines for people, or one JSON document for machines."""

import json
import os
import shlex
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any, Final

from pydantic import BaseModel
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.padding import Padding
from rich.status import Status
from rich.table import Column, Table
from rich.text import Text

from agenticai.display.printable import printable_lines, readable

TextPart = str | tuple[str, str] | Text
"""Some text: plain, or with a style of Rich's such as `bold` or `green`."""

PLAIN_WIDTH: Final = 160
"""Columns where there is no terminal to ask: a line stays a line for whoever searches it."""

UNBOUNDED: Final = 10_000
"""More columns than any terminal has."""


def text(*parts: TextPart) -> Text:
    """Join parts of a line, or of several.

    This is the one way of text to the terminal: nothing in it is markup, and what would move the cursor, hide or turn
    the writing around is escaped, wherever it comes from.
    """
    return Text.assemble(*(part if isinstance(part, Text) else _safe(part) for part in parts))


def grid(columns: Sequence[Column | str], rows: Iterable[Sequence[TextPart]], title: str = "") -> Table:
    """Return a table without lines; a Column with `no_wrap` is never broken."""
    table = Table(*columns, title=text(title) if title else None, title_justify="left", box=None, pad_edge=False)
    for row in rows:
        table.add_row(*map(text, row))
    return table


def figures(*headers: str) -> list[Column]:
    """Return columns of numbers."""
    return [Column(header, justify="right", style="cyan", no_wrap=True) for header in headers]


class Display:
    """Writes to standard output: for people, or with `as_json` one document for machines."""

    def __init__(self, *, as_json: bool = False, environ: Mapping[str, str] = os.environ) -> None:
        self.as_json = as_json
        self.console = Console(quiet=as_json, highlight=False, markup=False, emoji=False)
        if not self.console.is_terminal and not environ.get("COLUMNS"):
            self.console.width = PLAIN_WIDTH

    def say(self, *parts: TextPart) -> None:
        """Print a line for people. No line is broken: what is to be pasted stays in one piece."""
        self.console.print(text(*parts), soft_wrap=True)

    def explain(self, *parts: TextPart) -> None:
        """Print sentences for people, indented and on a terminal broken between words."""
        if self.console.is_terminal:
            self.console.print(Padding(text(*parts), (0, 0, 0, 2)))
        else:
            self.say("  ", text("\n  ").join(text(*parts).split("\n")))

    def show(self, table: Table) -> None:
        """Print a table, wider than the terminal if nothing else keeps its words whole."""
        self.console.print(_Whole(table), soft_wrap=True)

    def emit(self, document: Any) -> None:
        """Print the result for machines as one JSON document, if that was asked for."""
        if self.as_json:
            print(json.dumps(_plain(document), indent=2), flush=True)  # noqa: T201 - the output itself

    def status(self, *parts: TextPart) -> Status:
        """Return a spinner with a line that says what is being done, for a `with` block."""
        spinner = "dots" if self.console.encoding.startswith("utf") else "line"
        return self.console.status(text(*parts), spinner=spinner)

    @contextmanager
    def step(self, title: str) -> Iterator["ShownStep"]:
        """Show a step that takes a while: a spinner with what it does now, then, when it is done, one line."""
        with self.status(title) as status:
            yield ShownStep(self, status, title)


class ShownStep:
    """A step that runs; `done` says that it has ended well, and how long it took."""

    def __init__(self, display: Display, status: Status, title: str) -> None:
        self._display = display
        self._status = status
        self._title = title
        self._began = monotonic()

    def update(self, doing: str) -> None:
        """Show what it does now."""
        self._status.update(text(doing))
        self._status.start()

    def pause(self) -> None:
        """Take the spinner away, for a question; the next `update` brings it back."""
        self._status.stop()

    def done(self) -> None:
        """Put the line that stays in the spinner's place."""
        self._status.stop()
        self._display.say(("✓", "green"), f" {self._title} ", (f"{monotonic() - self._began:.1f} s", "dim"))


class _Whole:
    """A table at the width of the terminal, or at the least width that cuts none of its words."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        unbounded = options.update(width=UNBOUNDED)
        least = Measurement.get(console, unbounded, self._table).minimum
        yield from console.render(self._table, options.update(width=max(options.max_width, least), no_wrap=False))


def count(number: int, noun: str) -> str:
    """Return a number with its noun: 1 file, 2 files."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def from_here(path: Path) -> str:
    """Return a path as one would type it."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def this_command(started: str = sys.argv[0], python: str = sys.executable, search: str | None = None) -> str:
    """Return this command line as it was started, to be pasted in front of a command.

    `started` is the path of the program, `python` what runs it; `search` is a PATH other than this process's.
    """
    program = Path(started)
    if program.name == "__main__.py":
        return f"{shlex.quote(from_here(Path(python)))} -m {program.parent.name}"
    found = shutil.which(program.name, path=search)
    if found and program.exists() and program.samefile(found):
        return program.name
    return shlex.quote(from_here(program))


def _safe(part: str | tuple[str, str]) -> str | tuple[str, str]:
    if isinstance(part, str):
        return "\n".join(printable_lines(part.expandtabs()))
    return "\n".join(printable_lines(part[0].expandtabs())), part[1]


def _plain(document: Any) -> Any:
    """Return what JSON can say of a document. Models are asked one by one: pydantic builds ours on their first use."""
    match document:
        case BaseModel():
            return _plain(document.model_dump(mode="json"))
        case str():
            return readable(document)
        case dict():
            return {key: _plain(value) for key, value in document.items()}
        case list() | tuple():
            return [_plain(member) for member in document]
    return document
