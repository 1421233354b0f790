"""The engine's page documents its limits."""

from pathlib import Path

import pytest

from agenticai.emulator.engines import code_cache, function_log, lambda_response
from agenticai.emulator.engines.ministack import backlog, log_events, tables
from agenticai.emulator.faults import schedule
from agenticai.emulator.http import connections, limits, size_limits
from agenticai.emulator.meter import ledger
from agenticai.soak import GROWTH, SETTLED

PAGE = (Path(__file__).parents[2] / "docs" / "embedded-engine.md").read_text("utf-8")
SECTION = PAGE.partition("## Limits\n")[2].partition("\n## ")[0]
KIB, MIB = 1024, 1024 * 1024


def told(what: str) -> str:
    """Return the rest of the table row that begins with this."""
    return next(line for line in SECTION.splitlines() if line.startswith(f"| {what}"))


@pytest.mark.parametrize(
    ("what", "values"),
    [
        ("request line and headers", f"{size_limits.HEAD_BYTES // KIB} KiB, within {connections.HEAD_SECONDS:.0f} s"),
        ("a body that is slow", f"{limits.PATIENCE_SECONDS:.0f} s"),
        (
            "an answer that the client does not read",
            f"{connections.SLOWEST_BYTES // KIB} KiB in {connections.ANSWER_SECONDS / 60:.0f} minutes",
        ),
        ("bodies of all requests", f"{limits.HELD_BYTES // MIB} MiB"),
        ("S3: an object", f"{size_limits.OBJECT_BYTES // MIB} MiB"),
        (
            "Lambda: payload",
            f"{size_limits.INVOCATION.size // MIB} MiB; of an asynchronous one {size_limits.EVENT.size // MIB} ",
        ),
        ("Lambda: response", f"6 MiB + {lambda_response.RESPONSE_BYTES - 6 * MIB} bytes"),
        ("Lambda: request", f"{size_limits.CODE.size:,} bytes"),
        ("Lambda: code", f"{code_cache.UNZIPPED_BYTES // MIB} MiB together, {code_cache.MOST_ENTRIES:,} entries"),
        ("Lambda: log", f"{function_log.LOG_BYTES // MIB} MiB and {function_log.LOG_LINES:,} lines"),
        ("CloudWatch Logs", f"{log_events.GROUP_BYTES // MIB} MiB of messages"),
        ("API Gateway", f"{size_limits.BY_SERVICE['execute-api'].size // MIB} MiB"),
        ("SQS", f"{backlog.MESSAGES_KEPT:,}, and {backlog.BYTES_KEPT // MIB} MiB"),
        ("DynamoDB", f"the latest {tables.TOKENS_KEPT:,}"),
        ("any other request", f"{size_limits.ANYTHING.size // MIB} MiB"),
        ("Gemini", f"{size_limits.PROMPT.size // MIB} MiB"),
        (
            "calls that",
            f"the latest {schedule.CALLS_KEPT:,}, {schedule.FIRED_KEPT:,} and {ledger.INVOCATIONS_KEPT:,}",
        ),
        ("the disk", f"{limits.RESERVE_BYTES // MIB} MiB"),
    ],
)
def test_each_limit_is_as_the_table_has_it(what: str, values: str) -> None:
    assert f"| {values}" in told(what)


def test_the_soak_is_as_the_page_has_it() -> None:
    share = f"{GROWTH - 1:.0%}".replace("%", " %")
    assert f"more than {share} above that after the first {SETTLED}." in " ".join(SECTION.split())
