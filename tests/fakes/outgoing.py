"""The queues in memory."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from shared.models.messages import AnyMessage


@dataclass
class SentMessages:
    """Keeps the sent messages, in order, with their delays."""

    messages: list[AnyMessage] = field(default_factory=list)
    delays: list[int] = field(default_factory=list)

    def send(self, messages: Iterable[AnyMessage], *, delay: int = 0) -> None:
        for message in messages:
            self.messages.append(message)
            self.delays.append(delay)

    def take(self) -> list[AnyMessage]:
        """Return the messages since the last call."""
        taken, self.messages = self.messages, []
        return taken
