"""What an AWS account used of the free tier this month, as AWS itself counts it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class FreeTierUse:
    """An offer of the free tier: what all of the account used of it since the month began, and will, as AWS forecasts.

    `kind` is how long it is free, such as "Always Free".
    """

    service: str
    usage_type: str
    description: str
    kind: str
    region: str
    used: float
    forecast: float
    limit: float
    unit: str

    @property
    def used_share(self) -> float | None:
        """What was used, as a part of the offer; None where that has no limit."""
        return self.used / self.limit if self.limit else None

    @property
    def forecast_share(self) -> float | None:
        """What the month will take, as a part of the offer; None where that has no limit."""
        return self.forecast / self.limit if self.limit else None


def free_tier_use(freetier: Any) -> list[FreeTierUse]:
    """Return the offers of which something was used, as a client of `freetier` tells, the most used first.

    AWS lists no others, and counts some hours late. Raises botocore's errors.
    See https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/using-free-tier-api.html.
    """
    return sorted(_read(freetier), key=lambda use: -(use.forecast_share or 0))


def _read(freetier: Any) -> Iterator[FreeTierUse]:
    for page in freetier.get_paginator("get_free_tier_usage").paginate():
        yield from map(_use, page["freeTierUsages"])


def _use(told: Mapping[str, Any]) -> FreeTierUse:
    return FreeTierUse(
        service=told.get("service", ""),
        usage_type=told.get("usageType", ""),
        description=told.get("description", ""),
        kind=told.get("freeTierType", ""),
        region=told.get("region", ""),
        used=told.get("actualUsageAmount", 0.0),
        forecast=told.get("forecastedUsageAmount", 0.0),
        limit=told.get("limit", 0.0),
        unit=told.get("unit", ""),
    )
