"""The use cases that change projects."""

from dataclasses import dataclass

from api_handler.problems import Problem, ProblemKind, invalid, not_found
from api_handler.requests import Accepted, Once, Requests
from shared.deletion import Deletion
from shared.language_model.port import Remaining
from shared.models.errors import Retryable
from shared.models.project import Project
from shared.models.text import MAX_REQUIREMENTS
from shared.models.views import Modification, NewProject
from shared.projects import Projects
from shared.queues import Outgoing
from shared.templates import Templates


@dataclass(frozen=True)
class Commands:
    """Changes projects; all methods raise `Problem` and `Retryable`.

    To start work, the transaction is committed first and the message sent after it. If sending fails, repeating the
    request with the same Idempotency-Key, or retrying the project, sends the message.
    """

    requests: Requests
    projects: Projects
    deletion: Deletion
    outgoing: Outgoing
    templates: Templates

    def create(self, new: NewProject, correlation_id: str, once: Once | None) -> Project:
        """Accept requirements and start the agents on them."""
        requirements = self._compose_requirements(new)
        accepted = self.requests.create(new.name, requirements, correlation_id, template=new.template, once=once)
        return self._start(accepted)

    def modify(self, project_id: str, change: Modification, correlation_id: str, once: Once | None) -> Project:
        """Start the agents on a change of a finished project."""
        return self._start(self.requests.modify(project_id, change.requirements, correlation_id, once=once))

    def deploy(self, project_id: str, correlation_id: str, once: Once | None, *, unproven: bool) -> Project:
        """Package the current revision; with `unproven`, complete it even if its package fails when it is tried."""
        return self._start(self.requests.deploy(project_id, correlation_id, unproven=unproven, once=once))

    def retry(self, project_id: str, correlation_id: str, once: Once | None) -> Project:
        """Try the failed or stuck step again."""
        return self._start(self.requests.retry(project_id, correlation_id, once=once))

    def rename(self, project_id: str, name: str, if_match: str | None) -> Project:
        """Rename a project if it is still the version that the caller read (RFC 9110, If-Match)."""
        if if_match is None:
            raise Problem(ProblemKind.VERSION_MISSING, "Send the header `If-Match` with the ETag from a GET.")
        etags = {tag.strip() for tag in if_match.split(",")}
        return self.requests.rename(project_id, name, lambda project: "*" in etags or make_etag(project) in etags)

    def delete(self, project_id: str, remaining: Remaining) -> None:
        """Delete a project with everything that belongs to it; repeat the request to continue if time ran out."""
        project = self.projects.get(project_id)
        if project:
            self.deletion.begin(project)
        elif not self.deletion.is_unfinished(project_id):
            raise not_found("project")
        if not self.deletion.sweep(project_id, remaining):
            detail = "The project is deleted, but not yet all of its data; send the same request again."
            raise Problem(ProblemKind.UNFINISHED, detail, headers={"Retry-After": "1"})

    def _compose_requirements(self, new: NewProject) -> str:
        if new.template is None:
            return str(new.requirements)
        template = self.templates.get(new.template)
        if template is None:
            raise invalid({"pointer": "/template", "detail": "there is no such template"})
        requirements = "\n\n".join(filter(None, (template.requirements, new.requirements)))
        if len(requirements) > MAX_REQUIREMENTS:
            detail = f"together with the template's, more than {MAX_REQUIREMENTS} characters"
            raise invalid({"pointer": "/requirements", "detail": detail})
        return requirements

    def _start(self, accepted: Accepted) -> Project:
        project = accepted.project
        try:
            self.outgoing.send(accepted.messages)
        except Retryable as error:
            raise Problem(
                ProblemKind.UNAVAILABLE,
                f"The request is stored but its work is not queued yet; POST {locate(project)}/retry in a moment.",
                headers={"Retry-After": "5", "Location": locate(project)},
                project_id=project.id,
            ) from error
        return project


def make_etag(project: Project) -> str:
    """Return the entity tag of a project: its version."""
    return f'"{project.version}"'


def locate(project: Project) -> str:
    """Return a project's path below the API's address."""
    return f"/api/projects/{project.id}"
