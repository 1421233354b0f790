"""A bench on an existing stack."""

from agenticai.client.stack_lookup import stack_at
from agenticai.scenarios.benches.deployed import Bench


def bench_at(endpoint_url: str, stage: str) -> Bench:
    """Return the stack that `stack_at` finds, as a bench. Raises `agenticai.stack.errors.StackError`."""
    stack = stack_at(endpoint_url, stage)
    return Bench(stack.target, stack.outputs, stack.token, stack.control_token)
