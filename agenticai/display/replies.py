"""The display of requests that wait for a written reply: a table, and one request in full."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from rich.table import Column, Table
from rich.text import Text

from agenticai.display.console import join_text, make_grid
from agenticai.display.queues import format_time
from agenticai.display.schemas import describe_schema

if TYPE_CHECKING:
    from agenticai.emulator.core.model_records import MissedReply


def tabulate_requests(missed: Sequence["MissedReply"], waiting: Mapping[str, Sequence[str]]) -> Table:
    """Return a table of the requests, each with the projects that failed because its reply is missing."""
    columns = [Column("request", no_wrap=True), *map(Column, ("asks for", "asked at"))]
    columns.append(Column("projects that wait", no_wrap=True))
    rows = [(item.digest[:8], item.title, format_time(item.at), ", ".join(waiting[item.digest])) for item in missed]
    return make_grid(columns, rows, "Requests without a reply")


def describe_request(asked: "MissedReply") -> Iterator[Text]:
    """Yield everything that is needed to write a reply, and its required format."""
    yield from _format_section("System instruction", asked.system)
    yield from _format_section("Request", asked.prompt)
    if asked.difference:
        yield from _format_section("Difference to the nearest stored request", asked.difference)
    if asked.response_schema:
        yield from _format_section("The reply is one JSON object", describe_schema(asked.response_schema))
    yield join_text(f"\n{asked.digest}, asked of {asked.model}: {asked.title}")


def _format_section(title: str, content: str) -> Iterator[Text]:
    yield join_text((f"\n{title}", "bold"))
    yield join_text(content)
