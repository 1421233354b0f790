"""MiniStack as its own package starts it, without this project's gateway: a target with only the AWS API."""

import os
import secrets
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2

from agenticai.client.stack import DeployedStack
from agenticai.emulator.core.home import find_home
from agenticai.emulator.process import Engine
from agenticai.scenarios.benches.deployment import STAGE, prepare
from agenticai.scenarios.benches.project_templates import read_project_templates, seed_project_templates
from agenticai.stack.platform import HERE
from agenticai.stack.secrets import Secrets
from agenticai.stack.stage import deploy_stage
from agenticai.stack.target import Target
from tests.integration.cloud import eventually

INHERITED = ("PATH", "HOME", "LANG")


@contextmanager
def bare_ministack(folder: Path) -> Iterator[str]:
    """Start a MiniStack on a free port of this machine; yield its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    told = {"GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1", "MINISTACK_HOST": "127.0.0.1", "TMPDIR": str(folder)}
    environment = {name: value for name, value in os.environ.items() if name in INHERITED} | told
    command = [sys.executable, "-P", "-m", "ministack"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, cwd=folder, stdout=log, stderr=log)
    try:
        eventually(lambda: _answers(f"http://127.0.0.1:{port}"))
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def _answers(url: str) -> bool:
    try:
        return httpx2.get(f"{url}/_ministack/health", trust_env=False, timeout=60).is_success
    except httpx2.HTTPError:
        return False


@contextmanager
def stack_on_bare_ministack(folder: Path, gemini: Engine) -> Iterator[DeployedStack]:
    """The stack on a MiniStack; its functions run here, and get the language model's replies from an engine."""
    with bare_ministack(folder) as url:
        target, token = Target("bare MiniStack", url, functions_on=HERE), secrets.token_urlsafe(32)
        prepared = prepare(find_home() / "cache", lambda _: None)
        outputs = deploy_stage(
            target,
            STAGE,
            template=prepared.template,
            bundles=prepared.bundles,
            secrets=Secrets(gemini_api_key="any", api_token=token),
            parameters={"GeminiEndpoint": f"{gemini.endpoint_url}/_gemini"},
        )
        seed_project_templates(target.client("dynamodb"), outputs.table_name, read_project_templates())
        yield DeployedStack(target, outputs, token)
        target.close()
