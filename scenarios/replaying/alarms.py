"""The states of a stack's CloudWatch alarms, by the short names that scenarios use."""

from agenticai.emulator.core.bench_records import AlarmState
from agenticai.scenarios.benches.deployed import Bench
from agenticai.scenarios.format.errors import StepFailed


def read_alarm(bench: Bench, name: str) -> AlarmState:
    """Return the state of `agenticai-NAME-STAGE`. Raises StepFailed when the stack has no such alarm, or botocore's."""
    full_name = f"agenticai-{name}-{bench.outputs.stage}"
    found = bench.target.client("cloudwatch").describe_alarms(AlarmNames=[full_name])["MetricAlarms"]
    if not found:
        raise StepFailed(f"the stack has no alarm {full_name}; docs/runbook.md lists those that there are")
    return found[0]["StateValue"]
