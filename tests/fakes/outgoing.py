"""The queues in memory."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from shared.models.messages import AnyMessage


@dataclass
class SentMessages:
    """Keeps what was sent, in order, with the delays."""

    messages: list[AnyMessage] = field(default_factory=list)
    delays: list[int] = field(default_factory=list)

    def send(self, messages: Iterable[AnyMessage], *, delay: int = 0) -> None:
        for message in messages:
            self.messages.append(message)
            self.delays.append(delay)

    def take(self) -> list[AnyMessage]:
        """What was sent since the last time."""
        taken, self.messages = self.messages, []
        return taken
