"""LocalStack's runtime; with `--until-stdin-ends` for no longer than whoever started it holds its standard input."""

import gc
import os
import runpy
import signal
import sys
import threading
from typing import Final

COLLECT_AFTER: Final = 20_000
"""How many new objects have Python look for unreachable ones among the many that LocalStack keeps."""


def end_with_input() -> None:
    """End this session at once when standard input ends; functions notice by their own pipes."""
    while os.read(0, 1024):
        pass
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    gc.set_threshold(COLLECT_AFTER)
    if "--until-stdin-ends" in sys.argv[1:]:
        sys.argv.remove("--until-stdin-ends")
        threading.Thread(target=end_with_input, daemon=True).start()
    runpy.run_module("localstack.runtime.main", run_name="__main__")
