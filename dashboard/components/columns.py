"""Columns of tables that several pages have."""

from typing import TYPE_CHECKING, Literal

import streamlit as st

if TYPE_CHECKING:
    from streamlit.elements.lib.column_types import ColumnConfig


def share_column(color: Literal["blue", "auto", "auto-inverse"] = "blue") -> "ColumnConfig":
    """Return the column of a share: a bar that is full at 1, with the share in percent beside it.

    `auto` is for shares of which much is good, `auto-inverse` for those of which much is bad.
    """
    return st.column_config.ProgressColumn(min_value=0, max_value=1, format="percent", color=color)
