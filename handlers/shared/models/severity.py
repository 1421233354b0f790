"""The severity of a finding."""

from enum import StrEnum


class Severity(StrEnum):
    """An error must be repaired before the project can pass; a warning costs points; info costs nothing."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"
