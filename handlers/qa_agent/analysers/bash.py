"""Parses shell scripts with bash itself, which every Lambda runtime has (AL2023), without running them."""

import re
import shutil
import subprocess
from collections.abc import Iterable
from typing import Final

from qa_agent.analysers.syntax import Place

SECONDS: Final = 5
_MESSAGE: Final = re.compile(r"(?:^|: )line (\d+): (.*)")
_HERE_DOCUMENT: Final = "here-document"


def parse(text: str) -> Iterable[Place]:
    """Return the first fault that `bash -n` reports; in doubt if bash is missing. Raises TimeoutExpired.

    Extended patterns are enabled, because a script may enable them in a line that `bash -n` does not execute.
    """
    bash = shutil.which("bash")
    if not bash:
        return [Place(1, "there is no bash on this machine to read it", in_doubt=True)]
    completed = subprocess.run(
        [bash, "--norc", "--noprofile", "-O", "extglob", "-n"],
        input=text.encode("utf-8", "replace"),
        capture_output=True,
        env={"LC_ALL": "C"},
        timeout=SECONDS,
        check=False,
    )
    stderr = completed.stderr.decode("utf-8", "replace")
    if not completed.returncode and _HERE_DOCUMENT not in stderr:
        return ()
    faults = [Place(int(line), message) for line, message in _MESSAGE.findall(stderr)]
    return faults[:1] or [Place(1, stderr.strip() or f"bash left with {completed.returncode}")]
