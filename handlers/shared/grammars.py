"""Tree-sitter grammars, each loaded on first use; functions that read code include their wheels."""

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node, Parser

_GRAMMARS: Final = {
    "javascript": ("tree_sitter_javascript", "language"),
    "typescript": ("tree_sitter_typescript", "language_typescript"),
    "tsx": ("tree_sitter_typescript", "language_tsx"),
    "go": ("tree_sitter_go", "language"),
    "java": ("tree_sitter_java", "language"),
    "rust": ("tree_sitter_rust", "language"),
    "c": ("tree_sitter_c", "language"),
    "cpp": ("tree_sitter_cpp", "language"),
}
LANGUAGES: Final = frozenset(_GRAMMARS)


@cache
def get_parser(grammar: str) -> "Parser":
    """Return the parser for a grammar: the name of a language, or "tsx"."""
    from tree_sitter import Language, Parser

    module, function = _GRAMMARS[grammar]
    return Parser(Language(getattr(import_module(module), function)()))


def walk(root: "Node") -> "Iterator[Node]":
    """Yield every node in order, without recursion: hostile files nest deeper than Python's stack."""
    cursor = root.walk()
    while True:
        if cursor.node is not None:
            yield cursor.node
        if cursor.goto_first_child():
            continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return


def read_best(language: str, text: str) -> "Node":
    """Return the root of a text's tree, by the language's grammar that reads most of it."""
    grammars = ("typescript", "tsx") if language == "typescript" else (language,)
    roots = [get_parser(grammar).parse(text.encode("utf-8", "replace")).root_node for grammar in grammars]
    return next((root for root in roots if not root.has_error), roots[0])
