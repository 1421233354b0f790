"""Runs LocalStack's runtime; with `--until-stdin-ends` only until standard input ends."""

import gc
import os
import runpy
import signal
import sys
import threading
from typing import Final

COLLECT_AFTER: Final = 20_000
"""Python's garbage-collection threshold in new objects: LocalStack keeps many objects, so a scan is expensive."""


def exit_with_input() -> None:
    """Kill this session when standard input ends; functions are notified by their own pipes."""
    while os.read(0, 1024):
        pass
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    gc.set_threshold(COLLECT_AFTER)
    if "--until-stdin-ends" in sys.argv[1:]:
        sys.argv.remove("--until-stdin-ends")
        threading.Thread(target=exit_with_input, daemon=True).start()
    runpy.run_module("localstack.runtime.main", run_name="__main__")
