"""Compares two replays of a scenario: everything except times and ids must be the same."""

from collections.abc import Iterator
from itertools import zip_longest

from agenticai.scenarios.replaying.replay import Result


def compare(first: Result, second: Result) -> str:
    """Return a sentence with the first difference between two replays of one scenario; empty if there is none."""
    for before, after in zip_longest(_describe_result(first), _describe_result(second), fillvalue="nothing"):
        if before != after:
            return f"It took another course than the first time: {after!r}, where there was {before!r}."
    return ""


def _describe_result(result: Result) -> Iterator[str]:
    """Yield the result of a replay, line by line, with the names of projects in place of their ids."""
    names = {project.id: name for name, project in result.projects.items()}
    for line in _describe_projects(result):
        for project_id, name in names.items():
            line = line.replace(project_id, name)
        yield line


def _describe_projects(result: Result) -> Iterator[str]:
    for name, project in result.projects.items():
        view = project.view
        yield f"{name}: {view.status} {view.revision} {view.score}" if view else f"{name}: gone"
        yield f"{name}: {project.project_type} of {', '.join(sorted(project.files))}"
        for event in project.events:
            work = f"{event.type} by {event.agent}, {event.work} ({event.attempt})"
            yield f"{name}: {work}, {event.status}: {event.detail}"
    for agent, bodies in result.dead_letters.items():
        yield f"dead letters of {agent}: {len(bodies)}"
    yield from (f"fault {fired.rule + 1}: {fired.what}" for fired in result.fired)
    yield from (f"unmet: {sentence}" for sentence in result.unmet)
    yield from (f"violated: {violation}" for violation in result.violations)
