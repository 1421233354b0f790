"""A project's status and its legal moves; conditional writes refuse all others."""

from enum import StrEnum
from typing import Final


class ProjectStatus(StrEnum):
    """The status of a project."""

    CREATED = "CREATED"
    PLANNING = "PLANNING"
    DEVELOPING = "DEVELOPING"
    TESTING = "TESTING"
    DEPLOYING = "DEPLOYING"
    COMPLETED = "COMPLETED"
    NEEDS_REVIEW = "NEEDS_REVIEW"
    WAITING_FOR_QUOTA = "WAITING_FOR_QUOTA"
    FAILED = "FAILED"


_S = ProjectStatus

LEGAL_MOVES: Final[dict[ProjectStatus, frozenset[ProjectStatus]]] = {
    _S.CREATED: frozenset({_S.PLANNING, _S.FAILED}),
    _S.PLANNING: frozenset({_S.DEVELOPING, _S.WAITING_FOR_QUOTA, _S.FAILED}),
    _S.DEVELOPING: frozenset({_S.TESTING, _S.WAITING_FOR_QUOTA, _S.FAILED}),
    _S.TESTING: frozenset({_S.DEPLOYING, _S.DEVELOPING, _S.NEEDS_REVIEW, _S.FAILED}),
    _S.DEPLOYING: frozenset({_S.COMPLETED, _S.NEEDS_REVIEW, _S.FAILED}),
    _S.WAITING_FOR_QUOTA: frozenset({_S.PLANNING, _S.DEVELOPING, _S.FAILED}),
    _S.COMPLETED: frozenset({_S.PLANNING, _S.DEPLOYING}),
    _S.NEEDS_REVIEW: frozenset({_S.PLANNING, _S.DEPLOYING}),
    _S.FAILED: frozenset({_S.PLANNING, _S.DEVELOPING, _S.TESTING, _S.DEPLOYING}),
}

AT_REST: Final = frozenset({_S.COMPLETED, _S.NEEDS_REVIEW})
"""The statuses in which a project has finished software, and accepts a change or another deployment."""

FINAL: Final = AT_REST | {_S.FAILED}
"""The statuses in which no agent has anything left to do."""

TAKEN_BACK: Final[dict[ProjectStatus, frozenset[ProjectStatus]]] = dict.fromkeys(
    (_S.PLANNING, _S.DEVELOPING, _S.TESTING), AT_REST
)
"""The moves of a failed change: the project returns to its status before the change."""


def list_sources(target: ProjectStatus) -> frozenset[ProjectStatus]:
    """Return the statuses from which a project may move to `target`."""
    return frozenset(status for status, targets in LEGAL_MOVES.items() if target in targets)
