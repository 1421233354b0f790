"""The commands that show what a stack does: queues, dead letters, logs, missing replies, cost and permissions."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from agenticai.command_line.examples import examples
from agenticai.command_line.options import Yes, complete_project, make_group
from agenticai.commands.settings import DEFAULT_STAGE, ENDPOINT, Endpoint, Json, Stage
from agenticai.commands.stack import Stack

group = make_group()


@group.command(epilog=examples("queues"))
def queues(endpoint: Endpoint = ENDPOINT, stage: Stage = DEFAULT_STAGE, as_json: Json = False) -> None:
    """Show what waits in every queue and dead-letter queue."""
    from agenticai.commands.queues import show_queues

    show_queues(Stack(endpoint, stage, as_json))


@group.command(epilog=examples("dlq"))
def dlq(
    queue: Annotated[
        str | None, typer.Argument(metavar="QUEUE", help="pm, dev, qa or ops, or a queue's name; omit for all.")
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="Show each message's whole body and every attempt.")] = False,
    limit: Annotated[int, typer.Option(metavar="N", help="Show at most N messages per queue.", min=1)] = 20,
    endpoint: Endpoint = ENDPOINT,
    stage: Stage = DEFAULT_STAGE,
    as_json: Json = False,
) -> None:
    """Show dead letters: what each asked for, and why it failed."""
    from agenticai.commands.queues import show_dead_letters

    show_dead_letters(queue, limit, Stack(endpoint, stage, as_json), full=full)


@group.command(epilog=examples("redrive"))
def redrive(
    queue: Annotated[str, typer.Argument(metavar="QUEUE", help="pm, dev, qa or ops, or a queue's name.")],
    message: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Id of a dead letter, or the beginning of one; repeatable.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Send all dead letters of the queue back.")] = False,
    rate: Annotated[
        int | None, typer.Option(metavar="N", help="With --all: send at most N messages per second.", min=1, max=500)
    ] = None,
    yes: Yes = False,
    endpoint: Endpoint = ENDPOINT,
    stage: Stage = DEFAULT_STAGE,
    as_json: Json = False,
) -> None:
    """Send dead letters back to the queue that they came from."""
    from agenticai.commands.queues import Choice, redrive_letters

    choice, stack = Choice(tuple(message or ()), everything, rate), Stack(endpoint, stage, as_json)
    sys.exit(redrive_letters(queue, choice, stack, lambda question: yes or typer.confirm(question, err=True)))


@group.command(epilog=examples("logs"))
def logs(
    function: Annotated[
        str | None,
        typer.Argument(metavar="FUNCTION", help="api, pm, dev, qa or ops, or a function's name; omit for all."),
    ] = None,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Print new lines as they arrive, until Ctrl-C.")
    ] = False,
    project: Annotated[
        str | None,
        typer.Option(
            metavar="PROJECT", help="Show only lines that name this project.", autocompletion=complete_project
        ),
    ] = None,
    since: Annotated[str, typer.Option(metavar="TIME", help="How far to look back, such as 30s, 5m, 2h or 1d.")] = "5m",
    endpoint: Endpoint = ENDPOINT,
    stage: Stage = DEFAULT_STAGE,
    as_json: Json = False,
) -> None:
    """Show what the functions log.

    With --json, every line is a JSON document.
    """
    from agenticai.commands.logs import show_logs

    show_logs(function, since, project, Stack(endpoint, stage, as_json), follow=follow)


@group.command(epilog=examples("replies"))
def replies(
    request: Annotated[
        str | None, typer.Argument(metavar="REQUEST", help="A request's id, or the beginning of one; omit for a list.")
    ] = None,
    form: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Create this file as a form for the reply, for you to fill in.")
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Check the reply in this file, store it, and retry the waiting projects; - is standard input.",
        ),
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="With --file: only check the reply.")] = False,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="With --file: store the reply even if an agent would refuse it.")
    ] = False,
    no_retry: Annotated[bool, typer.Option("--no-retry", help="With --file: do not retry projects.")] = False,
    endpoint: Endpoint = ENDPOINT,
    stage: Stage = DEFAULT_STAGE,
    as_json: Json = False,
) -> None:
    """Show requests without a stored reply, and store what you write.

    If an agent would refuse the reply, nothing is stored, and the exit status is 1.
    """
    from agenticai.commands.replies import ReplyFiles, show_replies

    reply_files = ReplyFiles(form, file, check, anyway, retry=not no_retry)
    sys.exit(show_replies(request, reply_files, Stack(endpoint, stage, as_json)))


@group.command(epilog=examples("cost"))
def cost(
    budget: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Check the figures against this budget; see docs/cost.md.")
    ] = None,
    projects: Annotated[
        int | None,
        typer.Option(
            metavar="N", help="Forecast for N projects a month.", show_default="the budget's, else 100", min=0
        ),
    ] = None,
    endpoint: Endpoint = ENDPOINT,
    stage: Stage = DEFAULT_STAGE,
    as_json: Json = False,
) -> None:
    """Show the use of AWS's free tier, and the cost of a month.

    If a limit of the budget is exceeded, the exit status is 1.
    """
    from agenticai.commands.cost import show_cost

    sys.exit(show_cost(Stack(endpoint, stage, as_json), budget, projects))


@group.command(epilog=examples("permissions"))
def permissions(
    function: Annotated[
        str | None, typer.Argument(metavar="FUNCTION", help="A function's name, or a unique part of it; omit for all.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Also show what was used, and how often.")] = False,
    policies: Annotated[
        bool, typer.Option("--policies", help="Show the narrowest policies that allow what was done.")
    ] = False,
    fail_on_denied: Annotated[
        bool, typer.Option("--fail-on-denied", help="Exit with status 1 if a function was denied access.")
    ] = False,
    endpoint: Endpoint = ENDPOINT,
    stage: Stage = DEFAULT_STAGE,
    as_json: Json = False,
) -> None:
    """Show what functions may do, never did, and were denied."""
    from agenticai.commands.permissions import refuse_denials, show_permissions

    chosen = show_permissions(Stack(endpoint, stage, as_json), function, everything=everything, policies=policies)
    if fail_on_denied:
        refuse_denials(chosen)
