"""The output of a command: live progress, tables and lines for users, or one JSON document for programs."""

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
"""Text, plain or with one of Rich's styles, such as `bold` or `green`."""

PLAIN_WIDTH: Final = 160
"""The width in columns if there is no terminal: lines stay whole, so that they can be searched."""

UNBOUNDED: Final = 10_000
"""A width that is larger than any terminal's."""


def join_text(*parts: TextPart) -> Text:
    """Join the parts of one or several lines.

    All text goes to the terminal through this function: nothing in it is treated as markup, and characters that would
    move the cursor, hide text or reverse it are escaped, whatever their origin.
    """
    return Text.assemble(*(part if isinstance(part, Text) else _make_printable(part) for part in parts))


def make_grid(columns: Sequence[Column | str], rows: Iterable[Sequence[TextPart]], title: str = "") -> Table:
    """Return a table without lines; a Column with `no_wrap` is never wrapped."""
    table = Table(*columns, title=join_text(title) if title else None, title_justify="left", box=None, pad_edge=False)
    for row in rows:
        table.add_row(*map(join_text, row))
    return table


def make_figure_columns(*headers: str) -> list[Column]:
    """Return right-aligned columns for numbers."""
    return [Column(header, justify="right", style="cyan", no_wrap=True) for header in headers]


class Display:
    """Writes to standard output: text for users, or with `as_json` one document for programs."""

    def __init__(self, *, as_json: bool = False, environ: Mapping[str, str] = os.environ) -> None:
        self.as_json = as_json
        self.console = Console(quiet=as_json, highlight=False, markup=False, emoji=False)
        if not self.console.is_terminal and not environ.get("COLUMNS"):
            self.console.width = PLAIN_WIDTH

    def say(self, *parts: TextPart) -> None:
        """Print a line for users. It is not wrapped, so that commands can be copied in one piece."""
        self.console.print(join_text(*parts), soft_wrap=True)

    def explain(self, *parts: TextPart) -> None:
        """Print sentences for users, indented, and on a terminal wrapped between words."""
        if self.console.is_terminal:
            self.console.print(Padding(join_text(*parts), (0, 0, 0, 2)))
        else:
            self.say("  ", join_text("\n  ").join(join_text(*parts).split("\n")))

    def show(self, table: Table) -> None:
        """Print a table, wider than the terminal if its words would be cut otherwise."""
        self.console.print(_Whole(table), soft_wrap=True)

    def emit(self, document: Any) -> None:
        """Print the result as one JSON document, if `as_json` is set."""
        if self.as_json:
            print(json.dumps(_convert_to_json(document), indent=2), flush=True)  # noqa: T201 - the output itself

    def status(self, *parts: TextPart) -> Status:
        """Return a spinner with a line that says what is being done, for use in a `with` block."""
        spinner = "dots" if self.console.encoding.startswith("utf") else "line"
        return self.console.status(join_text(*parts), spinner=spinner)

    @contextmanager
    def step(self, title: str) -> Iterator["ShownStep"]:
        """Show a long step: a spinner with what it is doing, and one line when it is done."""
        with self.status(title) as status:
            yield ShownStep(self, status, title)


class ShownStep:
    """A running step; `done` shows that it has succeeded, and how long it took."""

    def __init__(self, display: Display, status: Status, title: str) -> None:
        self._display = display
        self._status = status
        self._title = title
        self._began = monotonic()

    def update(self, doing: str) -> None:
        """Show what the step is doing now."""
        self._status.update(join_text(doing))
        self._status.start()

    def pause(self) -> None:
        """Remove the spinner for a question; the next `update` shows it again."""
        self._status.stop()

    def done(self) -> None:
        """Replace the spinner by the final line."""
        self._status.stop()
        self._display.say(("✓", "green"), f" {self._title} ", (f"{monotonic() - self._began:.1f} s", "dim"))


class _Whole:
    """A table at the width of the terminal, or wider if its words would be cut otherwise."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        unbounded = options.update(width=UNBOUNDED)
        min_width = Measurement.get(console, unbounded, self._table).minimum
        yield from console.render(self._table, options.update(width=max(options.max_width, min_width), no_wrap=False))


def format_count(number: int, noun: str) -> str:
    """Return a number with its noun: 1 file, 2 files."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def from_here(path: Path) -> str:
    """Return a path relative to the current folder if it is inside, to be typed in a command."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def this_command(started: str = sys.argv[0], python: str = sys.executable, search: str | None = None) -> str:
    """Return this command line as it was started, to be copied in front of a command.

    `started` is the path of the program, and `python` the interpreter; `search` replaces this process's PATH.
    """
    program = Path(started)
    if program.name == "__main__.py":
        return f"{shlex.quote(from_here(Path(python)))} -m {program.parent.name}"
    executable = shutil.which(program.name, path=search)
    if executable and program.exists() and program.samefile(executable):
        return program.name
    return shlex.quote(from_here(program))


def _make_printable(part: str | tuple[str, str]) -> str | tuple[str, str]:
    if isinstance(part, str):
        return "\n".join(printable_lines(part.expandtabs()))
    return "\n".join(printable_lines(part[0].expandtabs())), part[1]


def _convert_to_json(document: Any) -> Any:
    """Convert a document to JSON types. Models are dumped one by one, as pydantic builds ours on first use."""
    match document:
        case BaseModel():
            return _convert_to_json(document.model_dump(mode="json"))
        case str():
            return readable(document)
        case dict():
            return {key: _convert_to_json(value) for key, value in document.items()}
        case list() | tuple():
            return [_convert_to_json(member) for member in document]
    return document
