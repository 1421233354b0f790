"""A table with selectable rows, whose selection survives refreshes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st


@dataclass(frozen=True)
class Shown:
    """What a table showed last: the ids of its rows, its key, and its initial selection."""

    ids: tuple[str, ...]
    key: str
    begun_with: tuple[int, ...] = ()

    def followed_by(self, ids: tuple[str, ...], selected: Sequence[int]) -> "Shown":
        """Return the next state of the table; if its ids change, it gets a new key with the same selection.

        Streamlit stores a selection as row numbers, so that other rows would be selected otherwise.
        """
        if ids[: len(self.ids)] == self.ids:
            return Shown(ids, self.key, self.begun_with)
        chosen = {self.ids[row] for row in selected if row < len(self.ids)}
        name, _, number = self.key.rpartition("-")
        rows = tuple(row for row, row_id in enumerate(ids) if row_id in chosen)
        return Shown(ids, f"{name}-{int(number) + 1}", rows)


def show_selection_table(name: str, ids: Sequence[str], columns: Mapping[str, Sequence[object]]) -> list[str]:
    """Show a table of columns, with an id for each row; return the ids of the selected rows."""
    state_key = f"{name}-shown"
    previous: Shown = st.session_state.get(state_key) or Shown(tuple(ids), f"{name}-0")
    event = st.session_state.get(previous.key)
    shown = previous.followed_by(tuple(ids), event["selection"]["rows"] if event else previous.begun_with)
    st.session_state[state_key] = shown
    chosen = st.dataframe(
        columns,
        hide_index=True,
        on_select="rerun",
        selection_mode="multi-row",
        selection_default={"selection": {"rows": list(shown.begun_with), "columns": [], "cells": []}},
        key=shown.key,
    )
    return [ids[row] for row in chosen["selection"]["rows"] if row < len(ids)]
