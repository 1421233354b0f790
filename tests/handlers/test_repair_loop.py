"""The repair loop over fakes: QA's findings go back to Dev, for at most three rounds, and the best revision is kept."""

from collections.abc import Callable

from shared.language_model.port import FinishReason, ModelUnusable, Prompt
from shared.models.project import Revision
from shared.models.workflow import ProjectStatus
from shared.storage.objects import read_named
from tests.fakes import replies
from tests.fakes.factory import Factory
from tests.fakes.model import Answer, said

REQUIREMENTS = "A library that greets people by name, with tests."
GOOD = replies.CONTENTS["greet.py"]


def broken(times: int) -> str:
    """Return the library with that many syntax errors, each in its own function, the last one first."""
    return GOOD + "".join(f"\n\ndef broken_{n}() -> None:\n    retur {n}\n" for n in reversed(range(times)))


def scripted(first: str, repairs: list[str]) -> Callable[[Prompt], Answer]:
    """Return a model that writes `first` as greet.py, and then the texts of `repairs` one after another."""
    left = list(repairs)

    def answer(prompt: Prompt) -> Answer:
        if "# What the checks found" in prompt.text:
            return replies.envelopes(prompt, {path: left.pop(0) for path in replies.asked_for(prompt)})
        if prompt.schema is None and replies.asked_for(prompt) == ["greet.py"]:
            return replies.envelopes(prompt, {"greet.py": first})
        return replies.good(prompt)

    return answer


def refusing_repairs(*answers: Answer) -> Callable[[Prompt], Answer]:
    """Return a model whose library is broken, and that gives these answers to repairs before it repairs."""
    left, mending = list(answers), scripted(broken(1), [GOOD])

    def answer(prompt: Prompt) -> Answer:
        repairs = "# What the checks found" in prompt.text
        return left.pop(0) if repairs and left else mending(prompt)

    return answer


def finished(script: Callable[[Prompt], Answer]) -> tuple[Factory, str]:
    factory = Factory(script)
    project = factory.post(REQUIREMENTS)
    factory.run()
    return factory, project.id


def content(factory: Factory, project_id: str, path: str) -> str:
    file = factory.projects.get_file(project_id, path)
    assert file is not None
    return read_named(factory.objects, file.object).decode()


def repair_prompts(factory: Factory) -> list[str]:
    return [prompt.text for prompt in factory.model.prompts if "# What the checks found" in prompt.text]


def test_a_fault_is_repaired_and_the_project_completes() -> None:
    factory, project_id = finished(scripted(broken(1), [GOOD]))

    project = factory.project(project_id)
    assert project.status is ProjectStatus.COMPLETED
    assert project.revision == Revision(build=1, round=1)
    assert content(factory, project_id, "greet.py") == GOOD
    assert [test.passed for test in factory.projects.list_tests(project_id)] == [False, True]


def test_the_repair_sees_the_finding_with_its_lines_and_only_the_file_it_is_in() -> None:
    factory, _ = finished(scripted(broken(1), [GOOD]))

    (prompt,) = repair_prompts(factory)
    assert "greet.py, line 6 (error" in prompt
    assert "retur 0" in prompt
    assert replies.CONTENTS["README.md"].strip() not in prompt
    assert "test_greet.py:" in prompt, "the outline of the tests is there"


def test_three_rounds_are_tried_and_the_best_revision_is_kept() -> None:
    factory, project_id = finished(scripted(broken(3), [broken(2), broken(1), broken(4)]))

    project = factory.project(project_id)
    assert project.status is ProjectStatus.NEEDS_REVIEW
    tests = {str(test.revision): test for test in factory.projects.list_tests(project_id)}
    assert list(tests) == ["1.0", "1.1", "1.2", "1.3"]
    best = min(tests.values(), key=lambda test: (test.errors, -(test.score or 0), test.revision.round))
    assert project.revision == best.revision
    assert project.score == best.score


def test_it_stops_when_the_findings_no_longer_change_and_puts_the_first_revision_back() -> None:
    moved = "# moved by a line\n" + broken(1)
    factory, project_id = finished(scripted(broken(1), [moved, GOOD]))

    project = factory.project(project_id)
    assert project.status is ProjectStatus.NEEDS_REVIEW
    assert len(repair_prompts(factory)) == 1
    assert project.revision == Revision(build=1, round=0)
    assert content(factory, project_id, "greet.py") == broken(1)


def test_a_repair_that_the_model_refuses_leaves_the_files_and_a_person_to_look() -> None:
    factory, project_id = finished(refusing_repairs(said("", FinishReason.BLOCKED)))

    project = factory.project(project_id)
    assert project.status is ProjectStatus.NEEDS_REVIEW
    assert content(factory, project_id, "greet.py") == broken(1)
    assert project.tokens.calls == len(factory.model.prompts)


def test_a_repair_that_a_bad_key_prevents_fails_with_what_to_do_and_goes_on_after_a_retry() -> None:
    bad_key = ModelUnusable("the model refused the API key; store a valid one and try again")
    factory, project_id = finished(refusing_repairs(bad_key))

    failure = factory.project(project_id).failure
    assert failure is not None
    assert "store a valid one" in failure.reason

    factory.sent.send(factory.requests.retry(project_id, "request-2").messages)
    factory.run()
    assert factory.project(project_id).status is ProjectStatus.COMPLETED
    assert content(factory, project_id, "greet.py") == GOOD
