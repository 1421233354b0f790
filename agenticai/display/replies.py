"""The display of requests that wait for a written reply: a table, and one request in full."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from rich.table import Column, Table
from rich.text import Text

from agenticai.display.console import grid, text
from agenticai.display.queues import moment
from agenticai.display.schemas import describe_schema

if TYPE_CHECKING:
    from agenticai.emulator.core.model_records import MissedReply


def requests(missed: Sequence["MissedReply"], waiting: Mapping[str, Sequence[str]]) -> Table:
    """Return a table of the requests, each with the projects that failed because its reply is missing."""
    columns = [Column("request", no_wrap=True), *map(Column, ("asks for", "asked at"))]
    columns.append(Column("projects that wait", no_wrap=True))
    rows = [(item.digest[:8], item.title, moment(item.at), ", ".join(waiting[item.digest])) for item in missed]
    return grid(columns, rows, "Requests without a reply")


def request(asked: "MissedReply") -> Iterator[Text]:
    """Yield everything that is needed to write a reply, and its required format."""
    yield from _section("System instruction", asked.system)
    yield from _section("Request", asked.prompt)
    if asked.difference:
        yield from _section("Difference to the nearest stored request", asked.difference)
    if asked.response_schema:
        yield from _section("The reply is one JSON object", describe_schema(asked.response_schema))
    yield text(f"\n{asked.digest}, asked of {asked.model}: {asked.title}")


def _section(title: str, content: str) -> Iterator[Text]:
    yield text((f"\n{title}", "bold"))
    yield text(content)
