"""The process in which analysers run: it reads jobs, and answers each with one line of JSON when it is done.

A job that exceeds its time ends the process by the alarm's default action, which also works inside a C extension.
"""

import contextlib
import json
import signal
import sys
from functools import cache
from importlib import import_module
from typing import Any, TextIO

from qa_agent.analysers.port import Analyser, SourceFile


def main() -> None:
    """Run the jobs on standard input."""
    request = json.load(sys.stdin)
    _limit_memory(request["memory"])
    files = [SourceFile(*file) for file in request["files"]]
    # Tools' output is not an answer; and lizard adds this script's folder to the path, where html is not the library's.
    output, sys.stdout, sys.argv = sys.stdout, sys.stderr, []
    for entry_point, numbers, seconds in request["jobs"]:
        if hasattr(signal, "alarm"):
            signal.alarm(seconds)
        try:
            answer: Any = list(_load_analyser(entry_point).check([files[number] for number in numbers]))
        except (Exception, SystemExit) as failure:  # noqa: BLE001 - fails closed: whatever breaks an analyser counts against its files
            answer = f"{type(failure).__name__}: {failure}"[:300]
        _write_answer(output, answer)


@cache
def _load_analyser(entry_point: str) -> Analyser:
    module, _, name = entry_point.partition(":")
    analyser: Analyser = getattr(import_module(module), name)()
    return analyser


def _write_answer(output: TextIO, answer: object) -> None:
    output.write(json.dumps(answer) + "\n")
    output.flush()


def _limit_memory(limit: int) -> None:
    """Limit the address space, if the system can (not on macOS and Windows)."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


if __name__ == "__main__":
    main()
