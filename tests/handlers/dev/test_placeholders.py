"""Comments that stand in for code, and honest ones that do not."""

import argparse
import ast
import inspect
import textwrap
import typing
from types import ModuleType

import pytest

from dev_agent.placeholders import find_placeholders

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


DOCUMENTED = '''
# Written by a generator.
"""Overloads.

    def first(value):
        # implementation goes here

"""


def overload(function):  # of functions
    {prefix}"""Register one.

        def utf8(value):
            # implementation goes here

    The rest follows.
    """
    return function
'''


@pytest.mark.parametrize("prefix", ["", "r"])
def test_an_example_in_a_docstring_may_leave_code_to_its_reader(prefix: str) -> None:
    documented = DOCUMENTED.format(prefix=prefix)
    assert find_placeholders("a.py", documented) == []
    assert find_placeholders("a.py", documented.replace('"""', "'''")) == []


def test_code_after_a_docstring_is_no_example() -> None:
    code = DOCUMENTED.format(prefix="") + "\n\ndef main():\n    # implementation goes here\n"
    assert find_placeholders("a.py", code) == ["# implementation goes here"]
    page = 'PAGE = """\ndef main():\n    # implementation goes here\n\n"""\n'
    assert find_placeholders("a.py", page) == ["# implementation goes here"]
    assert find_placeholders("a.rb", DOCUMENTED) == ["# implementation goes here"] * 2


CODE = """
code file files implementation implementations function functions functionality class classes method methods logic
module component components content contents imports tests routes handlers endpoints styles rules script program fields
properties props definitions body html css markup configuration config settings variables types interfaces document
sections section structs constants exports statements page schema template
"""
KEPT = """
unchanged unmodified untouched intact remains remain stays stay continues continue goes go here omitted elided truncated
skipped kept
"""


@pytest.mark.parametrize("word", CODE.split())
def test_what_is_left_out_may_be_any_part_of_code(word: str) -> None:
    assert find_placeholders("a.py", f"x = 1\n\n# ... existing {word} ...\n\ny = 2\n")


@pytest.mark.parametrize(
    "rest", ["rest of the", "remainder of the", "remaining", "existing", "previous", "original", "other"]
)
@pytest.mark.parametrize("kept", KEPT.split())
def test_it_may_be_said_in_many_words(rest: str, kept: str) -> None:
    assert find_placeholders("a.py", f"x = 1\n\n# {rest} code {kept}\n\ny = 2\n")


@pytest.mark.parametrize(
    ("text", "left_out"),
    [
        ("code unchanged", True),
        ("unchanged", False),
        ("... unchanged", True),
        ("\u2026 unchanged", True),
        ("unchanged for brevity", True),
        ("code unchanged since Monday", False),
        ("... rest of the parser code", True),
        ("... rest of the new parser code", True),
        ("... rest of the fast new parser code", False),
        ("... rest of the garden", False),
        ("parser existing code remains", False),
        ("rest of the parser code ...", True),
        ("the parser code ...", False),
        ("... code goes", True),
        ("... same code", True),
        ("... code before", True),
        ("... parser code goes", False),
        ("... code of this", False),
        ("rest of the code", True),
        ("rest of the code.", False),
        ("rest of the code.  ", False),
        ("remaining steps kept", False),
        ("remainder of the code", True),
        ("existing code", False),
        ("existing code remains", True),
        ("existing parser and lexer table code remains", True),
        ("existing new parser and lexer table code remains", False),
        ("existing parser code remains here today", False),
        ("code that exists remains", False),
        ("keep all existing code here", True),
        ("parser keeps existing code here", False),
        ("rest of main.py", True),
        ("rest of main", False),
    ],
)
def test_a_comment_is_found_by_what_it_says(text: str, left_out: bool) -> None:
    for place in (f"x = 1\n# about\n# {text}\ny = 2\n", f"x = 1  # {text}\ny = 2\n"):
        assert bool(find_placeholders("a.py", place)) is left_out


@pytest.mark.parametrize("mark", ["#", "//", "/*", "--", "<!--", ";", "%", "{/*"])
def test_dots_stand_in_for_code_where_no_other_comment_is_beside_them(mark: str) -> None:
    dots, comment = f"{mark} ...", f"{mark} It prints:"
    assert find_placeholders("a.py", f"{dots}\nx\n") == [dots]
    assert find_placeholders("a.py", f"{comment}\nx\n  {dots}\nx\n{comment}\n") == [dots]
    assert find_placeholders("a.py", f"x\n{dots}") == [dots]
    assert find_placeholders("a.py", f"{comment}\n{dots}\nx\n") == []
    assert find_placeholders("a.py", f"x\n  {comment}\n{dots}\nx\n") == []
    assert find_placeholders("a.py", f"{dots}\n  {comment}\nx\n") == []
    assert find_placeholders("a.py", f"x = 1 {dots}\n") == []


@pytest.mark.parametrize("mark", ["#", "//", "/*", "--", "<!--", ";", "%", "{/*"])
def test_a_promise_of_code_counts_where_it_is_all_of_a_block(mark: str) -> None:
    promise = f"{mark} your code goes here"
    assert find_placeholders("a.py", f"f() {{\n  {promise}\n}}\n") == [promise]
    assert find_placeholders("a.py", f"f() {{\n  {promise}\n  x\n}}\n") == []
    assert find_placeholders("a.py", f"x\n{promise}\n\n") == []


@pytest.mark.parametrize(
    ("opening", "found"),
    [
        *((opening, True) for opening in ("def f():", "f() {", "f(", "() =>", "<div>", "if x; then", "while x; do")),
        *((f"def f():\n    {quotes}Do.{quotes}", True) for quotes in ('"""', "'''")),
        ("def f():\n\n", True),
        ("def f():\n\n\n", False),
        ("x = 1", False),
        ("def f():\n    x = 1", False),
        ("redo", False),
    ],
)
def test_what_opens_a_block_is_the_last_line_of_three_above(opening: str, found: bool) -> None:
    assert bool(find_placeholders("a.py", f"{opening}\n    # your code goes here\n")) is found


@pytest.mark.parametrize(
    ("after", "found"),
    [
        *((after, True) for after in ("", "\n", "pass", "...", "return", "return None", "return null;", "}", "});")),
        *((after, True) for after in ("end", "END", "</div>", "raise NotImplementedError", "todo!()")),
        *((after, True) for after in ('panic("implement me")', 'throw new Error("Not implemented");')),
        *((after, False) for after in ("return 1", "f()", "passed", "endless", "else:")),
    ],
)
def test_what_follows_in_a_block_that_is_empty_does_nothing(after: str, found: bool) -> None:
    assert bool(find_placeholders("a.py", f"def f():\n    # your code goes here\n    {after}")) is found


@pytest.mark.parametrize(
    "text",
    [
        "your code goes here",
        "your own code will go here",
        "code here",
        "the main game logic comes here",
        "existing methods",
        "same as before",
        "identical from the original version",
        "TODO: implement it",
        "FIXME please do implement",
        "implement it",
        "not yet implemented",
        "to be implemented later",
    ],
)
def test_code_is_promised_in_many_words(text: str) -> None:
    assert find_placeholders("a.py", f"def f():\n    # {text}\n    pass\n") == [f"# {text}"]


def test_a_long_line_is_no_placeholder() -> None:
    comment = "# rest of the code".ljust(240, "-")
    assert find_placeholders("a.py", f"{comment[:-1]}\n") == [comment[:-1]]
    assert find_placeholders("a.py", f"{comment}\n") == []


def _write_functions(hollow: int, whole: int) -> str:
    return "def f():\n    # Draws it\n\n" * hollow + "def f():\n    return 1\n\n" * whole


@pytest.mark.parametrize(
    ("hollow", "whole", "found"), [(2, 0, 0), (3, 0, 3), (3, 3, 3), (3, 4, 0), (4, 4, 4), (4, 5, 0)]
)
def test_three_functions_and_half_of_all_have_to_be_hollow(hollow: int, whole: int, found: int) -> None:
    assert find_placeholders("a.py", _write_functions(hollow, whole)) == ["# Draws it"] * found


def test_a_function_in_the_last_line_holds_no_comment() -> None:
    assert find_placeholders("a.py", _write_functions(3, 0) + "def f():") == ["# Draws it"] * 3


def test_placeholders_are_given_in_the_order_of_their_lines() -> None:
    code = _write_functions(3, 0) + "# rest of the code\n\n" + "def f():\n    # Moves it\n"
    assert find_placeholders("a.py", code) == [*["# Draws it"] * 3, "# rest of the code", "# Moves it"]
