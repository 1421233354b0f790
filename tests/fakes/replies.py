"""Replies of a well-behaved model for a small project with three tasks."""

import json
import re

from shared.language_model.port import Prompt

PLAN = {
    "summary": "A greeting library with tests.",
    "assumptions": [],
    "shared_contract": "greet(name: str) -> str in greet.py",
    "tasks": [
        {
            "id": "code", "title": "The library", "type": "code", "language": "python", "depends_on": [],
            "files": [{"path": "greet.py", "action": "create", "purpose": "greets"}], "acceptance_criteria": ["greets"],
        },
        {
            "id": "tests", "title": "Its tests", "type": "test", "language": "python", "depends_on": ["code"],
            "files": [{"path": "test_greet.py", "action": "create", "purpose": "tests"}], "acceptance_criteria": [],
        },
        {
            "id": "readme", "title": "Its README", "type": "documentation", "language": "markdown",
            "depends_on": ["code"],
            "files": [{"path": "README.md", "action": "create", "purpose": "explains"}], "acceptance_criteria": [],
        },
    ],
}  # fmt: skip

CONTENTS = {
    "greet.py": 'def greet(name: str) -> str:\n    return f"Hello, {name}"\n',
    "test_greet.py": (
        'from greet import greet\n\n\ndef test_greet() -> None:\n    assert greet("Ada") == "Hello, Ada"\n'
    ),
    "README.md": "# greet\n\nA small library that greets people by their name. Run its tests with pytest.\n",
}


def good(prompt: Prompt) -> str:
    """Return the plan for a planning prompt, or the requested files, in envelopes, for a task's prompt."""
    if prompt.schema is not None:
        return json.dumps(PLAN)
    return envelopes(prompt, {path: CONTENTS[path] for path in asked_for(prompt)})


def asked_for(prompt: Prompt) -> list[str]:
    """Return the paths that a task's prompt requests."""
    listed = prompt.text.partition("Write exactly these files")[2].partition("\n# ")[0].partition("It is done when:")[0]
    return re.findall(r"^- (\S+) \(", listed, re.MULTILINE)


def tag_of(prompt: Prompt) -> str:
    """Return the tag of the envelopes that a prompt requests."""
    found = re.search(r"<file-([0-9a-f]{8}) path", prompt.text)
    assert found is not None
    return found[1]


def envelopes(prompt: Prompt, contents: dict[str, str]) -> str:
    """Return the contents in the envelopes that a prompt requests."""
    tag = tag_of(prompt)
    return "\n".join(f'<file-{tag} path="{path}">\n{text}</file-{tag}>' for path, text in contents.items())
