"""AWS's prices and free tier, read from one dated file with typed contents."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final, Literal, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

PRICES: Final = Path(__file__).with_name("aws_prices.yaml")
HOUR_SECONDS: Final = 3600
GB: Final = 1024**3
"""The gigabyte that AWS bills by, in bytes."""

LineId = Literal[
    "lambda-requests",
    "lambda-gb-seconds",
    "sqs-requests",
    "dynamodb-write-units",
    "dynamodb-read-units",
    "dynamodb-storage",
    "dynamodb-backups",
    "s3-writes",
    "s3-reads",
    "s3-storage",
    "api-requests",
    "kms-requests",
    "log-ingestion",
    "alarms",
    "data-out",
]
"""The lines of a bill."""

LINES: Final[tuple[LineId, ...]] = get_args(LineId)


class Part(BaseModel):
    """A part of the file: frozen, and without unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class UnitPrice(Part):
    """A price: US dollars for each `per` units, such as requests."""

    usd: float = Field(ge=0)
    per: float = Field(gt=0)
    source: str

    @property
    def unit_usd(self) -> float:
        """US dollars for one unit."""
        return self.usd / self.per


class Line(UnitPrice):
    """A line of a bill, with the free quantity per month."""

    service: str
    title: str
    unit: str
    free: float = Field(ge=0)
    note: str = ""

    def price_beyond_free(self, quantity: float) -> float:
        """Return US dollars for the part of a month's quantity that is not free."""
        return max(0.0, quantity - self.free) * self.unit_usd


class IdlePolling(Part):
    """How an event source mapping polls an empty queue."""

    pollers: int = Field(gt=0)
    wait_s: float = Field(gt=0)
    source: str


class CloudWatchPrices(Part):
    """The prices of CloudWatch: a metric of GetMetricData, and any other request."""

    metric: UnitPrice
    cloudwatch_request: UnitPrice


class Prices(Part):
    """All lines, and when and where they were read."""

    as_of: str
    region: str
    free_tier: str
    month_days: int = Field(gt=0)
    idle_polling: IdlePolling
    looking: CloudWatchPrices
    lines: Mapping[LineId, Line]

    @model_validator(mode="after")
    def _is_whole(self) -> "Prices":
        if missing := set(LINES) - self.lines.keys():
            raise ValueError(f"no price for {', '.join(sorted(missing))}")
        return self

    def count_idle_receives(self, mappings: int) -> float:
        """Return how many empty receives idle event source mappings make in a month; `mappings` is their number."""
        seconds = self.month_days * 24 * HOUR_SECONDS
        return mappings * self.idle_polling.pollers * seconds / self.idle_polling.wait_s


@cache
def read_prices(path: Path = PRICES) -> Prices:
    """Read the prices from the file."""
    return Prices.model_validate(yaml.safe_load(path.read_text("utf-8")))
