"""Table columns that several pages use."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

import streamlit as st

if TYPE_CHECKING:
    from streamlit.elements.lib.column_types import ColumnConfig


def make_count_columns(names: Iterable[str]) -> "dict[str, ColumnConfig]":
    """Return columns for counts, with thousands separators."""
    return {name: st.column_config.NumberColumn(format="localized") for name in names}


def make_share_column(color: Literal["blue", "auto", "auto-inverse"] = "blue") -> "ColumnConfig":
    """Return a column for shares: a bar that is full at 1, with the percentage beside it.

    `auto` is for shares where more is better, `auto-inverse` for those where less is better.
    """
    return st.column_config.ProgressColumn(min_value=0, max_value=1, format="percent", color=color)
