"""What `up` prints can be pasted."""

from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

from agenticai.commands.serving import welcome
from agenticai.scenarios.benches.deployed import Bench
from agenticai.stack.target import Target

if TYPE_CHECKING:
    from agenticai.stack.outputs import StackOutputs


def test_the_lines_have_the_command_as_it_was_started_and_credentials() -> None:
    outputs = cast("StackOutputs", SimpleNamespace(stage="dev", api_url="http://127.0.0.1:1/v1"))
    bench = Bench(None, Target.embedded("http://127.0.0.1:1"), outputs, "secret")
    lines = [line.strip() for line in welcome(bench, ".venv/bin/agenticai").plain.splitlines()]
    assert ".venv/bin/agenticai new --file docs/examples/greeting.md --endpoint http://127.0.0.1:1" in lines
    assert (
        "AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any"
        " aws --endpoint-url http://127.0.0.1:1 --region us-east-1 sqs list-queues"
    ) in lines
    assert "curl -H 'Authorization: Bearer secret' http://127.0.0.1:1/v1/api/projects" in lines
