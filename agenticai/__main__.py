"""The entry point of the command line, `agenticai` and `python -m agenticai`."""

import gc
import os
import sys

HANDLERS = os.path.join(os.path.dirname(__file__), "handlers")

INTERRUPTED = 130
"""The exit status of Typer, like that of a shell, after Ctrl-C."""

COLLECT_AFTER = 100_000
"""The number of new objects that triggers a garbage collection: what a command imports stays reachable anyway."""


def main() -> None:
    """Run the command line; errors that a user can fix are shown as a sentence, without a traceback."""
    gc.set_threshold(COLLECT_AFTER)
    try:
        from agenticai.display.streams import OutputLost, prepare_streams
        from agenticai.secret_variables import hide_secrets

        hide_secrets()
        prepare_streams()
        try:
            run()
        except OutputLost as error:
            fail(f"{error.strerror}.")
    except KeyboardInterrupt:
        sys.stderr.write("agenticai: interrupted.\n")
        sys.exit(INTERRUPTED)
    finally:
        gc.freeze()  # the end of the process frees everything


def run() -> None:
    """Run one command, and exit with its status.

    Raises OutputLost, and KeyboardInterrupt until the command begins.
    """
    sys.path.insert(0, HANDLERS)  # the source root of the Lambda code, whose models the commands share
    from agenticai.client.errors import ProjectsError
    from agenticai.command_line import app
    from agenticai.crash import report_crash
    from agenticai.display.streams import OutputLost, flush_streams
    from agenticai.emulator.core.errors import EngineError
    from agenticai.scenarios.format.errors import ScenarioError
    from agenticai.stack.errors import StackError

    try:
        app()
    except ProjectsError as error:
        fail(str(error), error.exit_status)
    except (EngineError, ScenarioError, StackError) as error:
        fail(str(error))
    except SystemExit as ended:
        if ended.code == INTERRUPTED:
            sys.stderr.write("agenticai: interrupted.\n")
        raise
    except OutputLost:
        raise
    except Exception as error:  # noqa: BLE001 - the command's edge
        fail(report_crash(error))
    finally:
        flush_streams()


def fail(sentence: str, status: int = 1) -> None:
    """Exit with a sentence on standard error."""
    from agenticai.display.printable import printable_lines

    sys.stderr.write("\n".join(printable_lines(f"agenticai: {sentence}")) + "\n")
    sys.exit(status)


if __name__ == "__main__":
    if not sys.flags.safe_path:
        del sys.path[0]  # the working folder, whose modules could have the names of any of ours
    main()
