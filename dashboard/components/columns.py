"""Columns of tables that several pages have."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

import streamlit as st

if TYPE_CHECKING:
    from streamlit.elements.lib.column_types import ColumnConfig


def count_columns(names: Iterable[str]) -> "dict[str, ColumnConfig]":
    """Return the columns of counts: with separators between thousands."""
    return {name: st.column_config.NumberColumn(format="localized") for name in names}


def share_column(color: Literal["blue", "auto", "auto-inverse"] = "blue") -> "ColumnConfig":
    """Return the column of a share: a bar that is full at 1, with the share in percent beside it.

    `auto` is for shares of which much is good, `auto-inverse` for those of which much is bad.
    """
    return st.column_config.ProgressColumn(min_value=0, max_value=1, format="percent", color=color)
