"""Detects whether this process is in an AWS Lambda micro-VM, by properties of the machine and not by variables."""

import os
from pathlib import Path
from typing import Final

TASK_ROOT: Final = "var/task"
RUNTIME: Final = "var/runtime"
_MOST_MEMORY: Final = 10_240 * 1024 * 1024 * 1.1
"""Bytes: a function's maximum memory, plus an allowance for its kernel."""


def explain_no_micro_vm(code: Path, root: Path = Path("/")) -> str:
    """Return what shows that this is not a Lambda micro-VM; empty if it is one. `code` is the folder of this code.

    Only there are all of these true: the code is in /var/task, with Lambda's runtime beside it; the kernel is Amazon's;
    the root, the code and the runtime are read-only; and the machine has only virtio block devices, and no more memory
    than a function can have. A container on a developer's machine has that machine's kernel and memory.
    """
    if not code.is_relative_to(root / TASK_ROOT) or not (root / RUNTIME / "bootstrap").exists():
        return "the code is not where Lambda has it"
    if "amzn" not in _read_file(root / "proc/sys/kernel/osrelease"):
        return "the kernel is not Lambda's"
    if any(os.access(root / folder, os.W_OK) for folder in ("", TASK_ROOT, RUNTIME)):
        return "the system can be written to"
    devices = [line.split()[0] for line in _read_file(root / "proc/mounts").splitlines() if line.startswith("/dev/")]
    if not devices or not all(device.startswith(("/dev/vd", "/dev/root")) for device in devices):
        return "the disks are not a micro-VM's"
    memory = next((line for line in _read_file(root / "proc/meminfo").splitlines() if line.startswith("MemTotal:")), "")
    if not memory or int(memory.split()[1]) * 1024 > _MOST_MEMORY:
        return "the machine has more memory than a function"
    return ""


def _read_file(file: Path) -> str:
    try:
        return file.read_text("utf-8", "replace")
    except OSError:
        return ""
