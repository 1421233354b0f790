"""The files of the current revision."""

import streamlit as st

from agenticai.client.errors import ApiError
from agenticai.dashboard.components.texts import code, escape_markdown, say
from agenticai.dashboard.services.connecting import Connected
from agenticai.dashboard.services.revisions import LONGEST_FILE
from agenticai.display.printable import printable
from shared.models.views import ProjectView


def draw(connected: Connected, project: ProjectView) -> None:
    """Draw the list of files, and the selected one in full."""
    files = {file.path: file for file in connected.api.list_files(project.id)}
    if not files:
        st.caption("There are no files yet.")
        return
    path = st.selectbox("File", list(files), format_func=printable, key="file")
    file = files[path]
    language = escape_markdown(file.language)
    st.caption(f"{file.size:,} bytes, {language}, written in revision {file.revision}, {file.sha256[:12]}")
    if file.size > LONGEST_FILE:
        say(f"Too large to show: more than {LONGEST_FILE:,} bytes.")
        return
    try:
        content = connected.api.read_file(project.id, path)
    except ApiError as error:
        if error.status != 404:
            raise
        st.caption("This file no longer exists.")
        return
    code(content.decode(errors="replace"), file.language)
