"""Checks a reply's files: refuses those that are unplanned, missing, unsafe or incomplete."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from dev_agent.generated import GeneratedFile
from dev_agent.placeholders import find_placeholders
from dev_agent.shrinkage import find_shrinkage
from shared.models.plan import FileAction, PlannedTask
from shared.paths import UnsafePath, accept_path, check_files
from shared.source_files import TEXT, detect_language

_MAY_BE_EMPTY: Final = ("__init__.py", ".gitkeep", ".keep", "py.typed", ".nojekyll")
_NOTHING_BEFORE: Final[Mapping[str, str]] = MappingProxyType({})
_SHOWN: Final = 3


def find_objections(
    files: Sequence[GeneratedFile],
    task: PlannedTask,
    previous: Mapping[str, str] = _NOTHING_BEFORE,
    optional: Collection[str] = (),
) -> list[str]:
    """Return why the files cannot be accepted for the task, as sentences for the model; empty if they can.

    `previous` are the current texts, by path, of the files that the task modifies. Files in `optional` may be missing,
    but not all files of the task.
    """
    reasons = [*_find_path_faults(files, task, optional)]
    for file in files:
        reasons += [f"{file.path} {fault}" for fault in _find_content_faults(file)]
        if file.path in previous:
            others = [other.content for other in files if other.path != file.path]
            shrinkage = find_shrinkage(previous[file.path], file.content, others, _collect_purposes(task, file.path))
            reasons += [f"{file.path} must be whole: {shrinkage}"] if shrinkage else []
    return reasons


def _find_path_faults(files: Sequence[GeneratedFile], task: PlannedTask, optional: Collection[str]) -> Iterator[str]:
    planned = {file.path: file.action for file in task.files}
    paths = [file.path for file in files]
    for path, action in planned.items():
        if action is FileAction.DELETE and path in paths:
            yield f"{path} is to be deleted: leave it out"
        elif action is not FileAction.DELETE and path not in paths and (path not in optional or not paths):
            yield f"{path} is missing"
    for path in dict.fromkeys(paths):
        if paths.count(path) > 1:
            yield f"{path} is there {paths.count(path)} times: give it once"
        if path not in planned:
            yield _describe_path_fault(path)
    if planned.keys() >= {*paths}:
        yield from _find_set_faults(files)


def _describe_path_fault(path: str) -> str:
    """Return what is wrong with a path that the task does not plan."""
    try:
        return f"{accept_path(path)} is not one of the task's files"
    except UnsafePath as fault:
        return str(fault)


def _find_set_faults(files: Sequence[GeneratedFile]) -> Iterator[str]:
    try:
        check_files({file.path: len(file.content.encode("utf-8", "surrogatepass")) for file in files})
    except UnsafePath as fault:
        yield str(fault)


def _find_content_faults(file: GeneratedFile) -> Iterator[str]:
    if not file.content.strip() and not file.path.endswith(_MAY_BE_EMPTY):
        yield "is empty"
    if "\0" in file.content or any("\ud800" <= char <= "\udfff" for char in file.content):
        yield "has characters that are no text"
    if detect_language(file.path) not in {"markdown", TEXT} and file.content.lstrip().startswith(("```", "~~~")):
        yield "begins with a code fence that does not end: give its content alone"
    if left_out := find_placeholders(file.path, file.content):
        yield f"leaves code out, write all of it: {'; '.join(map(repr, left_out[:_SHOWN]))}"


def _collect_purposes(task: PlannedTask, path: str) -> str:
    """Return everything that the task says about the purpose of a file."""
    purposes = [file.purpose for file in task.files if file.path == path]
    return "\n".join([task.title, *purposes, *task.acceptance_criteria])
