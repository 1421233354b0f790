"""Charts written directly as Vega-Lite specifications (https://vega.github.io/vega-lite/docs/).

Altair would validate each against its schema, which takes longer than everything else that a page needs.
"""

from collections.abc import Sequence
from typing import Any, Final

import streamlit as st

Spec = dict[str, Any]

TYPES: Final = {"Q": "quantitative", "N": "nominal", "O": "ordinal", "T": "temporal"}

UTC_AXIS: Final[Spec] = {
    "format": {
        "year": "%Y-%m-%d", "quarter": "%m-%d", "month": "%m-%d", "week": "%m-%d", "date": "%m-%d", "day": "%m-%d",
        "hours": "%H:%M", "minutes": "%H:%M", "seconds": "%H:%M:%S", "milliseconds": "%H:%M:%S.%L",
    }
}  # fmt: skip
"""The time axis; by default Vega writes the full hour as `08 AM`, and days and months in English."""


def channel(shorthand: str, **options: Any) -> Spec:
    """Return an encoding of a field, such as `channel("seconds:Q", title="took")`."""
    field, _, kind = shorthand.rpartition(":")
    return {"field": field, "type": TYPES[kind], **options}


def layer(values: Sequence[Any], mark: Spec, **encoding: Spec | list[Spec]) -> Spec:
    """Return marks for the rows of a table."""
    return {"data": {"values": list(values)}, "mark": mark, "encoding": encoding}


def draw_chart(layers: Sequence[Spec], *, height: int, key: str, alt: str) -> None:
    """Draw layers on top of each other; `height` is in pixels, and `alt` describes the chart in words."""
    st.vega_lite_chart(spec={"layer": list(layers), "height": height}, key=key, alt=alt)
