"""A language model that returns what a test sets."""

from collections.abc import Callable

from shared.language_model.port import FinishReason, Prompt, Remaining, Reply
from shared.models.errors import AgentError
from shared.models.project import TokenUsage

Answer = str | Reply | AgentError


def said(text: str, finish_reason: FinishReason = FinishReason.STOP) -> Reply:
    """Return a reply that used ten tokens each way."""
    return Reply(text, finish_reason, TokenUsage(calls=1, prompt_tokens=10, output_tokens=10), finish_reason)


class ScriptedModel:
    """Answers each prompt with the result of `script`, and keeps the prompts."""

    def __init__(self, script: Callable[[Prompt], Answer]) -> None:
        self.script = script
        self.prompts: list[Prompt] = []

    def generate(self, prompt: Prompt, remaining: Remaining) -> Reply:
        self.prompts.append(prompt)
        answer = self.script(prompt)
        if isinstance(answer, AgentError):
            raise answer
        return answer if isinstance(answer, Reply) else said(answer)
