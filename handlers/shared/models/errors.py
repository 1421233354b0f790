"""The failures that a worker can meet, and what each does to its message and its project.

AgentError
├── Retryable    SQS redelivers: throttled, unavailable, out of time
├── Deferrable   parked until the model's quota returns; never a step towards the dead-letter queue
├── Terminal     the project fails, with a reason that a person can act on; the message is acknowledged
└── Poison       the message cannot be read; it goes the way to the dead-letter queue
"""


class AgentError(Exception):
    """The root: every failure that the worker contract knows how to handle."""


class Retryable(AgentError):
    """The same message may succeed later; `after` is how many seconds to wait, None for the contract's own choice."""

    def __init__(self, message: str, *, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after


class Deferrable(AgentError):
    """Nothing is wrong but the time: try again `after` seconds, however often that takes."""

    def __init__(self, message: str, *, after: float) -> None:
        super().__init__(message)
        self.after = after


class Terminal(AgentError):
    """No retry can help; the message is the reason shown to the project's owner."""


class Poison(AgentError):
    """The message is not one that this queue's worker can read."""
