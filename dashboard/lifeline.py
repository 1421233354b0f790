"""A command whose life is tied to another process, `python -m agenticai.dashboard.lifeline ARGUMENTS`.

The command is interrupted, as by Ctrl-C, when standard input is closed, however its owner ended; it then ends what it
started.
"""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from typing import Final

GRACE_SECONDS: Final = 15.0


def main() -> int:
    """Run the command until it ends or standard input is closed, and return its status."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    return run([sys.executable, "-P", "-m", "agenticai", *sys.argv[1:]], lifeline=0)


def run(command: Sequence[str], lifeline: int) -> int:
    """Run a command, interrupt it when the descriptor `lifeline` reaches its end, and return its status."""
    with subprocess.Popen(command, stdin=subprocess.DEVNULL) as process:
        threading.Thread(target=_follow, args=(process, lifeline), daemon=True, name="lifeline").start()
        return process.wait()


def _follow(process: "subprocess.Popen[bytes]", lifeline: int) -> None:
    while os.read(lifeline, 1024):
        pass
    process.send_signal(signal.SIGINT)
    try:
        process.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()


if __name__ == "__main__":
    sys.exit(main())
