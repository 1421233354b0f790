"""The failures that a worker handles, and the effect of each on its message and its project.

AgentError
├── Retryable    SQS redelivers: throttled, unavailable, out of time
├── Deferrable   parked until the model's quota is renewed; never counts towards the dead-letter queue
├── Terminal     the project fails, with a reason that a person can act on; the message is acknowledged
└── Poison       the message cannot be read; it ends in the dead-letter queue
"""


class AgentError(Exception):
    """The base of all failures that the worker contract handles."""


class Retryable(AgentError):
    """The same message may succeed later, after `after` seconds; None leaves the wait to the contract."""

    def __init__(self, message: str, *, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after


class Deferrable(AgentError):
    """Only the time is wrong: try again after `after` seconds, any number of times."""

    def __init__(self, message: str, *, after: float) -> None:
        super().__init__(message)
        self.after = after


class Terminal(AgentError):
    """No retry can help; the message is the reason shown to the project's owner."""


class Poison(AgentError):
    """The worker of this queue cannot read the message."""
