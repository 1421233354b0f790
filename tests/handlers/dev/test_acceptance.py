"""Answers that are refused, with the reasons; and correct code that is accepted."""

import argparse
import ast
import inspect
import textwrap
import typing
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dev_agent.acceptance import find_objections
from dev_agent.generated import GeneratedFile
from dev_agent.placeholders import find_placeholders
from dev_agent.shrinkage import find_shrinkage
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


LEFT_OUT = """
# rest of the code unchanged
# ... rest of the code ...
# Rest of the code remains the same
// ... existing code ...
// ...existing code...
// (rest of the file)
/* ... existing styles ... */
/* rest of the styles remain unchanged */
<!-- ... rest of the HTML ... -->
{/* ... existing JSX code ... */}
-- rest of the schema code unchanged
; rest of the file is unchanged
# [existing code remains unchanged]
# ... other methods remain unchanged ...
# Previous code remains the same
// previous imports remain unchanged
// ... keep existing code
// Keep the rest of the code as is
# Remaining code omitted for brevity
// omitted for brevity
// ... unchanged ...
# The existing validation and error handling logic remains unchanged
# rest of the UserService class unchanged
# ... rest of main.py ...
<!-- rest of the page unchanged -->
# ...
// [...]
{/* ... */}
# ... (implementation)
// ... other imports
// No changes to the rest of the file
# Other functions remain as they were
""".strip().split("\n")

HONEST = """
# The rest of the code relies on this order.
# in the remainder of the file.
# Same as above, but for bytes
// same as above
# existing files are kept in the archive
# Remove the existing code owners
# This uses the same trick as in the previous test.
// other methods of this class may block
# final NEWLINE are omitted for brevity.
/* Styles for the rest of the page */
# the previous implementation died with a RecursionError here
# your code is valid
# TODO: implement retries with jitter
# unchanged since 2.0
// REST endpoints
# REST routes and handlers
""".strip().split("\n")


@pytest.mark.parametrize("comment", LEFT_OUT)
def test_a_comment_that_stands_in_for_code_is_found(comment: str) -> None:
    for place in (f"x = 1\n\n{comment}\n\ny = 2\n", f"def f():\n    {comment}\n    return 1\n"):
        assert find_placeholders("a.py", place) == [comment]


@pytest.mark.parametrize("comment", HONEST)
def test_a_comment_that_goes_with_code_is_not(comment: str) -> None:
    assert find_placeholders("a.py", f"def f():\n    {comment}\n    return 1\n\n\n{comment}\ny = 2\n") == []


@pytest.mark.parametrize(
    "body",
    [
        "def f():\n    # TODO: implement\n    pass\n",
        "def f():\n    # your code here\n",
        "def f():\n    # Implement the logic to move the tiles\n    raise NotImplementedError\n",
        "function f() {\n  // your logic goes here\n}\n",
        "function f() {\n  // same as before\n}\n",
        "fn f() {\n    // to be implemented\n    todo!()\n}\n",
    ],
)
def test_a_stand_in_that_is_all_of_a_block_is_found(body: str) -> None:
    assert len(find_placeholders("a.py", body)) == 1


def test_functions_that_hold_only_a_comment_are_found_where_they_are_the_rule() -> None:
    hollow = "".join(f"def {name}():\n    # {name} it\n    pass\n\n\n" for name in ("draw", "move", "grow"))
    assert find_placeholders("a.py", hollow) == ["# draw it", "# move it", "# grow it"]
    assert find_placeholders("a.py", hollow + "def f():\n    return 1\n\n\n" * 4) == []


def test_bodies_that_do_nothing_on_purpose_are_taken() -> None:
    code = '''
        class Port(Protocol):
            def read(self) -> str: ...
            def write(self, text: str) -> None:
                """Write."""
                ...

        class Gone(Exception):
            pass

        def close():
            # nothing to close
            pass
    '''
    assert find_placeholders("a.py", textwrap.dedent(code)) == []


def test_prose_may_speak_of_code() -> None:
    prose = "# Change log\n\n# rest of the code unchanged\n\n```python\n# ... existing code ...\n```\n"
    assert find_placeholders("README.md", prose) == []


@pytest.mark.parametrize("module", [ast, inspect, textwrap, argparse, typing])
def test_the_standard_library_leaves_nothing_out(module: ModuleType) -> None:
    assert find_placeholders("a.py", inspect.getsource(module)) == []


PREVIOUS = "\n\n".join(f"def f{n}():\n    value = {n}\n    return value\n" for n in range(10))


def test_a_file_that_lost_most_of_itself_is_refused_unless_that_was_asked() -> None:
    shrunk = "\n\n\n".join(PREVIOUS.split("\n\n\n")[:3])
    modified, files = task("a.py"), given_files(("a.py", shrunk))
    assert find_objections(files, modified, {"a.py": PREVIOUS}) == [
        "a.py must be whole: it had 30 lines and has 9, without f3, f4, f5, f6, f7, f8, f9"
    ]
    assert find_objections(files, modified) == []
    assert find_objections(files, task("a.py", purpose="remove what is unused"), {"a.py": PREVIOUS}) == []


@pytest.mark.parametrize(
    ("previous", "content", "others", "lost"),
    [
        (PREVIOUS, PREVIOUS.replace("    value = ", "    # "), [], False),
        (PREVIOUS, "def f0(): return 0\n" * 3, [], True),
        (PREVIOUS, "from b import *\n", [PREVIOUS], False),  # moved
        (PREVIOUS, "".join(f"def f{n}(): return {n}\n" for n in range(10)), [], False),  # the same, shorter
        (PREVIOUS, "z()\n" * 16, [], False),  # half of it is left
        (PREVIOUS, "z()\n" * 14, [], True),
        ("a: 1\n" * 30, "a: 1\n" * 11, [], False),
        ("a: 1\n" * 30, "a: 1\n" * 9, [], True),
        ("a: 1\n" * 19, "", [], False),
        ("const x = () => {\n  y()\n}\n" * 10, "z()\n", [], True),
        ("export default class A {\n  b() {\n  }\n}\n" * 10, "// A\n", [], True),
    ],
)
def test_what_counts_as_lost(previous: str, content: str, others: list[str], lost: bool) -> None:
    assert (find_shrinkage(previous, content, others, "counts") is not None) is lost
