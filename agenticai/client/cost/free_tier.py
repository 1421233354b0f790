"""What an AWS account used of the free tier this month, as AWS itself counts it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class FreeTierUse:
    """An offer of the free tier: the account's use of it in this month until now, and AWS's forecast for the month.

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
        """The use until now, as a share of the offer; None if the offer has no limit."""
        return self.used / self.limit if self.limit else None

    @property
    def forecast_share(self) -> float | None:
        """The forecast, as a share of the offer; None if the offer has no limit."""
        return self.forecast / self.limit if self.limit else None


def read_free_tier_use(freetier: Any) -> list[FreeTierUse]:
    """Return the offers that were used, as a client of `freetier` reports them, the most used first.

    AWS lists no others, and its counts are some hours late. Raises botocore's errors. See
    https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/using-free-tier-api.html.
    """
    return sorted(_list_uses(freetier), key=lambda use: -(use.forecast_share or 0))


def _list_uses(freetier: Any) -> Iterator[FreeTierUse]:
    for page in freetier.get_paginator("get_free_tier_usage").paginate():
        yield from map(_parse_use, page["freeTierUsages"])


def _parse_use(entry: Mapping[str, Any]) -> FreeTierUse:
    return FreeTierUse(
        service=entry.get("service", ""),
        usage_type=entry.get("usageType", ""),
        description=entry.get("description", ""),
        kind=entry.get("freeTierType", ""),
        region=entry.get("region", ""),
        used=entry.get("actualUsageAmount", 0.0),
        forecast=entry.get("forecastedUsageAmount", 0.0),
        limit=entry.get("limit", 0.0),
        unit=entry.get("unit", ""),
    )
