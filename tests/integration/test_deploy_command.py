"""`agenticai up --no-stack` serves an engine, and `agenticai deploy` brings the stack to it."""

import json
from pathlib import Path

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


def test_what_cannot_be_deployed_to_is_told() -> None:
    assert "Nothing answers at http://127.0.0.1:1" in run("deploy", "--endpoint", "http://127.0.0.1:1").stderr
    assert "not yet to AWS" in run("deploy", "--endpoint", "aws").stderr
