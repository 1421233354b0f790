"""Finds a stack that was started elsewhere."""

import httpx2

from agenticai.client.stack import DeployedStack
from agenticai.emulator.client import ControlClient
from agenticai.emulator.core.errors import ControlError, NoHome
from agenticai.emulator.core.home import find_home
from agenticai.emulator.core.usage_records import EngineAbout, EngineHealth
from agenticai.emulator.running import read_control_token
from agenticai.stack.deploying import make_unreachable_error, translate_aws_errors
from agenticai.stack.errors import TargetError
from agenticai.stack.secrets import read_api_token
from agenticai.stack.stage import read_stage_outputs
from agenticai.stack.target import AWS, Capability, Target


def stack_at(endpoint_url: str, stage: str) -> DeployedStack:
    """Return the stack of a stage on `aws`, or on the emulator at this address, with the features of its control API.

    Raises `agenticai.stack.errors.StackError` if there is none, or if nothing or something else answers.
    """
    target, secret = (Target.aws(), None) if endpoint_url == AWS else engine_at(endpoint_url)
    with translate_aws_errors(target):
        return DeployedStack(
            target, read_stage_outputs(target, stage), read_api_token(target.client("ssm"), stage), secret
        )


def engine_at(endpoint_url: str) -> tuple[Target, str | None]:
    """Return the emulator at an address, with the features of its control API, and the API's secret, if any.

    Raises TargetError for an invalid address, and if something else answers.
    """
    target = Target.endpoint(endpoint_url)
    secret = _read_secret(target.endpoint_url)
    health = _read_health(target, secret)
    return (make_target(endpoint_url, health) if health else target), secret


def _read_secret(endpoint_url: str) -> str | None:
    """Return the secret of the control API of an engine on this machine, as `agenticai up` stored it."""
    try:
        return read_control_token(find_home(), endpoint_url)
    except NoHome:
        return None


def make_target(endpoint_url: str, about: EngineAbout) -> Target:
    """Return the target for an engine that describes itself like this."""
    capabilities = frozenset(map(Capability, about.abilities))
    return Target.gateway(about.engine, endpoint_url, capabilities, about.functions_url, about.functions_on)


def _read_health(target: Target, secret: str | None) -> EngineHealth | None:
    """Return the health of an AgenticAI engine; None if something else answers.

    If nothing answers, it raises at once: an engine that starts in the meantime would be mistaken for another.
    """
    try:
        with ControlClient(target.endpoint_url, token=secret) as control:
            return control.health()
    except ControlError as error:
        if isinstance(error.__cause__, httpx2.TimeoutException):
            raise TargetError(f"What listens at {target.endpoint_url} does not answer: is it an engine?") from error
        if isinstance(error.__cause__, httpx2.ConnectError) and target.endpoint_url.startswith("http:"):
            raise make_unreachable_error(target) from error
        return None
