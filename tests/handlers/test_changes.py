"""A change of a finished project: planned against the files that exist, developed with their texts, packaged again."""

import json

from shared.language_model.port import Prompt
from shared.models.project import Project, Revision
from shared.models.workflow import ProjectStatus
from shared.storage.objects import read_named
from shared.worker import WorkOutcome
from tests.fakes import replies
from tests.fakes.factory import Factory

CHANGE = "Greet in French too, and forget the README."
FRENCH = replies.CONTENTS["greet.py"] + '\n\ndef saluer(name: str) -> str:\n    return f"Bonjour, {name}"\n'
PLAN = {
    "summary": "French greetings.",
    "assumptions": [],
    "shared_contract": "saluer(name: str) -> str in greet.py",
    "tasks": [
        {
            "id": "french", "title": "French", "type": "code", "language": "python", "depends_on": [],
            "files": [{"path": "greet.py", "action": "modify", "purpose": "greets in French"}],
            "acceptance_criteria": [],
        },
        {
            "id": "forget", "title": "No README", "type": "documentation", "language": "markdown", "depends_on": [],
            "files": [{"path": "README.md", "action": "delete", "purpose": "not wanted"}], "acceptance_criteria": [],
        },
    ],
}  # fmt: skip


def script(prompt: Prompt) -> str:
    if CHANGE not in prompt.text and "French" not in prompt.text:
        return replies.good(prompt)
    if prompt.schema is not None:
        return json.dumps(PLAN)
    return replies.envelopes(prompt, {"greet.py": FRENCH})


def changed() -> tuple[Factory, Project]:
    factory = Factory(script)
    project = factory.post("A library that greets people by name, with tests.")
    factory.run()
    accepted = factory.requests.modify(project.id, CHANGE, "request-2")
    factory.sent.send(accepted.messages)
    handled = factory.run()
    assert {outcome for _, outcome in handled} == {WorkOutcome.DONE}
    return factory, factory.project(project.id)


def test_a_change_modifies_and_deletes_what_its_plan_says_and_leaves_the_rest() -> None:
    factory, project = changed()

    assert project.status is ProjectStatus.COMPLETED
    assert project.revision == Revision(build=2)
    files = {file.path: file for file in factory.projects.files(project.id)}
    assert sorted(files) == ["greet.py", "test_greet.py"]
    assert read_named(factory.objects, files["greet.py"].object).decode() == FRENCH
    assert files["test_greet.py"].revision == Revision(build=1)


def test_the_plan_is_asked_for_with_the_files_that_exist() -> None:
    factory, _ = changed()

    (prompt,) = [p.text for p in factory.model.prompts if p.schema is not None and CHANGE in p.text]
    assert "- greet.py (python, " in prompt
    assert "- README.md (markdown, " in prompt


def test_a_change_is_planned_with_what_earlier_plans_agreed_on_and_what_the_files_declare() -> None:
    factory, project = changed()
    accepted = factory.requests.modify(project.id, "In Spanish, too.", "request-3")
    factory.sent.send(accepted.messages)
    factory.run()

    first, second = (
        next(p.text for p in factory.model.prompts if p.schema is not None and wish in p.text)
        for wish in (CHANGE, "In Spanish, too.")
    )
    assert str(replies.PLAN["shared_contract"]) in first
    assert "def greet(name: str) -> str" in first
    assert 'return f"Hello' not in first
    assert str(PLAN["shared_contract"]) not in first
    assert str(replies.PLAN["shared_contract"]) in second
    assert str(PLAN["shared_contract"]) in second


def test_a_task_is_told_of_the_others_and_what_was_decided() -> None:
    factory, _ = changed()

    (prompt,) = [p.text for p in factory.model.prompts if p.schema is None and "French" in p.text]
    assert "- No README\n  - README.md (delete): not wanted" in prompt
    assert "What the requirements leave open, decided:\n\nNone." in prompt


def test_a_file_to_modify_is_shown_whole_and_the_others_by_their_signatures() -> None:
    factory, _ = changed()

    (prompt,) = [p.text for p in factory.model.prompts if p.schema is None and "French" in p.text]
    assert replies.CONTENTS["greet.py"].strip() in prompt
    assert "def test_greet() -> None" in prompt
    assert 'assert greet("Ada")' not in prompt


def test_a_task_that_only_deletes_asks_no_model() -> None:
    factory, project = changed()

    assert project.tokens.calls == 4 + 2
    assert len(factory.model.prompts) == 6


def test_what_was_there_before_the_change_is_still_in_the_bucket() -> None:
    factory, project = changed()

    assert factory.objects.contents[f"projects/{project.id}/1.0/greet.py"].decode() == replies.CONTENTS["greet.py"]
