"""The differences between two revisions: builds and repair rounds."""

from typing import Final

import streamlit as st

from agenticai.dashboard.components.texts import code, escape_markdown
from agenticai.dashboard.services.connecting import Connected
from agenticai.dashboard.services.payloads import cut
from agenticai.dashboard.services.revisions import Snapshot, describe_changes, list_changes, list_snapshots
from shared.models.views import ProjectView

SHOWN: Final = 50
LONGEST_DIFF: Final = 50_000


def draw(connected: Connected, project: ProjectView) -> None:
    """Draw the differences between two revisions, by default between the latest one and the one before."""
    revisions = list_snapshots(connected.source, project.id)
    if not revisions:
        st.caption("There are no files yet.")
        return
    by_name = {str(snapshot.revision): snapshot for snapshot in revisions}
    names = list(by_name)
    left, right = st.columns(2)
    newer = right.selectbox("To", names[::-1], key="to-revision")
    earlier = ["nothing", *names[: names.index(newer)]]
    older = left.selectbox("From", earlier[::-1], key="from-revision")
    _draw_changes(connected, by_name.get(older), by_name[newer])


def _draw_changes(connected: Connected, before: Snapshot | None, after: Snapshot) -> None:
    file_changes = list_changes(connected.source, before, after)
    untested = [str(snapshot.revision) for snapshot in (before, after) if snapshot and not snapshot.tested]
    st.caption(describe_changes(file_changes))
    if untested:
        st.caption(f"{' and '.join(untested)} not tested: may still contain deleted files.")
    for change in file_changes[:SHOWN]:
        st.markdown(f"**{escape_markdown(change.path)}** {change.kind}")
        code(cut(change.diff, LONGEST_DIFF) or "No differences.", "diff")
    if (more := len(file_changes) - SHOWN) > 0:
        st.caption(f"{more} more files differ; choose revisions that are closer to each other.")
