"""One delivery of a message: what it may use, and what it has used."""

from dataclasses import dataclass, field

from shared.language_model.port import Remaining
from shared.models.project import TokenUsage


@dataclass
class Delivery:
    """The seconds that a delivery has left, and the tokens of all replies that it has read so far, stored ones too."""

    remaining: Remaining
    tokens: TokenUsage = field(default_factory=TokenUsage)
