"""What a modified file may lose, and what it may not."""

import pytest

from dev_agent.shrinkage import find_shrinkage

PREVIOUS = "\n\n".join(f"def f{n}():\n    value = {n}\n    return value\n" for n in range(10))


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


@pytest.mark.parametrize(
    ("previous", "content", "loss"),
    [
        ("a: 1\n" * 20, "a: 1\n", "it had 20 lines and has 1"),
        ("a: 1\n" * 19, "a: 1\n", None),
        ("a: 1\n" * 30, "a: 1\n" * 10, None),
        ("a: 1\n" * 30, "a: 1\n" * 9, "it had 30 lines and has 9"),
        ("a: 1\n\n}\n" * 30, "a: 1\n" * 9, "it had 30 lines and has 9"),
        (PREVIOUS, "z()\n" * 15, None),
        (PREVIOUS, "".join(f"def f{n}(): 0\n" for n in range(5)), None),
        (
            PREVIOUS,
            "".join(f"def f{n}(): 0\n" for n in range(4)),
            "it had 30 lines and has 4, without f4, f5, f6, f7, f8, f9",
        ),
        (PREVIOUS, "z()\n", "it had 30 lines and has 1, without f0, f1, f2, f3, f4, f5, f6, f7"),
    ],
)
def test_a_loss_is_told_in_lines_and_names(previous: str, content: str, loss: str | None) -> None:
    assert find_shrinkage(previous, content, [], "counts") == loss


@pytest.mark.parametrize(
    "definition",
    [
        "def",
        "class",
        "function",
        "function*",
        "func",
        "func (s *Server)",
        "fn",
        "fun",
        "interface",
        "type",
        "struct",
        "enum",
        "trait",
        "impl",
        "record",
        "object",
        "module",
        "const",
        "let",
        "var",
        "val",
        "static",
        "namespace",
        "CREATE TABLE",
        "create view",
        "CREATE FUNCTION",
        "CREATE INDEX",
        "export default function",
        "public static final class",
        "private class",
        "protected class",
        "internal class",
        "abstract class",
        "sealed class",
        "async def",
        "pub fn",
        "pub(crate) fn",
        "unsafe fn",
        "extern fn",
        "declare module",
        "inline fun",
        "data class",
        "open class",
        "override fun",
        "export const",
        "Public Static Final Class",
    ],
)
def test_what_a_language_defines_is_known(definition: str) -> None:
    previous = "".join(f"{definition} f{n} \n  x\n" for n in range(10))
    assert find_shrinkage(previous, "z()\n", [], "counts") == (
        "it had 20 lines and has 1, without f0, f1, f2, f3, f4, f5, f6, f7"
    )


@pytest.mark.parametrize(
    "word",
    [
        "Remove",
        "deletes",
        "drop",
        "shorten",
        "simplify",
        "split",
        "move",
        "extract",
        "replace",
        "rewrite",
        "rewrote",
        "reduce",
        "trim",
        "clean up",
        "strip",
        "merge",
        "refactor",
        "shrink",
        "slim down",
        "prune",
        "consolidate",
        "restructure",
        "migrate",
        "convert",
        "eliminate",
        "unused",
        "dead code",
        "deduplicate",
        "cut",
    ],
)
def test_a_task_may_ask_for_less(word: str) -> None:
    assert find_shrinkage(PREVIOUS, "", [], f"please\n{word} some") is None


@pytest.mark.parametrize("purpose", ["counts", "adds a premove", "a shortcut"])
def test_a_task_that_asks_for_no_less_does_not(purpose: str) -> None:
    assert find_shrinkage(PREVIOUS, "", [], purpose)
