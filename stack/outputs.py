"""The outputs of a deployed stack: names and addresses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agenticai.stack.target import Target

Agent = Literal["pm", "dev", "qa", "ops"]
"""The short name of an agent, for its function and queue, and in the names of the template's outputs."""

AGENTS: Final[tuple[Agent, ...]] = get_args(Agent)
FUNCTIONS: Final = ("api", "pm", "dev", "qa", "runner", "node-runner", "ops")
"""The short names of the functions, in the order in which a project uses them."""


@dataclass(frozen=True)
class StackOutputs:
    """The outputs of a stack, typed; the mappings of queues are by agent: pm, dev, qa, ops."""

    stage: str
    api_id: str
    api_url: str
    table_name: str
    bucket_name: str
    queue_urls: Mapping[str, str]
    dead_letter_queue_urls: Mapping[str, str]
    function_names: Mapping[str, str]
    api_token_parameter: str
    gemini_api_key_parameter: str


def make_title(name: str) -> str:
    """Return an agent's or a function's short name in the form in which names in the template begin with it."""
    return name.title().replace("-", "")


def read_outputs(target: Target, stage: str, values: Mapping[str, str]) -> StackOutputs:
    """Return the outputs of the template for this target."""
    return StackOutputs(
        stage=stage,
        api_id=values["ApiId"],
        api_url=target.api_url(values["ApiId"], values["ApiStage"]) if target.endpoint_url else values["ApiUrl"],
        table_name=values["TableName"],
        bucket_name=values["BucketName"],
        queue_urls={agent: values[f"{agent.title()}QueueUrl"] for agent in AGENTS},
        dead_letter_queue_urls={agent: values[f"{agent.title()}DeadLetterQueueUrl"] for agent in AGENTS},
        function_names={name: values[f"{make_title(name)}FunctionName"] for name in FUNCTIONS},
        api_token_parameter=values["ApiTokenParameter"],
        gemini_api_key_parameter=values["GeminiApiKeyParameter"],
    )
