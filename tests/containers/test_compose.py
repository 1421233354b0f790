"""The engines and the dashboard in the containers of docker-compose.yml."""

import json
import subprocess
import sys

import boto3
import httpx2

from tests.containers.composed import ROOT, Served, needs_images

pytestmark = needs_images

OBSERVER = "/var/lib/agenticai-observer"
"""The folder where the gateway writes a secret that LocalStack reads."""


def test_a_project_is_completed_and_the_dashboard_answers(served: Served) -> None:
    new = [sys.executable, "-m", "agenticai", "new", "--file", "docs/examples/greeting.md", "--json"]
    posted = subprocess.run([*new, "--endpoint", served.engine], cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert posted.returncode == 0, posted.stderr
    assert json.loads(posted.stdout)["status"] == "COMPLETED"
    inside = json.loads(served.inside("agenticai", "status", "--json"))
    assert [project["status"] for project in inside["items"]] == ["COMPLETED"]
    assert httpx2.get(served.dashboard, trust_env=False, timeout=60).is_success


def test_the_meter_knows_which_function_used_what(served: Served) -> None:
    cost = json.loads(served.inside("agenticai", "cost", "--json"))
    assert {f"agenticai-{agent}-agent-dev" for agent in ("pm", "dev", "qa", "ops")} <= set(cost["functions"])
    assert cost["measured_projects"] == 1


def test_the_sdk_sees_the_queues_from_outside(served: Served) -> None:
    sqs = boto3.client(
        "sqs", endpoint_url=served.engine, region_name="us-east-1", aws_access_key_id="any", aws_secret_access_key="any"
    )
    names = {url.rpartition("/")[2] for url in sqs.list_queues()["QueueUrls"]}
    assert {"agenticai-pm-queue-dev", "agenticai-pm-dlq-dev"} <= names


def test_the_control_api_asks_for_a_secret_that_the_dashboard_finds(served: Served) -> None:
    assert httpx2.get(f"{served.engine}/_harness/clock", trust_env=False, timeout=60).status_code in {401, 403}
    assert json.loads(served.inside("agenticai", "cost", "--json"))


def test_containers_may_do_little(served: Served) -> None:
    for service in served.services:
        container = served.project.inspected(service)
        assert container["Config"]["User"] in {"agenticai", "localstack"}
        host = container["HostConfig"]
        assert host["ReadonlyRootfs"]
        assert not host["Privileged"]
        assert host["CapDrop"] == ["ALL"]
        assert host["SecurityOpt"] == ["no-new-privileges:true"]
        assert {p["HostIp"] for ports in (host["PortBindings"] or {}).values() for p in ports} <= {"127.0.0.1"}
        assert {mount["Type"] for mount in container["Mounts"]} == {"volume"}
        shared = {mount["RW"] for mount in container["Mounts"] if mount["Destination"] == OBSERVER}
        assert shared == ({service == "gateway"} if service in {"gateway", "localstack"} else set())
