"""The packaged revisions: the result of each package's test, its instructions, and the downloads."""

from collections.abc import Mapping
from typing import Final

import streamlit as st

from agenticai.client.errors import ApiError
from agenticai.dashboard.components.texts import code, escape_markdown, say
from agenticai.dashboard.services.connecting import Connected
from agenticai.dashboard.views.project_acts import draw_package_unproven
from shared.models.views import DeploymentView, ProjectView

RESULTS: Final[Mapping[bool | None, str]] = {True: "passed", False: "failed", None: "not tried"}


def draw(connected: Connected, project: ProjectView) -> None:
    """Draw the deployments, the newest first."""
    deployments = connected.api.list_deployments(project.id)
    if not deployments:
        st.caption("Nothing has been packaged yet.")
        return
    by_name = {str(deployment.revision): deployment for deployment in deployments}
    name = st.selectbox("Revision", list(by_name)[::-1], key="deployment-revision")
    _draw_deployment(connected, project, by_name[name])


def _draw_deployment(connected: Connected, project: ProjectView, deployment: DeploymentView) -> None:
    kind = escape_markdown(deployment.project_type or "not known yet")
    size = f", {deployment.package_size:,} bytes" if deployment.package_size is not None else ""
    st.markdown(f"**{deployment.state.value}**, {kind}{size}")
    _draw_proof(deployment)
    if deployment.proven is False and deployment.revision == project.revision:
        draw_package_unproven(connected, project)
    if deployment.package_sha256:
        say(f"SHA-256 {deployment.package_sha256}")
    try:
        _draw_downloads(connected, project, deployment)
    except ApiError as error:
        st.warning(escape_markdown(str(error)))


def _draw_proof(deployment: DeploymentView) -> None:
    """Draw whether the package was proven, and the result for each function."""
    if not deployment.proof:
        st.caption("Not proven: only the packages of functions are tried, when they are made.")
        return
    note = " It was packaged again unproven, as was asked." if deployment.unproven else ""
    if deployment.proven is False:
        st.warning(f"Not proven: the package failed when it was tried.{note}")
    else:
        st.markdown(f"**{'Proven' if deployment.proven else 'Not proven: nothing could be tried'}.**{note}")
    for function in deployment.tried:
        say(f"{RESULTS[function.passed]}: {function.seen}")
    if not deployment.tried:
        say(deployment.proof)


def _draw_downloads(connected: Connected, project: ProjectView, deployment: DeploymentView) -> None:
    parts = {
        "package.zip": (deployment.package_url, "application/zip"),
        "template.yaml": (deployment.template_url, "application/yaml"),
        "DEPLOY.md": (deployment.instructions_url, "text/markdown"),
    }
    contents = {name: connected.api.download(url) for name, (url, _) in parts.items() if url}
    with st.container(horizontal=True):
        for name, content in contents.items():
            st.download_button(
                name,
                content,
                file_name=f"{project.id}-{deployment.revision}-{name}",
                mime=parts[name][1],
                key=f"download-{name}",
                on_click="ignore",
                icon=":material/download:",
            )
    if "DEPLOY.md" in contents:
        st.subheader("Instructions")
        code(contents["DEPLOY.md"].decode(errors="replace"), "markdown")
    if "template.yaml" in contents:
        st.subheader("Template")
        code(contents["template.yaml"].decode(errors="replace"), "yaml")
