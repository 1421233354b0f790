"""Scenarios on the real path: the same course each time, a clean bench afterwards, and all kinds of targets."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest

from agenticai.client.queues.model import Depth
from agenticai.scenarios.benches.deployed import Bench
from agenticai.scenarios.benches.embedded import bench
from agenticai.scenarios.benches.targets import bench_at
from agenticai.scenarios.format.scenario import LIBRARY, Scenario, load
from agenticai.scenarios.replaying.comparison import compare
from agenticai.scenarios.replaying.replay import replay
from agenticai.scenarios.reports.document import RunReport
from agenticai.stack.deploying import StackDefinition, deploy_stack, read_stack_outputs
from agenticai.stack.target import Target
from agenticai.stack.template import Template
from ops_agent.deployment import write_template
from ops_agent.project_type import detect
from shared.models.workflow import ProjectStatus
from shared.zips import build_zip

ROOT = Path(__file__).parents[2]
POISON = {"send": {"queue": "qa", "body": "no message"}}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with bench(run_dir=tmp_path_factory.mktemp("replay")) as stack:
        yield stack


def library(name: str, **parts: Any) -> Scenario:
    """Return a scenario of the library with some parts replaced."""
    document = load(LIBRARY / f"{name}.yaml").model_dump(mode="json", exclude_unset=True)
    return Scenario.model_validate({**document, "expect": {}, **parts})


def create(scenario: Scenario) -> dict[str, Any]:
    return {"create": next(iter(scenario.projects))}


GREETING = library("greeting", steps=[])


def test_a_scenario_takes_the_same_course_each_time(running: Bench) -> None:
    scenario = load(LIBRARY / "diamond.yaml")
    first, second = replay(running, scenario), replay(running, scenario)
    assert first.unmet == ()
    assert first.violations == ()
    assert compare(first, second) == ""


def test_a_seed_decides_on_an_order_and_the_end_stays_the_same(running: Bench) -> None:
    scenario = load(LIBRARY / "diamond.yaml")
    first, second = replay(running, scenario, seed=11), replay(running, scenario, seed=11)
    assert first.passed
    assert {fault.then.do for fault in first.schedule} == {"reorder"}
    assert compare(first, second) == ""


def test_what_was_used_is_told_by_project(running: Bench) -> None:
    result = replay(running, GREETING)
    assert result.passed
    assert {"dynamodb", "s3", "sqs"} <= set(result.used.calls_by_service)
    assert 0 < result.used.cost_usd < 0.01
    agents = {result.agents[invocation.function] for invocation in result.invocations}
    assert {"pm", "dev", "qa", "ops"} <= agents


def test_a_bench_is_clean_after_a_scenario_that_failed_unless_it_is_kept(running: Bench) -> None:
    scenario = library("greeting", steps=[POISON, create(GREETING)], expect={})
    dead = running.outputs.dead_letter_queue_urls["qa"]
    sqs = running.target.client("sqs")
    failed = replay(running, scenario, keep_failed=True)
    assert failed.unmet == ("The qa dead-letter queue holds 1 message and not 0:\nno message",)
    assert Depth.of(sqs, dead).total == 1
    sqs.purge_queue(QueueUrl=dead)
    assert not replay(running, scenario).passed
    assert Depth.of(sqs, dead).total == 0
    assert replay(running, GREETING).passed


@contextmanager
def lacking(running: Bench, agent: str, action: str) -> Iterator[str]:
    """Remove the statement with an action from a function's role during the block; yield the role's name."""
    iam = running.target.client("iam")
    (role,) = (name for each in iam.list_roles()["Roles"] if f"-{agent.title()}Role-" in (name := each["RoleName"]))
    policy: Any = iam.get_role_policy(RoleName=role, PolicyName=agent)["PolicyDocument"]
    left = {**policy, "Statement": [each for each in policy["Statement"] if action not in each["Action"]]}
    iam.put_role_policy(RoleName=role, PolicyName=agent, PolicyDocument=json.dumps(left))
    try:
        yield role
    finally:
        iam.put_role_policy(RoleName=role, PolicyName=agent, PolicyDocument=json.dumps(policy))


def test_a_function_that_was_denied_anything_fails_the_scenario_and_the_statement_is_named(running: Bench) -> None:
    with lacking(running, "pm", "logs:PutLogEvents") as role:
        result = replay(running, GREETING)
    assert [project.view.status for project in result.projects.values() if project.view] == [ProjectStatus.COMPLETED]
    violations = [str(violation) for violation in result.violations]
    assert len(violations) == 2  # for creating a stream, and for writing to it
    for violation, action in zip(violations, ("logs:CreateLogStream", "logs:PutLogEvents"), strict=True):
        assert violation.startswith("functions do only what their roles allow: agenticai-pm-agent-dev: denied ")
        assert f'its role {role} lacks {{"Effect": "Allow", "Action": "{action}"' in violation


def test_what_is_denied_while_the_end_is_read_is_named_too(running: Bench) -> None:
    tested = library("greeting", steps=[], expect={"projects": {"greeting": {"tests": "python"}}})
    with lacking(running, "api", "s3:GetObject") as role:
        result = replay(running, tested)
    assert result.unmet[0].startswith("What it came to could not be read: ")
    assert {violation.subject for violation in result.violations} == {"agenticai-api-dev"}
    for violation in result.violations:
        assert f'its role {role} lacks {{"Effect": "Allow", "Action": "s3:GetObject"' in violation.evidence


def test_what_was_denied_before_a_scenario_is_not_held_against_it(running: Bench) -> None:
    assert replay(running, GREETING).violations == ()


def test_a_step_that_cannot_be_taken_fails_the_scenario_and_names_itself(running: Bench) -> None:
    steps = [create(GREETING), {"wait": {"project": "greeting", "status": "NEEDS_REVIEW"}}, {"delete": "greeting"}]
    result = replay(running, library("greeting", steps=steps))
    (said,) = result.unmet
    assert said.startswith(
        "Step 2 (wait greeting) failed: nothing is left to be delivered, and the project is COMPLETED"
    )
    view = result.projects["greeting"].view
    assert view
    assert view.status is ProjectStatus.COMPLETED


def test_a_project_that_failed_says_why_beside_the_step_that_it_refused(running: Bench) -> None:
    change = {"modify": {"project": "greeting", "requirements": "It should greet in French as well."}}
    result = replay(running, library("model-refuses", steps=[create(GREETING), {"settle": {}}, change]))
    step, reason = result.unmet
    assert step.startswith("Step 3 (modify greeting) failed: ")
    assert reason.startswith("greeting: It is FAILED: The model refused to plan this")


def test_what_the_factory_made_is_deployed_and_answers(running: Bench) -> None:
    todo = library("todo-service", steps=[])
    key = next(iter(todo.projects))
    steps = [create(todo), {"settle": {}}, {"provision": key}]
    result = replay(running, library("todo-service", steps=steps))
    assert (result.unmet, result.left_out) == ((), ())
    stacks = running.target.client("cloudformation").list_stacks()["StackSummaries"]
    left = [stack["StackName"] for stack in stacks if stack["StackStatus"] != "DELETE_COMPLETE"]
    assert left == ["agenticai-dev"]


def test_each_function_of_a_project_is_deployed_from_its_folder_and_answers_at_its_route(running: Bench) -> None:
    answer = "{'statusCode': 200, 'body': NAME + ' ' + event['rawPath']}"
    handler = f"from name import NAME\ndef handler(event, context):\n    return {answer}\n"
    folders = ("orders", "users")
    files = {f"{folder}/app.py": handler for folder in folders}
    files |= {f"{folder}/name.py": f"NAME = {folder!r}\n" for folder in folders}
    files["mail/index.mjs"] = "export const handler = async (event) => ({ statusCode: 200, body: event.rawPath });\n"
    detected = detect(files)
    functions = (
        *(replace(each, root=each.name) for each in detected.list_functions("python")),
        *detected.list_functions("node"),
    )
    entries = {path: text for function in functions for path, text in function.write_entry().items()}
    package = build_zip({path: text.encode() for path, text in files.items()} | entries)
    running.target.client("s3").put_object(Bucket=running.outputs.bucket_name, Key="several.zip", Body=package)
    template = write_template(replace(detected, functions=functions))
    text = str(template).replace("package.zip", f"s3://{running.outputs.bucket_name}/several.zip")
    try:
        deploy_stack(running.target, "several", StackDefinition(Template.parse(text, Path("template.yaml"))))
        outputs = read_stack_outputs(running.target, "several")
        assert {name for name in outputs if name.endswith("Name")} == {
            "OrdersFunctionName",
            "UsersFunctionName",
            "MailFunctionName",
        }
        cloudformation = running.target.client("cloudformation")
        resources = cloudformation.describe_stack_resources(StackName="several")["StackResources"]
        (api,) = (each["PhysicalResourceId"] for each in resources if each["ResourceType"] == "AWS::ApiGatewayV2::Api")
        for path, status, answer in (
            ("/orders", 200, "orders /orders"),
            ("/users/7", 200, "users /users/7"),
            ("/others", 404, '{"message":"Not Found"}'),
            *([("/mail", 200, "/mail")] if shutil.which("node") else []),
        ):
            response = httpx2.get(f"{running.target.http_api_url(api)}{path}", trust_env=False, timeout=60)
            assert (response.status_code, response.text) == (status, answer)
    finally:
        running.target.client("cloudformation").delete_stack(StackName="several")
        running.target.client("s3").delete_object(Bucket=running.outputs.bucket_name, Key="several.zip")


def test_what_is_no_deployable_project_cannot_be_provisioned(running: Bench) -> None:
    steps = [create(GREETING), {"settle": {}}, {"provision": "greeting"}]
    (said,) = replay(running, library("greeting", steps=steps)).unmet
    assert said.startswith("Step 3 (provision greeting) failed: project ")


def test_a_stack_that_somebody_else_brought_up_is_replayed_on(running: Bench) -> None:
    elsewhere = bench_at(running.target.endpoint_url, running.outputs.stage)
    assert replay(elsewhere, load(LIBRARY / "poison-message.yaml")).passed


def test_a_target_without_a_control_api_plays_what_it_can_and_skips_the_rest_by_name(running: Bench) -> None:
    bare = Bench(Target.endpoint(running.target.endpoint_url), running.outputs, running.token)
    assert replay(bare, GREETING).passed
    skipped = replay(bare, load(LIBRARY / "throttled-table.yaml"))
    assert (
        skipped.skipped
        == f"{running.target.endpoint_url} applies no faults, cannot skip time and delivers messages on its own"
    )
    assert skipped.projects == {}


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "agenticai", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


def test_the_command_reports_as_json_and_exits_with_what_came_of_it(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    text = (LIBRARY / "greeting.yaml").read_text("utf-8").replace("name: greeting", "name: wrong", 1)
    wrong.write_text(text.partition("\nexpect:")[0] + "\nexpect: {projects: {greeting: {max_score: 1}}}\n")
    replayed = command("replay", "greeting", str(wrong), "--workers", "1", "--json")
    report = RunReport.model_validate_json(replayed.stdout)
    assert (replayed.returncode, report.count("passed"), report.count("failed")) == (1, 1, 1)
    listed = json.loads(command("runs", "--json").stdout)
    assert any(run["started_at"] == json.loads(replayed.stdout)["started_at"] for run in listed)


def test_a_name_that_is_none_is_told_with_those_that_are() -> None:
    refused = command("replay", "no-such-scenario")
    assert refused.returncode == 1
    assert "agenticai: There is no file no-such-scenario, and no scenario of that name" in refused.stderr
    assert "poison-message" in refused.stderr
