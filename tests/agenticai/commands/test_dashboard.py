"""The command that the dashboard's page suggests without a stack starts one where the page looks for it."""

import pytest

from agenticai.commands.dashboard import make_start_command


@pytest.mark.parametrize(
    ("endpoint", "stage", "start"),
    [
        ("http://127.0.0.1:4566", "dev", "up"),
        ("http://127.0.0.1:4567", "dev", "up --port 4567"),
        ("http://127.0.0.1:4567", "test", "deploy --endpoint http://127.0.0.1:4567 --stage test"),
        ("http://engine.example:4566", "dev", "deploy --endpoint http://engine.example:4566"),
        ("aws", "prod", "deploy --endpoint aws --stage prod"),
    ],
)
def test_the_command_that_starts_a_stack(endpoint: str, stage: str, start: str) -> None:
    assert make_start_command(endpoint, stage, {"AGENTICAI_PORT": "4566"}).endswith(f" {start}")
