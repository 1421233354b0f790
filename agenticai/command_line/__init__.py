"""The command line: one short function per command, in a module for each group of them."""

from typing import Annotated

import typer

from agenticai.command_line import bench, engines, projects, queues, stages
from agenticai.command_line.examples import examples

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    epilog=examples("agenticai"),
    help="A serverless software factory on AWS, and the bench to run, replay and measure it offline.",
)
for module in (engines, stages, projects, queues, bench):
    app.add_typer(module.group)
app.add_typer(projects.token, name="token")


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib import metadata

        typer.echo(f"agenticai {metadata.version('agenticai')}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Handle the options that come before a command."""
