"""The command that deploys the stack to an engine that runs."""

import os

from agenticai.client.errors import SettingsError
from agenticai.client.finding import engine_at
from agenticai.client.stack import DeployedStack
from agenticai.commands.settings import gemini_api_key
from agenticai.display import tables
from agenticai.display.console import Display
from agenticai.display.serving import list_addresses
from agenticai.emulator.core.home import find_home, make_home
from agenticai.scenarios.benches.deployment import deploy_prepared, prepare
from agenticai.stack.deploying import reached
from agenticai.stack.secrets import Secrets, read_api_token
from agenticai.stack.target import AWS


def deploy_to_engine(endpoint: str, stage: str, *, as_json: bool) -> None:
    """Build the handlers for this machine, and deploy the stack; what is there already is updated.

    Its token is kept. Raises StackError, and SettingsError for AWS.
    """
    if endpoint == AWS:
        raise SettingsError("This version deploys to engines and emulators, not yet to AWS.")
    screen, home = Display(as_json=as_json), find_home()
    make_home(home)
    target, secret = engine_at(endpoint)
    with screen.step("stack deployed") as step, reached(target):
        given = Secrets(gemini_api_key=gemini_api_key(os.environ) or None)
        outputs = deploy_prepared(target, stage, prepare(home / "cache", step.update), given, step.update)
        deployed = DeployedStack(target, outputs, read_api_token(target.client("ssm"), stage), secret)
        step.done()
    screen.emit(list_addresses(deployed))
    screen.say(*tables.addresses(deployed))
