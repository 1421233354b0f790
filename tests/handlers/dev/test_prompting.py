"""The prompts for a task and for a repair: text from others is between marks that name what it is."""

import pytest

from dev_agent.prompting import Context, question, repair_question, retry
from shared.language_model.port import Prompt
from shared.models.plan import FileAction, Plan, PlannedFile, PlannedTask, TaskType
from shared.models.project import Project
from shared.models.quality import Finding, Severity
from shared.outline import MAX_TOGETHER
from tests.fakes import replies
from tests.fakes.factory import Factory

SHOWN = {"src/a.py": "x = 1\n"}
OUTLINED = {"src/b.py": "def greet(name: str) -> str:\n    return name\n"}


def planned(path: str, action: FileAction = FileAction.CREATE) -> PlannedFile:
    return PlannedFile(path=path, action=action, purpose=f"is {path}")


TASK = PlannedTask(
    id="t",
    title="Greeting",
    type=TaskType.CODE,
    language="python",
    depends_on=(),
    files=(planned("src/a.py"), planned("src/old.py", FileAction.DELETE)),
    acceptance_criteria=("it greets", "it is polite"),
)
PLAN = Plan(summary="s", assumptions=(), shared_contract="greet(name)", tasks=(TASK,))


@pytest.fixture
def project() -> Project:
    return Factory(replies.good).post("Greet people.")


def finding(path: str, *lines: str) -> Finding:
    return Finding(path=path, line=3, rule="F821", severity=Severity.ERROR, message="undefined", lines=lines)


def test_a_task_is_shown_files_whole_and_others_by_their_outlines(project: Project) -> None:
    prompt, tag = question(project, PLAN, TASK, Context(SHOWN, OUTLINED))
    assert f"src/a.py:\n\n<content-{tag}>\nx = 1\n</content-{tag}>" in prompt.text
    assert f"src/b.py:\n\n<outline-{tag}>\ndef greet(name: str) -> str" in prompt.text
    assert f"<requirements-{tag}>\nGreet people.\n</requirements-{tag}>" in prompt.text
    assert "\n- src/a.py (create): is src/a.py\n" in prompt.text
    assert "\n- src/old.py (" not in prompt.text, "it is not to be written"
    assert "\n  - src/old.py (delete): is src/old.py\n" in prompt.text, "but the plan has it"
    assert "- it greets\n- it is polite" in prompt.text


def test_a_task_without_criteria_has_to_run(project: Project) -> None:
    prompt, _ = question(project, PLAN, TASK.model_copy(update={"acceptance_criteria": ()}), Context({}, {}))
    assert "\n- it runs" in prompt.text


def test_a_repair_is_shown_the_findings_of_its_files_with_their_lines(project: Project) -> None:
    found = [finding("src/a.py", "2: y", "3: z"), finding("src/a.py"), finding("src/c.py")]
    prompt, tag = repair_question(project, PLAN, found, {"src/a.py"}, TASK, Context(SHOWN, {}))
    told = "- src/a.py, line 3 (error, F821): undefined"
    assert f"{told}\n\n<lines-{tag}>\n2: y\n3: z\n</lines-{tag}>\n\n{told}\n" in prompt.text
    assert "src/c.py" not in prompt.text


def test_the_least_relevant_outlines_are_left_out_where_all_would_be_too_long(project: Project) -> None:
    long = "".join(f"def f{number}() -> None: ...\n" for number in range(50))
    texts = {f"{folder}/{number:02}.py": long for folder in ("other", "src") for number in range(12)}
    prompt, tag = question(project, PLAN, TASK, Context({}, texts))
    whole = [path for path in texts if f"{path}:\n\n<outline-{tag}>\n" in prompt.text]
    assert whole == [*[*texts][:3], *[*texts][12:]], "all that are beside what is written, and others that fit in"
    assert prompt.text.count("() -> None") <= MAX_TOGETHER
    assert "\n\nother/11.py\n\nsrc/00.py:\n" in prompt.text


def test_an_answer_that_could_not_be_taken_is_asked_for_again_with_the_reasons() -> None:
    asked = Prompt(system="Write.", text="Write a.py.", schema={"type": "object"})
    again = retry(asked, ["a.py is missing", "b.py was not asked for"])
    assert (again.system, again.schema) == (asked.system, asked.schema)
    assert "Write a.py." in again.text
    assert "- a.py is missing\n- b.py was not asked for" in again.text
