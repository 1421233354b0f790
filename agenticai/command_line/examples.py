"""The examples at the end of each command's help."""

from collections.abc import Mapping
from typing import Final

EXAMPLES: Final[Mapping[str, tuple[str, ...]]] = {
    "agenticai": ("agenticai demo", "agenticai up", 'agenticai new "A command-line tool that ..."'),
    "up": (
        "agenticai up",
        "agenticai up --port 4567",
        "GEMINI_API_KEY=... agenticai up --live",
        "agenticai up --model http://127.0.0.1:11434/v1 --model-name qwen2.5-coder:14b",
    ),
    "deploy": (
        "agenticai deploy --target aws --stage prod",
        "agenticai deploy --target aws --region eu-central-1 --parameter LogLevel=DEBUG --yes",
        "agenticai deploy --stage test --endpoint http://127.0.0.1:4567",
    ),
    "diff": ("agenticai diff --target aws --stage prod", "agenticai diff --stage prod --fail-on-drift"),
    "outputs": ("agenticai outputs", "agenticai outputs --target aws --stage prod --json"),
    "rollback": ("agenticai rollback --target aws --stage prod",),
    "destroy": ("agenticai destroy --target aws --stage test",),
    "dashboard": ("agenticai dashboard", "agenticai dashboard --port 8502 --no-browser"),
    "demo": ("agenticai demo", "agenticai demo --out /tmp/demo"),
    "new": (
        'agenticai new "A command-line tool that ..."',
        "agenticai new --file requirements.md --name To-do",
        "agenticai new --template cli-tool",
    ),
    "modify": ('agenticai modify last "It should also ..."', "agenticai modify 01JD --file change.md"),
    "retry": ("agenticai retry last",),
    "package": ("agenticai package last", "agenticai package last --unproven"),
    "follow": ("agenticai follow last", "agenticai follow 01JD"),
    "status": ("agenticai status", "agenticai status last", "agenticai status 01JD --json"),
    "get": ("agenticai get last", "agenticai get 01JD --out /tmp/todo"),
    "templates": ("agenticai templates",),
    "queues": ("agenticai queues", "agenticai queues --json"),
    "dlq": ("agenticai dlq", "agenticai dlq pm --full"),
    "redrive": ("agenticai redrive pm --all", "agenticai redrive dev --message 348e63d6"),
    "logs": ("agenticai logs", "agenticai logs dev -f", "agenticai logs --project 01JD --since 1h"),
    "replies": (
        "agenticai replies",
        "agenticai replies 6ebb11c0 --form plan.json",
        "agenticai replies 6ebb11c0 --file plan.json",
    ),
    "cost": ("agenticai cost", "agenticai cost --projects 1000", "agenticai cost --budget budget.yaml --json"),
    "permissions": (
        "agenticai permissions",
        "agenticai permissions qa --all",
        "agenticai permissions --policies",
        "agenticai permissions --fail-on-denied",
    ),
    "replay": (
        "agenticai replay",
        "agenticai replay worker-crash --repeat 2",
        "agenticai replay my-scenario.yaml --target http://127.0.0.1:4566",
    ),
    "compare": (
        "agenticai compare greeting diamond",
        "agenticai compare --targets embedded,localstack --json",
        "agenticai compare greeting --targets embedded,http://127.0.0.1:4566",
    ),
    "runs": ("agenticai runs",),
    "sweep": ("agenticai sweep repair-ends-well --every 12", "agenticai sweep greeting --seeds 100"),
    "record": ("agenticai record todo-service", "agenticai record todo-service --rekey"),
    "token rotate": ("agenticai token rotate",),
}

_VERBATIM: Final = "\b"
"""Keeps the line breaks of a paragraph of help."""


def examples(command: str) -> str:
    """Return the examples of a command as a paragraph of its help."""
    return "\n".join((_VERBATIM, "Examples:", *(f"  {line}" for line in EXAMPLES[command])))
