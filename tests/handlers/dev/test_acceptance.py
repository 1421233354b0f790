"""Answers that are refused, with the reasons; and correct code that is accepted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dev_agent.acceptance import find_objections
from dev_agent.generated import GeneratedFile
from shared.models.plan import FileAction, PlannedFile, PlannedTask, TaskType
from shared.paths import MAX_FILE_BYTES


def task(*paths: str, purpose: str = "counts", delete: tuple[str, ...] = ()) -> PlannedTask:
    files = [PlannedFile(path=path, action=FileAction.CREATE, purpose=purpose) for path in paths]
    files += [PlannedFile(path=path, action=FileAction.DELETE, purpose=purpose) for path in delete]
    return PlannedTask(
        id="t", title="A task", type=TaskType.CODE, language="python", depends_on=(), files=tuple(files),
        acceptance_criteria=(),
    )  # fmt: skip


def given_files(*files: tuple[str, str]) -> list[GeneratedFile]:
    return [GeneratedFile(*file) for file in files]


def test_the_planned_files_are_taken() -> None:
    files = given_files(("a.py", "x = 1\n"), ("pkg/__init__.py", ""), ("README.md", "```\nx\n```\n"))
    assert find_objections(files, task("a.py", "pkg/__init__.py", "README.md", delete=("b.py",))) == []


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ([], "a.py is missing"),
        ([("a.py", "x"), ("c.py", "x")], "c.py is not one of the task's files"),
        ([("a.py", "x"), ("../c.py", "x")], "path '../c.py' has an empty, . or .. segment"),
        ([("a.py", "x"), ("a.py", "x")], "a.py is there 2 times: give it once"),
        ([("a.py", "x"), ("b.py", "")], "b.py is to be deleted: leave it out"),
        ([("a.py", " \n")], "a.py is empty"),
        ([("a.py", "x" * (MAX_FILE_BYTES + 1))], "path 'a.py' has 524289 bytes, more than the 524288 of a file"),
        ([("a.py", "x\0")], "a.py has characters that are no text"),
        ([("a.py", "x\ud800")], "a.py has characters that are no text"),
        ([("a.py", "```python\nx\n")], "a.py begins with a code fence that does not end: give its content alone"),
        ([("a.py", "# rest of the code\n")], "a.py leaves code out, write all of it: '# rest of the code'"),
    ],
)
def test_what_cannot_be_taken_is_named(files: list[tuple[str, str]], reason: str) -> None:
    assert reason in find_objections(given_files(*files), task("a.py", delete=("b.py",)))


@given(st.lists(st.tuples(st.text(st.characters()), st.text(st.characters()))))
def test_no_files_are_too_odd(files: list[tuple[str, str]]) -> None:
    assert find_objections(given_files(*files), task("a.py"), dict(files))


PREVIOUS = "\n\n".join(f"def f{n}():\n    value = {n}\n    return value\n" for n in range(10))


def test_a_file_that_lost_most_of_itself_is_refused_unless_that_was_asked() -> None:
    shrunk = "\n\n\n".join(PREVIOUS.split("\n\n\n")[:3])
    modified, files = task("a.py"), given_files(("a.py", shrunk))
    assert find_objections(files, modified, {"a.py": PREVIOUS}) == [
        "a.py must be whole: it had 30 lines and has 9, without f3, f4, f5, f6, f7, f8, f9"
    ]
    assert find_objections(files, modified) == []
    assert find_objections(files, task("a.py", purpose="remove what is unused"), {"a.py": PREVIOUS}) == []


def test_a_definition_that_moved_to_another_file_of_the_answer_is_not_lost() -> None:
    files = given_files(("a.py", "from b import *\n"), ("b.py", PREVIOUS))
    assert find_objections(files, task("a.py", "b.py"), {"a.py": PREVIOUS}) == []


@pytest.mark.parametrize(
    ("said", "refused"),
    [
        ({"title": "Remove the counters"}, False),
        ({"acceptance_criteria": ("it counts", "old counters are removed")}, False),
        ({"files": (PlannedFile(path="a.py", action=FileAction.MODIFY, purpose="remove them"),)}, False),
        ({"files": (*task("a.py").files, *task(delete=("b.py",), purpose="remove it").files)}, True),
        ({}, True),
    ],
    ids=["title", "criteria", "purpose", "purpose-of-another", "none"],
)
def test_a_file_may_shrink_where_its_task_says_so(said: dict[str, object], refused: bool) -> None:
    planned = task("a.py").model_copy(update=said)
    assert bool(find_objections(given_files(("a.py", "x\n")), planned, {"a.py": PREVIOUS})) is refused


@pytest.mark.parametrize("path", ["pkg/__init__.py", ".gitkeep", "a/.keep", "pkg/py.typed", ".nojekyll"])
def test_files_that_only_have_to_be_there_may_be_empty(path: str) -> None:
    assert find_objections(given_files((path, "")), task(path)) == []


@pytest.mark.parametrize(
    ("optional", "given", "reasons"),
    [
        ((), ("a.py", "b.py"), []),
        ((), ("a.py",), ["b.py is missing"]),
        (("b.py",), ("a.py",), []),
        (("b.py",), ("b.py",), ["a.py is missing"]),
        (("a.py", "b.py"), ("b.py",), []),
        (("a.py", "b.py"), (), ["a.py is missing", "b.py is missing"]),
    ],
)
def test_optional_files_may_be_left_out_but_not_all(
    optional: tuple[str, ...], given: tuple[str, ...], reasons: list[str]
) -> None:
    files = given_files(*((path, "x\n") for path in given))
    assert find_objections(files, task("a.py", "b.py"), optional=optional) == reasons


@pytest.mark.parametrize(
    ("path", "content", "reasons"),
    [
        ("a.py", "\n```python\nx = 1\n", ["a.py begins with a code fence that does not end: give its content alone"]),
        ("a.py", "~~~\nx = 1\n", ["a.py begins with a code fence that does not end: give its content alone"]),
        ("a.txt", "```\nx\n", []),
        ("a.py", "x = 1\n```\n", []),
        ("a.py", "x = '\udfff'\n", ["a.py has characters that are no text"]),
        ("a.py", "x = '\ue000'\n", []),
        ("a.py", "x" * MAX_FILE_BYTES, []),
        ("a.py", "x" * (MAX_FILE_BYTES + 1), ["path 'a.py' has 524289 bytes, more than the 524288 of a file"]),
        (
            "a.py",
            "".join(f"# rest of the {n}.py\n" for n in "abcd"),
            ["a.py leaves code out, write all of it: '# rest of the a.py'; '# rest of the b.py'; '# rest of the c.py'"],
        ),
    ],
)
def test_a_content_is_refused_for_these_reasons_alone(path: str, content: str, reasons: list[str]) -> None:
    assert find_objections(given_files((path, content)), task(path)) == reasons


def test_each_reason_is_given_once() -> None:
    files = given_files(("a.py", "x\n"), ("a.py", "x\n"), ("a.py", "x\n"), ("c.py", "x\n"))
    assert find_objections(files, task("a.py")) == [
        "a.py is there 3 times: give it once",
        "c.py is not one of the task's files",
    ]
