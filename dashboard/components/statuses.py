"""A project's status, with the same colour on all pages."""

from typing import Final, Literal

import streamlit as st

from agenticai.client.cost import figures
from shared.models.workflow import ProjectStatus

_COLOURS: Final[dict[ProjectStatus, Literal["green", "red", "orange", "blue"]]] = {
    ProjectStatus.COMPLETED: "green",
    ProjectStatus.FAILED: "red",
    ProjectStatus.NEEDS_REVIEW: "orange",
    ProjectStatus.WAITING_FOR_QUOTA: "orange",
}


def show_status(status: ProjectStatus) -> None:
    """Show a status."""
    st.badge(status.value, color=_COLOURS.get(status, "blue"))


def format_dollars(amount: float | None) -> str:
    """Return an amount of US dollars; a dash if it is unknown."""
    return "-" if amount is None else figures.format_dollars(amount)
