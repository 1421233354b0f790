"""The command that deploys the stack: to a running engine, or to AWS after a preview."""

import os
import shlex
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from agenticai.client.errors import ApiError, SettingsError
from agenticai.client.stack import DeployedStack
from agenticai.client.stack_lookup import engine_at
from agenticai.commands.settings import find_gemini_api_key
from agenticai.display import deploying as show
from agenticai.display import tables
from agenticai.display.console import Display, this_command
from agenticai.display.serving import list_addresses
from agenticai.emulator.core.home import find_home, make_home
from agenticai.scenarios.benches.deployment import deploy_prepared, prepare
from agenticai.scenarios.format.scenario import LIBRARY, load
from agenticai.stack.changes import ChangeSet
from agenticai.stack.deploying import translate_aws_errors
from agenticai.stack.errors import DeployError, NotDeployedError
from agenticai.stack.outputs import AGENTS, StackOutputs
from agenticai.stack.preflight import check_deployment
from agenticai.stack.secrets import Secrets, find_unstored, read_api_token
from agenticai.stack.stage import name_stack, read_stage_outputs
from agenticai.stack.target import AWS, Target
from agenticai.stack.template import TEMPLATE, Template
from agenticai.stack.versions import note_versions_before, read_deployed_versions, read_versions, serve_versions
from agenticai.stack.waiting import Pause, Polling, pause
from shared.models.workflow import FINAL, ProjectStatus

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

HEALTHY: Final = Polling(first=0.2, longest=5, limit=60)
"""How long a deployed API has to become healthy: an environment starts, and AWS propagates the change."""

TRIAL: Final = LIBRARY / "greeting.yaml"
TRIAL_POLLING: Final = Polling(first=1, longest=5, limit=900)


@dataclass(frozen=True)
class StageLocation:
    """A stage on a target: `aws`, with the region and profile to use, or the address of an engine."""

    endpoint: str
    stage: str
    region: str = ""
    profile: str = ""

    @property
    def is_aws(self) -> bool:
        """Whether it is AWS itself."""
        return self.endpoint == AWS

    @property
    def settings(self) -> str:
        """Environment variables to put before a command, so that it uses the same region and credentials."""
        variables = {"AWS_PROFILE": self.profile, "AWS_DEFAULT_REGION": self.region}
        return "".join(f"{name}={shlex.quote(value)} " for name, value in variables.items() if value)

    def find(self) -> tuple[Target, str | None]:
        """Return the target, and the secret of its control API, if any. Raises StackError."""
        if self.is_aws:
            return Target.aws(self.region, self.profile), None
        if self.region or self.profile:
            raise SettingsError("--region and --profile are for --target aws.")
        return engine_at(self.endpoint)


@dataclass(frozen=True)
class Deployment:
    """What to deploy, and where, with the template's `parameters`.

    `agreed` gets the question and the word that confirms it, and returns whether to go on. With `trial`, a small
    project is run after a deployment to AWS.
    """

    where: StageLocation
    parameters: Mapping[str, str] = field(default_factory=dict)
    agreed: Callable[[str, str], bool] = lambda _question, _word: True
    trial: bool = True


def parse_parameters(options: list[str]) -> dict[str, str]:
    """Parse the parameters of NAME=VALUE options. Raises SettingsError."""
    known = Template.load(TEMPLATE).document["Parameters"].keys() - {"Stage"}
    parsed = dict(option.partition("=")[::2] for option in options if "=" in option)
    for name in [option for option in options if "=" not in option] + [name for name in parsed if name not in known]:
        raise SettingsError(f"{name} is not a template parameter: give NAME=VALUE of {', '.join(sorted(known))}.")
    return parsed


def deploy(deployment: Deployment, *, as_json: bool) -> None:
    """Build the handlers, and create or update the stack.

    On AWS it first reports what prevents a deployment, shows what would change, and asks. If the deployed API is not
    healthy, it restores the previous versions. Raises StackError and SettingsError.
    """
    screen, where = Display(as_json=as_json), deployment.where
    make_home(find_home())
    target, control_secret = where.find()
    secrets = Secrets(gemini_api_key=find_gemini_api_key(os.environ) or None)
    with translate_aws_errors(target):
        if where.is_aws:
            _check(screen, target, deployment, secrets)
        functions = target.client("lambda")
        previous_versions = read_versions(functions, _list_functions(target, where.stage))
        outputs = _build_and_deploy(screen, target, deployment, secrets, previous_versions)
        replaced_versions = _serve_deployed(target, where.stage, previous_versions)
        deployed = DeployedStack(target, outputs, read_api_token(target.client("ssm"), where.stage), control_secret)
        with restore_versions_on_failure(functions, replaced_versions):
            await_healthy(screen, deployed)
            if where.is_aws and deployment.trial:
                run_trial_project(screen, deployed)
    _present(screen, deployed, where)


def _build_and_deploy(
    screen: Display, target: Target, deployment: Deployment, secrets: Secrets, previous_versions: Mapping[str, str]
) -> StackOutputs:
    """Build the handlers and deploy the stack; `previous_versions` are the ones to note before anything changes."""
    where = deployment.where
    with screen.step("handlers built") as step:
        prepared = prepare(find_home() / "cache", step.update, functions_on=target.functions_on)
        step.done()
    with screen.step("stack deployed") as step:
        confirm = _make_confirm(
            screen, step.pause, deployment, lambda: _note_versions(target, where.stage, previous_versions)
        )
        outputs = deploy_prepared(
            target,
            where.stage,
            prepared,
            secrets,
            step.update,
            parameters=deployment.parameters,
            on_event=show.ShownEvents(screen) if where.is_aws else None,
            confirm=confirm,
        )
        step.done()
    return outputs


def _list_functions(target: Target, stage: str) -> Collection[str]:
    """Return the functions of a stage; none if it is not deployed yet."""
    try:
        return read_stage_outputs(target, stage).function_names.values()
    except NotDeployedError:
        return ()


def _check(screen: Display, target: Target, deployment: Deployment, secrets: Secrets) -> None:
    stage = deployment.where.stage
    with screen.status("looking at the account"):
        preflight = check_deployment(
            target,
            name_stack(stage),
            Template.load(TEMPLATE),
            {"Stage": stage, **deployment.parameters},
            lambda: find_unstored(target.client("ssm"), stage, secrets),
        )
    show.show_preflight(screen, preflight, stage)
    if not preflight.passed:
        raise DeployError(f"{name_stack(stage)} was not deployed: fix what is marked above, then deploy again.")


def _make_confirm(
    screen: Display, pause: Callable[[], None], deployment: Deployment, begin: Callable[[], None]
) -> Callable[[ChangeSet], bool]:
    """Return a function that shows the changes on AWS and asks for consent; it calls `begin` if the answer is yes."""

    def confirm(change_set: ChangeSet) -> bool:
        if deployment.where.is_aws:
            pause()
            screen.show(show.list_changes(change_set))
            if kept := show.describe_kept(change_set):
                screen.say(kept)
            screen.say(show.describe_idle_cost(len(AGENTS)))
            if not deployment.agreed(f"Deploy {name_stack(deployment.where.stage)}?", deployment.where.stage):
                return False
        begin()
        return True

    return confirm


def _note_versions(target: Target, stage: str, previous_versions: Mapping[str, str]) -> None:
    """Store which versions serve now, before anything changes, so that a rollback is always possible."""
    if previous_versions:
        note_versions_before(target.client("ssm"), stage, previous_versions)


def _serve_deployed(target: Target, stage: str, previous_versions: Mapping[str, str]) -> Mapping[str, str]:
    """Point the aliases at the versions that the stack holds, and return the previous versions that no longer serve.

    After a rollback, the aliases point at other versions than those of the stack.
    """
    functions = target.client("lambda")
    deployed = read_deployed_versions(target.client("cloudformation"), name_stack(stage))
    now = read_versions(functions, deployed)
    serve_versions(functions, {name: version for name, version in deployed.items() if now.get(name) != version})
    return {name: version for name, version in previous_versions.items() if deployed.get(name, version) != version}


@contextmanager
def restore_versions_on_failure(functions: "LambdaClient", previous_versions: Mapping[str, str]) -> Iterator[None]:
    """Restore the previous versions if the block raises a DeployError or is interrupted."""
    try:
        yield
    except KeyboardInterrupt:
        serve_versions(functions, previous_versions)
        raise
    except DeployError as error:
        serve_versions(functions, previous_versions)
        outcome = (
            "the previous versions were restored" if previous_versions else "there is no previous version to restore"
        )
        raise DeployError(f"{error}; {outcome}.") from error


def await_healthy(screen: Display, deployed: DeployedStack, wait: Pause = pause) -> None:
    """Wait until the API reports that it is healthy. Raises DeployError if it does not within a minute."""
    last_error = ""
    with screen.step("API healthy") as step, deployed.api() as api:
        try:
            for _ in HEALTHY.attempts(wait):
                try:
                    api.check_health()
                except ApiError as error:
                    last_error = str(error)
                    step.update(last_error)
                else:
                    step.done()
                    return
        except TimeoutError:
            raise DeployError(
                f"{name_stack(deployed.outputs.stage)} is deployed, but not healthy ({last_error})"
            ) from None


def run_trial_project(screen: Display, deployed: DeployedStack, wait: Pause = pause) -> None:
    """Run a small project and delete it. Raises DeployError if it does not complete; the project then stays."""
    request, name = load(TRIAL).first, name_stack(deployed.outputs.stage)
    with screen.step("trial project run") as step, deployed.api() as api:
        hint = ""
        try:
            project = api.create(request.name, request.requirements)
            hint = f"; the project {project.id} stays, with its files, to be looked at"
            for _ in TRIAL_POLLING.attempts(wait):
                project = api.get(project.id)
                step.update(f"{project.name}: {project.status.value.lower()}")
                if project.status in FINAL:
                    break
            if project.status is ProjectStatus.COMPLETED:
                api.delete(project.id)
        except (ApiError, TimeoutError) as error:
            raise DeployError(f"{name} is deployed, but the trial project could not be run ({error}){hint}") from error
        if project.status is not ProjectStatus.COMPLETED:
            reason = project.failure.reason if project.failure else project.status.value
            raise DeployError(f"{name} is deployed, but the trial project failed ({reason}){hint}")
        step.done()


def _present(screen: Display, deployed: DeployedStack, where: StageLocation) -> None:
    if not where.is_aws:
        screen.emit(list_addresses(deployed))
        screen.say(*tables.format_addresses(deployed))
        return
    outputs = deployed.outputs
    screen.emit({"api_url": outputs.api_url, "stage": outputs.stage, "region": deployed.target.region})
    options = f"--target {AWS} --stage {outputs.stage}"
    lines = {
        "API": outputs.api_url,
        "Token": f"{where.settings}aws ssm get-parameter --with-decryption --name {outputs.api_token_parameter}",
        "Dashboard": f"{where.settings}{this_command()} dashboard {options}",
        "Cost": f"{where.settings}{this_command()} cost {options}",
        "Undo": f"{where.settings}{this_command()} rollback {options}",
    }
    for name, line in lines.items():
        screen.say((f"{name:10}", "bold"), line)
