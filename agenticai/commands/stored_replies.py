"""Checks, before a request is posted, whether an engine that replays stored replies has one for it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

from agenticai.client.errors import ApiError
from agenticai.client.model_cost import find_model
from agenticai.commands.stack import Stack, open_stack
from agenticai.emulator.core.bench_records import ModelRequest
from pm_agent.questions import make_project_prompt
from shared.models.project import Project, Revision
from shared.models.text import Requirements
from shared.models.workflow import ProjectStatus

if TYPE_CHECKING:
    from agenticai.client.api import ProjectsApi

NEEDS_A_KEY = (
    "No reply is stored for these requirements, and this engine asks no model, so the project will fail at its plan."
    " Afterwards `agenticai replies` helps you to write the reply. To have a model plan it, start the engine with"
    " GEMINI_API_KEY=... agenticai up --live, or with agenticai up --model URL."
)


def ask_stored(stack: Stack, requirements: Sequence[str]) -> tuple[bool, ...] | None:
    """Return whether the plan's reply to each of these requirements is stored; None if that does not matter.

    It does not matter if a model is asked, or if the target does not report it.
    """
    with open_stack(stack) as (bench, control):
        if control is None:
            return None
        model = find_model(bench.target, bench.outputs, control)
        if model.answers != "stored":
            return None
        return control.stored_replies(make_plan_request(text, model.name) for text in requirements)


def make_plan_request(requirements: str, model: str) -> ModelRequest:
    """Return the PM agent's first request to the model for these requirements, as it is sent to the Gemini API."""
    prompt = make_project_prompt(_make_project(requirements))
    body = {
        "contents": [{"role": "user", "parts": [{"text": prompt.text}]}],
        "systemInstruction": {"parts": [{"text": prompt.system}]},
        "generationConfig": {
            "responseMimeType": "application/json",
            "responseJsonSchema": dict(prompt.schema or {}),
        },
    }
    return ModelRequest.model_validate({"model": model, "body": body})


def find_requirements(api: "ProjectsApi", text: str | None, template: str | None) -> str | None:
    """Return the requirements that a project would begin with; None if the API will refuse them or the template."""
    try:
        requirements = None if text is None else TypeAdapter[str](Requirements).validate_python(text)
        parts = (api.get_template(template).requirements if template else None, requirements)
    except (ApiError, ValidationError):
        return None
    return "\n\n".join(part for part in parts if part)


def _make_project(requirements: str) -> Project:
    now = datetime.now(UTC)
    return Project(
        id="0" * 26,
        name="any",
        requirements=requirements,
        status=ProjectStatus.CREATED,
        revision=Revision(build=1),
        created_at=now,
        updated_at=now,
        version=1,
    )
