"""A function that several tests use."""

from pathlib import Path

from agenticai.emulator.engines.function import Function

FUNCTION = Function(
    name="dev",
    version="3",
    arn="arn:aws:lambda:us-east-1:000000000000:function:dev:3",
    runtime="python3.13",
    handler="app.handler",
    memory_mb=2048,
    timeout_s=900,
    account="000000000000",
    region="us-east-1",
    log_group="/aws/lambda/dev",
    variables={"OWN": "1", "AWS_REGION": "elsewhere"},
    task_root=Path("task"),
)
