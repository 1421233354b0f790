"""`agenticai up --no-stack` serves an engine, to which `agenticai deploy` deploys the stack."""

import json
from pathlib import Path

from agenticai.stack.outputs import FUNCTIONS
from tests.integration.test_command_line import home_of_its_own, run, served


def test_the_stack_is_deployed_to_an_engine_that_runs_and_updated_with_its_token_kept(tmp_path: Path) -> None:
    with served(home_of_its_own(tmp_path), "--no-stack") as told:
        endpoint = ("--endpoint", told["endpoint_url"])
        assert "has not been deployed" in run("status", *endpoint).stderr
        first = json.loads(run("deploy", "--json", *endpoint).stdout)
        assert first["endpoint_url"] == told["endpoint_url"]
        posted = run("new", "--file", "docs/examples/greeting.md", "--json", *endpoint)
        assert json.loads(posted.stdout)["status"] == "COMPLETED"
        again = run("deploy", "--json", *endpoint)
        assert json.loads(again.stdout) == first
        assert len(json.loads(run("status", "--json", *endpoint).stdout)["items"]) == 1


def test_another_stage_stands_beside_it(tmp_path: Path) -> None:
    with served(home_of_its_own(tmp_path)) as told:
        endpoint = ("--endpoint", told["endpoint_url"])
        other = json.loads(run("deploy", "--stage", "other", "--json", *endpoint).stdout)
        assert other["stage"] == "other"
        assert other["api_token"] != told["api_token"]
        assert json.loads(run("status", "--stage", "other", "--json", *endpoint).stdout)["items"] == []


def test_a_stage_is_changed_compared_rolled_back_and_destroyed_and_again(tmp_path: Path) -> None:
    with served(home_of_its_own(tmp_path), "--no-stack") as told:
        where = ("--stage", "prod", "--endpoint", told["endpoint_url"], "--json")
        first = json.loads(run("deploy", *where).stdout)
        assert json.loads(run("diff", *where).stdout) == {"changes": [], "drift": [], "drift_unknown": ""}
        assert "nothing to roll back to" in run("rollback", "--yes", *where).stderr
        run("deploy", "--parameter", "LogLevel=DEBUG", *where)
        rolled = json.loads(run("rollback", "--yes", *where).stdout)["serving"]
        assert len(rolled) == len(FUNCTIONS)
        assert set(rolled.values()) == {"1"}
        assert "are live already" in run("rollback", "--yes", *where).stderr
        run("deploy", *where)  # this changes nothing in the stack, and restores its own versions
        assert json.loads(run("rollback", "--yes", *where).stdout)["serving"] == rolled
        assert json.loads(run("outputs", *where).stdout)["api_url"] == first["api_url"]
        run("new", "--file", "docs/examples/greeting.md", *where)  # this leaves objects in the bucket
        assert "you said no" in run("destroy", *where, stdin="dev\n").stderr
        assert json.loads(run("destroy", *where, stdin="prod\n").stdout)["destroyed"] == "agenticai-prod"
        assert "nothing is left of it" in run("destroy", "--yes", *where).stderr
        assert json.loads(run("deploy", *where).stdout)["stage"] == "prod"
        assert json.loads(run("destroy", "--yes", *where).stdout)["destroyed"] == "agenticai-prod"


def test_a_parameter_that_is_none_is_refused_before_anything_is_done() -> None:
    refused = run("deploy", "--parameter", "LogLevl=DEBUG").stderr
    assert "LogLevl is not a template parameter" in refused
    assert "LogLevel" in refused


def test_what_cannot_be_deployed_to_is_told(tmp_path: Path) -> None:
    assert "Nothing answers at http://127.0.0.1:1" in run("deploy", "--endpoint", "http://127.0.0.1:1").stderr
    aws = ("deploy", "--target", "aws", "--region", "eu-central-1")
    nobody = {"AWS_CONFIG_FILE": str(tmp_path), "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path)}
    nobody["AWS_EC2_METADATA_DISABLED"] = "true"
    assert "There are no credentials for AWS" in run(*aws, **nobody).stderr
    assert "There is no profile none" in run(*aws, "--profile", "none", **nobody).stderr
    assert "--region and --profile are for --target aws" in run("deploy", "--region", "eu-central-1").stderr
