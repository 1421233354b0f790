"""What is refused of a reply: files that the task does not plan, that are missing, unsafe, or not whole."""

import re
from typing import Final

from dev_agent.envelopes import GeneratedFile
from shared.models.plan import FileAction, PlannedTask
from shared.paths import MAX_FILE_BYTES, UnsafePath, check_paths

_PLACEHOLDER: Final = re.compile(
    r"(?:#|//|/\*|<!--|--|;)[\s.\u2026]*"
    r"(?:(?:the\s+)?rest\s+of\s+(?:the\s+|your\s+)?(?:\w+\s+)?(?:code|file|implementation|function|class|methods?)"
    r"|existing\s+code|previous\s+code|code\s+(?:remains|unchanged)|(?:remains?|stays?)\s+unchanged|same\s+as\s+before)",
    re.IGNORECASE,
)


def objections(files: list[GeneratedFile], task: PlannedTask) -> list[str]:
    """Why the files cannot be taken as the task's; none means that they can."""
    planned = {file.path for file in task.files if file.action is not FileAction.DELETE}
    given = [file.path for file in files]
    reasons = [f"{path} is missing" for path in sorted(planned.difference(given))]
    reasons += [f"{path} is not one of the task's files" for path in sorted({*given} - planned)]
    try:
        check_paths(given)
    except UnsafePath as fault:
        reasons.append(str(fault))
    return reasons + [reason for file in files for reason in _content_faults(file)]


def _content_faults(file: GeneratedFile) -> list[str]:
    faults = []
    if not file.content.strip() and not file.path.endswith(("__init__.py", ".gitkeep", "py.typed")):
        faults.append(f"{file.path} is empty")
    if len(file.content.encode()) > MAX_FILE_BYTES:
        faults.append(f"{file.path} is larger than {MAX_FILE_BYTES} bytes")
    if placeholder := _PLACEHOLDER.search(file.content):
        faults.append(f"{file.path} leaves code out: {placeholder.group(0).strip()!r}")
    return faults
