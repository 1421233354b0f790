"""Deploys the stack to a running engine, with replayed replies in place of a real model."""

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Final

from agenticai.client.stack_lookup import make_target
from agenticai.emulator.process import Engine
from agenticai.scenarios.benches.deployed import Bench, TellProgress
from agenticai.scenarios.benches.project_templates import read_project_templates, seed_project_templates
from agenticai.stack.changes import ChangeSet
from agenticai.stack.events import StackEvent
from agenticai.stack.outputs import StackOutputs
from agenticai.stack.packaging import BundleProgress, Bundles, BundleStep, Packaging, build
from agenticai.stack.platform import HERE, FunctionsOn
from agenticai.stack.secrets import Secrets
from agenticai.stack.stage import compare_stage, deploy_stage
from agenticai.stack.target import Capability, Target
from agenticai.stack.template import TEMPLATE, Template

STAGE: Final = "dev"
REPLAY_KEY: Final = "replayed-replies-need-no-key"
"""The key for the embedded engine's Gemini endpoint, which requires a key as Google does, and accepts any."""


@dataclass(frozen=True)
class Prepared:
    """The parts of a deployment that can be prepared without an engine."""

    template: Template
    bundles: Bundles


def prepare(
    cache: Path, report: TellProgress, template: Path | None = None, functions_on: FunctionsOn = HERE
) -> Prepared:
    """Build the handlers of a template, by default the project's own. Raises `BuildError`."""

    def building(progress: BundleProgress) -> None:
        if progress.step is not BundleStep.READY:
            report(f"building {progress.name}: {progress.step}")

    loaded = Template.load(template or TEMPLATE)
    return Prepared(loaded, build(loaded, Packaging.of_handlers(functions_on, cache), building))


def deploy_prepared(
    target: Target,
    stage: str,
    prepared: Prepared,
    stage_secrets: Secrets,
    report: TellProgress,
    *,
    parameters: Mapping[str, str] = MappingProxyType({}),
    on_event: Callable[[StackEvent], object] | None = None,
    confirm: Callable[[ChangeSet], bool] = lambda _: True,
) -> StackOutputs:
    """Create or update a stage on a target, with its project templates. Raises `StackError`.

    `parameters` are the template's, `on_event` gets the stack's events instead of `report`, and `confirm` gets the
    changes and returns whether to go on. An engine that answers as the Gemini API accepts any key, so none is needed.
    """

    def deploying(event: StackEvent) -> None:
        report(f"deploying {event.logical_id}: {event.status.lower().replace('_', ' ')}")

    report("deploying the stack")
    if Capability.GEMINI in target.capabilities and stage_secrets.gemini_api_key is None:
        stage_secrets = replace(stage_secrets, gemini_api_key=REPLAY_KEY)
    outputs = deploy_stage(
        target,
        stage,
        template=prepared.template.with_variables(target.function_variables),
        bundles=prepared.bundles,
        secrets=stage_secrets,
        parameters={**_make_parameters(target), **parameters},
        on_event=on_event or deploying,
        confirm=confirm,
    )
    seed_project_templates(target.client("dynamodb"), outputs.table_name, read_project_templates())
    return outputs


def compare_prepared(target: Target, stage: str, prepared: Prepared, parameters: Mapping[str, str]) -> ChangeSet:
    """Return what `deploy_prepared` would change in the stack. Raises `StackError`."""
    return compare_stage(
        target,
        stage,
        template=prepared.template.with_variables(target.function_variables),
        bundles=prepared.bundles,
        parameters={**_make_parameters(target), **parameters},
    )


def _make_parameters(target: Target) -> Mapping[str, str]:
    return {"GeminiEndpoint": target.gemini_endpoint} if target.endpoint_url else {}


@contextmanager
def deploy_to(
    engine: Engine, prepare_for: Callable[[Target], Prepared], report: TellProgress, *, gemini_api_key: str | None
) -> Iterator[Bench]:
    """Deploy to an engine, and start the environments of its functions ahead of time. Raises `StackError`.

    The functions ask the engine for Gemini's replies; the key only matters if the engine forwards the requests.
    """

    target, token = make_target(engine.endpoint_url, engine.about()), secrets.token_urlsafe(32)
    try:
        stage_secrets = Secrets(gemini_api_key=gemini_api_key, api_token=token)
        outputs = deploy_prepared(target, STAGE, prepare_for(target), stage_secrets, report)
        bench = Bench(target, outputs, token, engine.control_token, engine)
        if Capability.STEPS in target.capabilities:
            with bench.control() as control:
                control.start_ahead(outputs.function_names.values())  # in the order in which a project needs them
        yield bench
    finally:
        target.close()
