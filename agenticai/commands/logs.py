"""The command that shows and follows the logs of a stack's functions."""

import contextlib
import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime

from agenticai.client.logs import FunctionLogs, LogEvent, before, parse_duration
from agenticai.commands.project_ids import find_project
from agenticai.commands.stack import Stack, open_stack
from agenticai.display import queues as show
from agenticai.display.console import Display
from agenticai.stack.waiting import pause


def show_logs(name: str | None, since: str, project_id: str | None, stack: Stack, *, follow: bool) -> None:
    """Print the log events since a moment, one line each; with `follow`, go on until Ctrl-C."""
    screen, period = Display(as_json=stack.as_json), parse_duration(since)
    with open_stack(stack) as (bench, control):
        logs = FunctionLogs(bench.target.client("logs"), bench.outputs.function_names)
        functions = logs.resolve_names(name)
        if project_id is not None:
            with bench.api() as api:
                project_id = find_project(api, project_id)
        start = before(control.clock().now if control else datetime.now(UTC), period)
        events = (
            logs.follow(functions, start, project_id, pause)
            if follow
            else logs.list_events(functions, start, project_id)
        )
        with contextlib.suppress(KeyboardInterrupt):  # ends following
            for event in events:
                _print(screen, event)


def _print(screen: Display, event: LogEvent) -> None:
    """Print a line of text, or a JSON document on one line, as the output may never end."""
    if screen.as_json:
        sys.stdout.write(json.dumps({**asdict(event), "at": event.at.isoformat()}) + "\n")
        sys.stdout.flush()
    else:
        for line in show.describe_event(event):
            screen.say(line)
