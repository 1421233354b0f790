"""The entry point of the command line, `agenticai` and `python -m agenticai`."""

import sys
from pathlib import Path

HANDLERS = Path(__file__).with_name("handlers")

INTERRUPTED = 130
"""The status with which Typer, like a shell, ends after Ctrl-C."""


def main() -> None:
    """Run the command line; what a person can mend is told in a sentence, not a traceback."""
    sys.path.insert(0, str(HANDLERS))  # the source root of the Lambda code, whose models the commands share
    from agenticai.client.errors import ProjectsError
    from agenticai.command_line import app
    from agenticai.emulator.errors import EngineError
    from agenticai.scenarios.errors import ScenarioError
    from agenticai.stack.errors import StackError

    try:
        app()
    except (EngineError, ProjectsError, ScenarioError, StackError) as error:
        sys.exit(f"agenticai: {error}")
    except SystemExit as ended:
        if ended.code == INTERRUPTED:
            sys.stderr.write("agenticai: interrupted.\n")
        raise


if __name__ == "__main__":
    main()
