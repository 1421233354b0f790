"""Reads this project's GitHub workflows: jobs, steps, and the values of their expressions."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

ROOT: Final = Path(__file__).parents[1]
FOLDER: Final = ROOT / ".github" / "workflows"

_EXPRESSION: Final = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")


@dataclass(frozen=True)
class Step:
    """One step, with the settings of its job and its workflow."""

    workflow: str
    job: str
    settings: Mapping[str, Any]
    variables: Mapping[str, str]
    """The `env` of the job and of the step."""

    @property
    def id(self) -> str:
        """The place of the step, and its name."""
        return f"{self.workflow}/{self.job}/{self.settings.get('name', self.settings.get('uses'))}"

    @property
    def run(self) -> str:
        """The shell script; empty if the step uses an action."""
        return str(self.settings.get("run", ""))


@dataclass(frozen=True)
class Job:
    """One job of a workflow."""

    workflow: str
    name: str
    settings: Mapping[str, Any]

    def steps(self) -> Iterator[Step]:
        """Yield its steps, in order."""
        for settings in self.settings.get("steps", ()):
            variables = {**self.settings.get("env", {}), **settings.get("env", {})}
            yield Step(self.workflow, self.name, settings, variables)


def read_workflow(name: str) -> dict[str, Any]:
    """Return a workflow; every scalar is a string, so that `on` is not a boolean."""
    document: dict[str, Any] = yaml.load((FOLDER / f"{name}.yml").read_text("utf-8"), Loader=yaml.BaseLoader)  # noqa: S506
    return document


WORKFLOWS: Final = {path.stem: read_workflow(path.stem) for path in sorted(FOLDER.glob("*.yml"))}
JOBS: Final = [
    Job(workflow, name, settings) for workflow, read in WORKFLOWS.items() for name, settings in read["jobs"].items()
]
STEPS: Final = [step for job in JOBS for step in job.steps()]


def find_job(workflow: str, name: str) -> Job:
    """Return the job of a workflow."""
    return next(job for job in JOBS if (job.workflow, job.name) == (workflow, name))


def fill_in(text: str, context: Mapping[str, str]) -> str:
    """Return a text with its expressions replaced by their values. Raises KeyError for an unknown name."""
    return _EXPRESSION.sub(lambda found: context[found[1]], text)


def holds(condition: str, context: Mapping[str, str]) -> bool:
    """Return whether a condition of comparisons with `&&` and `||` is true; an empty one is.

    Raises KeyError for an unknown name.
    """
    if not condition:
        return True
    return any(all(_compare(one, context) for one in part.split("&&")) for part in condition.split("||"))


def _compare(comparison: str, context: Mapping[str, str]) -> bool:
    left, operator, right = re.split(r"\s*(==|!=)\s*", comparison.strip())
    same = _value(left, context) == _value(right, context)
    return same if operator == "==" else not same


def _value(term: str, context: Mapping[str, str]) -> str:
    return term[1:-1] if term.startswith("'") else context[term]
