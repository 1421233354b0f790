"""Runs any engine with any template from plain Python; the pytest fixtures are built on this."""

import os
import tempfile
from collections.abc import Mapping
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any, Final, Literal

from agenticai.emulator.client import ControlClient
from agenticai.emulator.core.errors import EngineError
from agenticai.emulator.core.home import find_home
from agenticai.emulator.engines.engine_choice import EMBEDDED, IMAGE, IMAGE_VARIABLE, EngineChoice
from agenticai.emulator.process import Engine, start_engine
from agenticai.stack.deploying import DeployedStack, StackDefinition, deploy_stack, describe_stack
from agenticai.stack.packaging import Packaging, build
from agenticai.stack.target import Capability, Target
from agenticai.stack.template import Template

__all__ = ["KINDS", "AgenticAIContainer", "EngineKind", "deploy_template", "engine_of", "target_of"]

STACK_NAME: Final = "tested"

EngineKind = Literal["embedded", "localstack", "container"]
"""The embedded engine, LocalStack's own runtime without Docker, or LocalStack in a container."""

KINDS: Final = ("embedded", "localstack", "container")


def engine_of(kind: str, image: str = "", *, docker_socket: bool = False) -> EngineChoice:
    """Return the engine of this kind; `image` and `docker_socket` are for containers. Raises EngineError."""
    if kind == "container":
        image_name = image or os.environ.get(IMAGE_VARIABLE) or IMAGE
        return EngineChoice("localstack", image=image_name, docker_socket=docker_socket)
    if kind not in KINDS:
        raise EngineError(f"There is no engine of kind {kind!r}: choose one of {', '.join(KINDS)}.")
    return EMBEDDED if kind == "embedded" else EngineChoice("localstack")


def target_of(engine: Engine) -> Target:
    """Return a running engine as a target of deployments, with its clients."""
    about = engine.about()
    capabilities = frozenset(map(Capability, about.abilities))
    return Target.gateway(about.engine, engine.endpoint_url, capabilities, about.functions_url, about.functions_on)


def deploy_template(
    target: Target, path: Path, parameters: Mapping[str, str], cache: Path, name: str = STACK_NAME
) -> DeployedStack:
    """Package and deploy a template as it is. Raises BuildError and DeployError."""
    template = Template.load(path)
    bundles = build(template, Packaging(target.functions_on, cache))
    configured = template.with_variables(target.function_variables)
    deploy_stack(target, name, StackDefinition(configured, bundles, parameters))
    return describe_stack(target, name)


class AgenticAIContainer(AbstractContextManager["AgenticAIContainer"]):
    """LocalStack in a container behind the gateway, during a `with` block:

        with AgenticAIContainer() as stack:
            deployed = stack.deploy("template.yaml")
            stack.client("sqs").send_message(QueueUrl=deployed.resources["Queue"], MessageBody="{}")

    `image` is LocalStack's image, by default AGENTICAI_LOCALSTACK_IMAGE, and `docker_socket` lets the container start
    others. `home` is the folder where packages are kept between runs, and `cassettes` the folder of a language model's
    stored replies. Entering raises EngineError, for example if Docker is not available.
    """

    def __init__(
        self,
        image: str = "",
        *,
        docker_socket: bool = False,
        home: Path | None = None,
        cassettes: Path | None = None,
    ) -> None:
        self._chosen = engine_of("container", image, docker_socket=docker_socket)
        self._home = home or find_home()
        self._cassettes = cassettes
        self._open = ExitStack()

    def __enter__(self) -> "AgenticAIContainer":
        with ExitStack() as opening:
            folder = Path(opening.enter_context(tempfile.TemporaryDirectory(prefix="agenticai-")))
            run_dir, none = folder / "run", folder / "cassettes"
            none.mkdir()
            engine = opening.enter_context(
                start_engine(cassettes=self._cassettes or none, run_dir=run_dir, home=self._home, engine=self._chosen)
            )
            self.endpoint_url = engine.endpoint_url
            self.target = target_of(engine)
            opening.callback(self.target.close)
            self.control = opening.enter_context(ControlClient(engine.endpoint_url, token=engine.control_token))
            self._open = opening.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self._open.close()

    def client(self, service: str) -> Any:
        """Return the boto3 client of a service, such as `sqs`."""
        return self.target.client(service)

    def deploy(
        self, path: str | Path, parameters: Mapping[str, str] | None = None, name: str = STACK_NAME
    ) -> DeployedStack:
        """Package and deploy a template with its code. Raises StackError with the reason."""
        return deploy_template(self.target, Path(path), parameters or {}, self._home / "cache", name)
