"""A failing test goes back to Dev with the code under test, and a repair cannot pass by weakening the test."""

from collections.abc import Callable, Mapping

import pytest

from shared.language_model.port import Prompt
from shared.models.errors import Retryable
from shared.models.project import Revision
from shared.models.runs import ProjectFrame, TestedTest, TestsRun
from shared.models.workflow import ProjectStatus
from tests.fakes import replies
from tests.fakes.factory import Factory
from tests.fakes.model import Answer

RIGHT = replies.CONTENTS["greet.py"]
WRONG = RIGHT.replace("Hello", "Hallo")
TEST = replies.CONTENTS["test_greet.py"]
REPAIR = "# What the checks found"


def running(files: Mapping[str, bytes]) -> TestsRun:
    """Return the results of a runner that knows when greet.py is right, and counts its test's assertions."""
    code, test = files["greet.py"].decode(), files.get("test_greet.py", b"").decode()
    checks = test.count("assert ")
    passes = code == RIGHT or not checks
    ended = TestedTest(
        id="test_greet.test_greet",
        outcome="passed" if passes else "failed",
        message="" if passes else "AssertionError: 'Hallo, Ada' != 'Hello, Ada'",
        path="test_greet.py",
        line=4,
        checks=checks,
        frames=() if passes else (ProjectFrame(path="test_greet.py", line=5, function="test_greet"),),
    )
    return TestsRun(language="python", tests=(ended,), collected=1, written=("test_greet.py",))


def scripted(*repairs: Mapping[str, str]) -> Callable[[Prompt], Answer]:
    """Return a model whose library is wrong, and that answers each repair with the next of these files."""
    left = list(repairs)

    def answer(prompt: Prompt) -> Answer:
        if REPAIR in prompt.text:
            return replies.envelopes(prompt, dict(left.pop(0)))
        if prompt.schema is None and replies.asked_for(prompt) == ["greet.py"]:
            return replies.envelopes(prompt, {"greet.py": WRONG})
        return replies.good(prompt)

    return answer


def finished(*repairs: Mapping[str, str]) -> tuple[Factory, str]:
    factory = Factory(scripted(*repairs), answers=running)
    project = factory.post("A library that greets people by name, with tests.")
    factory.run()
    return factory, project.id


def repair_prompts(factory: Factory) -> list[str]:
    return [prompt.text for prompt in factory.model.prompts if REPAIR in prompt.text]


def test_code_that_its_tests_show_to_be_wrong_is_mended_and_the_test_is_left_out() -> None:
    factory, project_id = finished({"greet.py": RIGHT})
    project = factory.project(project_id)
    assert (project.status, project.revision) == (ProjectStatus.COMPLETED, Revision(build=1, round=1))
    assert [(test.passed, test.passing) for test in factory.projects.list_tests(project_id)] == [(False, 0), (True, 1)]


def test_the_repair_sees_the_message_the_module_and_what_it_is_done_by() -> None:
    factory, _ = finished({"greet.py": RIGHT})
    (prompt,) = repair_prompts(factory)
    assert "test_greet.py, line 5 (error, test): test_greet.test_greet fails: AssertionError: 'Hallo, Ada'" in prompt
    assert WRONG.strip() in prompt
    assert TEST.strip() in prompt
    assert "It is done when:\n\n- greets" in prompt
    required, _, optional = prompt.partition("Write exactly these files")[2].partition("leave out the others:")
    assert "None." in required
    assert "- test_greet.py (modify)" in optional
    assert "- greet.py (modify)" in optional


WEAKER = {"test_greet.py": TEST.replace("assert greet", "greet")}


def test_a_test_that_was_weakened_instead_is_found_and_has_to_be_as_it_was() -> None:
    factory, project_id = finished(WEAKER, {"greet.py": RIGHT, "test_greet.py": TEST})
    (_, second) = repair_prompts(factory)
    assert "(error, test-weakened): test_greet.test_greet failed, and was not mended: it checks 0 things" in second
    assert WRONG.strip() in second, "the code that the test imports is there to be mended"
    assert factory.project(project_id).status is ProjectStatus.COMPLETED


def test_who_only_weakens_tests_does_not_complete() -> None:
    factory, project_id = finished(WEAKER, {"test_greet.py": WEAKER["test_greet.py"] + "\n\nX = 1\n"})
    assert factory.project(project_id).status is ProjectStatus.NEEDS_REVIEW


def test_a_runner_out_of_reach_is_a_failure_to_be_retried() -> None:
    def unreachable(_: Mapping[str, bytes]) -> TestsRun:
        raise Retryable("the runner could not be asked: Rate Exceeded.")

    factory = Factory(replies.good, answers=unreachable)
    factory.post("A library that greets people by name, with tests.")
    with pytest.raises(Retryable, match="Rate Exceeded"):
        factory.run()
    assert len(factory.runner.asked) == 1
