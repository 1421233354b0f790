"""The prompts for a task and for a repair: text from others is between marks that name what it is."""

import pytest

from dev_agent.prompting import Context, make_repair_prompt, make_retry_prompt, make_task_prompt
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
    prompt, tag = make_task_prompt(project, PLAN, TASK, Context(SHOWN, OUTLINED))
    assert f"src/a.py:\n\n<content-{tag}>\nx = 1\n</content-{tag}>" in prompt.text
    assert f"src/b.py:\n\n<outline-{tag}>\ndef greet(name: str) -> str" in prompt.text
    assert f"<requirements-{tag}>\nGreet people.\n</requirements-{tag}>" in prompt.text
    assert "\n- src/a.py (create): is src/a.py\n" in prompt.text
    assert "\n- src/old.py (" not in prompt.text, "it is not to be written"
    assert "\n  - src/old.py (delete): is src/old.py\n" in prompt.text, "but the plan has it"
    assert "- it greets\n- it is polite" in prompt.text


def test_a_task_without_criteria_has_to_run(project: Project) -> None:
    prompt, _ = make_task_prompt(project, PLAN, TASK.model_copy(update={"acceptance_criteria": ()}), Context({}, {}))
    assert "\n- it runs" in prompt.text


def test_a_repair_is_shown_the_findings_of_its_files_with_their_lines(project: Project) -> None:
    found = [finding("src/a.py", "2: y", "3: z"), finding("src/a.py"), finding("src/c.py")]
    prompt, tag = make_repair_prompt(project, PLAN, found, TASK, Context(SHOWN, {}), {"src/a.py"})
    told = "- src/a.py, line 3 (error, F821): undefined"
    assert f"{told}\n\n<lines-{tag}>\n2: y\n3: z\n</lines-{tag}>\n\n{told}\n" in prompt.text
    assert "src/c.py" not in prompt.text


def sections(prompt: Prompt) -> dict[str, str]:
    """The text of a prompt by its headings."""
    parts = [part.partition("\n\n") for part in prompt.text.removeprefix("# ").split("\n# ")]
    return {heading: text.strip() for heading, _, text in parts}


OTHER = TASK.model_copy(update={"id": "u", "title": "Parting", "files": (planned("c.py", FileAction.MODIFY),)})
WIDE = PLAN.model_copy(update={"assumptions": ("people", "names"), "tasks": (TASK, OTHER)})
SHARED = {
    "The plan": "s\n\nWhat the requirements leave open, decided:\n\n- people\n- names\n\n"
    "What all tasks agree on:\n\ngreet(name)\n\nAll tasks and their files:\n\n"
    "- Greeting\n  - src/a.py (create): is src/a.py\n  - src/old.py (delete): is src/old.py\n"
    "- Parting\n  - c.py (modify): is c.py",
}
FORM = (
    "Put each file between these two lines, with its own path, and write nothing else:\n\n"
    '<file-{tag} path="the/path.ext">\n</file-{tag}>'
)
TWO_SHOWN = "src/a.py:\n\n<content-{tag}>\nx = 1\n</content-{tag}>\n\nc.py:\n\n<content-{tag}>\ny\n</content-{tag}>"
OUTLINE = "src/b.py:\n\n<outline-{tag}>\ndef greet(name: str) -> str\n</outline-{tag}>"


def test_a_tasks_prompt_says_all_of_this(project: Project) -> None:
    task = TASK.model_copy(update={"files": (*TASK.files, planned("src/d.py", FileAction.MODIFY))})
    prompt, tag = make_task_prompt(project, WIDE, task, Context(SHOWN | {"c.py": "y\n"}, OUTLINED))
    said = sections(prompt)
    assert said["The project"] == f"<requirements-{tag}>\nGreet people.\n</requirements-{tag}>"
    assert said["The plan"] == SHARED["The plan"]
    assert said["Files that you can build on"] == TWO_SHOWN.format(tag=tag)
    assert said["Other files of the project"] == OUTLINE.format(tag=tag)
    assert said["Your task: Greeting"] == (
        "Language: python\n\nWrite exactly these files:\n\n"
        "- src/a.py (create): is src/a.py\n- src/d.py (modify): is src/d.py\n\n"
        "It is done when:\n\n- it greets\n- it is polite"
    )
    assert said["Your answer"].startswith(FORM.format(tag=tag))
    assert prompt.system
    assert prompt.system.startswith("You are a senior software developer.")


def test_a_repairs_prompt_says_all_of_this(project: Project) -> None:
    task = TASK.model_copy(update={"files": (*TASK.files, *OTHER.files)})
    found = [finding("src/a.py"), finding("c.py")]
    context = Context(SHOWN | {"c.py": "y\n"}, OUTLINED)
    prompt, tag = make_repair_prompt(project, WIDE, found, task, context, {"c.py"})
    said = sections(prompt)
    assert said["The plan"] == (
        f"{SHARED['The plan']}\n\nIt is done when:\n\n" + "\n".join(["- it greets\n- it is polite"] * 2)
    )
    assert said["What the checks found"] == (
        "- src/a.py, line 3 (error, F821): undefined\n\n- c.py, line 3 (error, F821): undefined"
    )
    assert said["The files to repair"] == TWO_SHOWN.format(tag=tag)
    assert said["Other files of the project"] == OUTLINE.format(tag=tag)
    assert "and all else as it was:\n\n- src/a.py (create): is src/a.py\n\n" in said["Your task: repair"]
    assert said["Your task: repair"].endswith("leave out the others:\n\n- c.py (modify): is c.py")
    assert said["Your answer"].startswith(FORM.format(tag=tag))
    assert prompt.system
    assert prompt.system.startswith("You are a senior software developer.")


def test_what_there_is_none_of_is_said_to_be_none(project: Project) -> None:
    task = TASK.model_copy(update={"files": (planned("src/old.py", FileAction.DELETE),)})
    said = sections(make_task_prompt(project, PLAN, task, Context({}, {}))[0])
    assert (said["Files that you can build on"], said["Other files of the project"]) == ("None.", "None.")
    assert "leave open, decided:\n\nNone.\n\n" in said["The plan"]
    assert "exactly these files:\n\nNone.\n\n" in said["Your task: Greeting"]


def test_a_tag_depends_on_all_that_a_task_is_made_of(project: Project) -> None:
    def ask(about: Project = project, plan: Plan = PLAN, task: PlannedTask = TASK) -> str:
        return make_task_prompt(about, plan, task, Context(SHOWN, {}))[1]

    tags = [
        ask(),
        ask(project.model_copy(update={"requirements": "Part."})),
        ask(plan=WIDE),
        ask(task=TASK.model_copy(update={"id": "u"})),
        ask(task=TASK.model_copy(update={"files": OTHER.files})),
    ]
    assert len({*tags}) == len(tags)
    assert ask() == tags[0]


def test_a_tag_depends_on_all_that_a_repair_is_made_of(project: Project) -> None:
    def ask(about: Project = project, plan: Plan = PLAN, text: str = "x") -> str:
        return make_repair_prompt(about, plan, [], TASK, Context({"src/a.py": text}, {}), ())[1]

    tags = [ask(), ask(project.model_copy(update={"requirements": "Part."})), ask(plan=WIDE), ask(text="y")]
    assert len({*tags}) == len(tags)


def test_outlines_stay_of_files_that_the_contract_or_a_purpose_names(project: Project) -> None:
    long = "".join(f"def f{number}() -> None: ...\n" for number in range(50))
    texts = {f"other/m{number:02}.py": long for number in range(20)}
    task = TASK.model_copy(
        update={
            "files": (
                planned("new/a.py").model_copy(update={"purpose": "calls m18"}),
                planned("new/b.py").model_copy(update={"purpose": "m19"}),
            )
        }
    )
    plan = PLAN.model_copy(update={"shared_contract": "m17"})
    prompt, tag = make_task_prompt(project, plan, task, Context({}, texts))
    whole = [path for path in texts if f"{path}:\n\n<outline-{tag}>\n" in prompt.text]
    assert whole == [*[*texts][:12], *[*texts][17:]]


def test_the_least_relevant_outlines_are_left_out_where_all_would_be_too_long(project: Project) -> None:
    long = "".join(f"def f{number}() -> None: ...\n" for number in range(50))
    texts = {f"{folder}/{number:02}.py": long for folder in ("other", "src") for number in range(12)}
    prompt, tag = make_task_prompt(project, PLAN, TASK, Context({}, texts))
    whole = [path for path in texts if f"{path}:\n\n<outline-{tag}>\n" in prompt.text]
    assert whole == [*[*texts][:3], *[*texts][12:]], "all that are beside what is written, and others that fit in"
    assert prompt.text.count("() -> None") <= MAX_TOGETHER
    assert "\n\nother/11.py\n\nsrc/00.py:\n" in prompt.text


def test_an_answer_that_could_not_be_taken_is_asked_for_again_with_the_reasons() -> None:
    asked = Prompt(system="Write.", text="Write a.py.", schema={"type": "object"})
    again = make_retry_prompt(asked, ["a.py is missing", "b.py was not asked for"])
    assert (again.system, again.schema) == (asked.system, asked.schema)
    assert "Write a.py." in again.text
    assert "- a.py is missing\n- b.py was not asked for" in again.text
