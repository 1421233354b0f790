"""The end of a replay, as far as two replays of one scenario must agree."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from agenticai.emulator.faults.rules import Fired, RecordedCall
from agenticai.scenarios.invariants import Violation
from agenticai.scenarios.invariants.snapshot import Items
from shared.models.workflow import ProjectStatus


@dataclass(frozen=True)
class ProjectEnd:
    """How a project ended, without times and ids. `files` are the SHA-256 of the contents by path."""

    status: ProjectStatus
    revision: str
    score: float | None
    files: Mapping[str, str]
    reason: str = ""

    @classmethod
    def of(cls, items: Items) -> "ProjectEnd | None":
        """Return the end of a project from its items; None if it was deleted."""
        metadata = items.metadata
        if metadata is None:
            return None
        return cls(
            status=metadata.status,
            revision=str(metadata.revision),
            score=metadata.score,
            files={file.path: file.object.sha256 for file in items.files},
            reason=metadata.failure.reason if metadata.failure else "",
        )


@dataclass(frozen=True)
class Ending:
    """The end of one replay; `not_taken` says which step failed.

    The mappings are by the projects' names, and for dead letters by agent.
    """

    projects: Mapping[str, ProjectEnd | None]
    dead_letters: Mapping[str, int] = field(default_factory=dict)
    not_taken: tuple[str, ...] = ()
    violations: tuple[Violation, ...] = ()
    fired: tuple[Fired, ...] = ()
    calls: tuple[RecordedCall, ...] = ()
    deliveries: Mapping[str, int] = field(default_factory=dict)
    """The number of deliveries from each queue, by its name."""


def find_differences(clean: Ending, other: Ending) -> Iterator[str]:
    """Yield each difference from the end of the clean replay as a sentence."""
    yield from other.not_taken
    for name in sorted({*clean.projects, *other.projects}):
        before, after = clean.projects.get(name), other.projects.get(name)
        if before is None or after is None:
            if before is not after:
                yield f"{name} {'is deleted' if after is None else 'is there'}, and without faults it is not"
        else:
            yield from (f"{name} {difference}" for difference in _find_project_differences(before, after))
    for agent in sorted({*clean.dead_letters, *other.dead_letters}):
        letters, expected = other.dead_letters.get(agent, 0), clean.dead_letters.get(agent, 0)
        if letters != expected:
            yield f"the {agent} dead-letter queue holds {letters} messages, and without faults {expected}"


def _find_project_differences(clean: ProjectEnd, other: ProjectEnd) -> Iterator[str]:
    if other.status is not clean.status:
        yield f"is {other.status}{f' ({other.reason})' if other.reason else ''}, and without faults {clean.status}"
    if other.revision != clean.revision:
        yield f"is at revision {other.revision}, and without faults at {clean.revision}"
    if other.score != clean.score:
        yield f"has the score {other.score}, and without faults {clean.score}"
    for path in sorted({*clean.files, *other.files}):
        if other.files.get(path) != clean.files.get(path):
            yield f"has {_describe_file(path, other.files)}, and without faults {_describe_file(path, clean.files)}"


def _describe_file(path: str, files: Mapping[str, str]) -> str:
    return f"{path} with SHA-256 {files[path][:12]}…" if path in files else f"no {path}"
