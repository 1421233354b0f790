"""A change of a finished project: planned with the existing files, developed with their texts, packaged again."""

import json
import re

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
    files = {file.path: file for file in factory.projects.list_files(project.id)}
    assert sorted(files) == ["greet.py", "test_greet.py"]
    assert read_named(factory.objects, files["greet.py"].object).decode() == FRENCH
    assert files["test_greet.py"].revision == Revision(build=1)


def test_the_plan_is_asked_for_with_the_files_that_exist() -> None:
    factory, _ = changed()

    (prompt,) = [p.text for p in factory.model.prompts if p.schema is not None and CHANGE in p.text]
    marks = re.findall(r"<([a-z]+)-([0-9a-f]{8})>\n", prompt)
    assert {name for name, _ in marks} == {"change", "requirements", "outline"}
    assert len({tag for _, tag in marks}) == 1
    assert "-None>" not in prompt
    files = prompt.partition("# Its files\n\n")[2].partition("\n\n")[0].splitlines()
    assert [re.sub(r"\d+", "9", line) for line in files] == [
        "- README.md (markdown, 9 bytes)",
        "- greet.py (python, 9 bytes)",
        "- test_greet.py (python, 9 bytes)",
    ]


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


OBJECTS = """
deployments/ID/1.0/DEPLOY.md
deployments/ID/1.0/package.zip
deployments/ID/2.0/DEPLOY.md
deployments/ID/2.0/package.zip
plans/ID/1/plan.json
plans/ID/1/replies/0/1.0-code-1.json
plans/ID/1/replies/0/1.0-readme-1.json
plans/ID/1/replies/0/1.0-tests-1.json
plans/ID/1/replies/0/plan-1.json
plans/ID/2/base.json
plans/ID/2/plan.json
plans/ID/2/replies/0/2.0-french-1.json
plans/ID/2/replies/0/plan-1.json
projects/ID/1.0/README.md
projects/ID/1.0/greet.py
projects/ID/1.0/test_greet.py
projects/ID/2.0/greet.py
test_results/ID/1.0/manifest.json
test_results/ID/1.0/report.html
test_results/ID/1.0/report.json
test_results/ID/2.0/manifest.json
test_results/ID/2.0/report.html
test_results/ID/2.0/report.json
"""


def test_each_object_of_a_project_has_its_place() -> None:
    factory, project = changed()

    assert [key.replace(project.id, "ID") for key in sorted(factory.objects.contents)] == OBJECTS.split()


TIMELINE = [
    ("api", "METADATA", "project created", "CREATED", ""),
    ("pm", "PLAN#1", "work done", "DEVELOPING", "planned 3 tasks: code, tests, readme"),
    ("dev", "TASK#1.0#code", "work done", "DEVELOPING", "wrote greet.py"),
    ("dev", "TASK#1.0#tests", "work done", "DEVELOPING", "wrote test_greet.py"),
    ("dev", "TASK#1.0#readme", "work done", "TESTING", "wrote README.md"),
    ("qa", "TEST#1.0", "work done", "DEPLOYING", "scored 100 of 100 with 0 findings: passed"),
    ("ops", "DEPLOY#1.0", "work done", "COMPLETED", "packaged as package, SIZE bytes"),
    ("api", "METADATA", "change requested", "PLANNING", "build 2"),
    ("pm", "PLAN#2", "work done", "DEVELOPING", "planned 2 tasks: french, forget"),
    ("dev", "TASK#2.0#french", "work done", "DEVELOPING", "wrote greet.py"),
    ("dev", "TASK#2.0#forget", "work done", "TESTING", "wrote nothing; deleted README.md"),
    ("qa", "TEST#2.0", "work done", "DEPLOYING", "scored 95 of 100 with 0 findings: passed"),
    ("ops", "DEPLOY#2.0", "work done", "COMPLETED", "packaged as package, SIZE bytes"),
]


def test_the_timeline_tells_who_did_what_and_where_that_led() -> None:
    factory, project = changed()

    package = factory.projects.list_events(project.id)
    told = [(event.agent, event.work, event.type, event.status, _without_size(event.detail)) for event in package]
    assert [entry for entry in told if entry[2] != "work started"] == TIMELINE
    assert [entry[:2] for entry in told if entry[2] == "work started"] == [
        entry[:2] for entry in TIMELINE if entry[0] != "api"
    ]


def _without_size(detail: str) -> str:
    return re.sub(r"\d+ bytes", "SIZE bytes", detail)
