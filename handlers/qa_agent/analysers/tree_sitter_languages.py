"""Parses JavaScript, TypeScript, Go, Java, Rust, C and C++ with their tree-sitter grammars.

A grammar accepts a little more than its language does, and in places a little less. Each language's function handles
the known differences: see "What is known to be missed" in docs/quality-score.md. If a grammar stops for another reason,
the file is in doubt, unless `certainty` finds that it is wrong in any version of the language.
"""

import re
from collections.abc import Callable, Iterable
from typing import Final

from tree_sitter import Node, Tree

from qa_agent.analysers import c_macros, c_source
from qa_agent.analysers.certainty import Tokens
from qa_agent.analysers.syntax import MOST, Place
from shared.grammars import get_parser, read_best, walk

_OPENS: Final = {"(": ")", "[": "]", "{": "}", "${": "}", "#{": "}"}
_BRACKETS: Final = frozenset({*_OPENS, *_OPENS.values()})
_NIGHTLY: Final = re.compile(r"^\s*#!\[feature\(", re.MULTILINE)
_FOREIGN_INCLUDE: Final = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:"|<[\w.-]*/)', re.MULTILINE)
_BRACKET_LINE: Final = re.compile(r"(\}[ \t]*\r?\n\s*)\[")
_ELSE: Final = re.compile(r"^[ \t]*#[ \t]*el", re.MULTILINE)
# Attributes on expressions, `for<'a>` in the middle of a type, and a leading lifetime in the bounds of `dyn`:
# they can be removed without changing whether Rust parses the rest.
_RUST_GAPS: Final = re.compile(r"""#\[\w+(?:\([^()"']*\))?\]|\bfor<(?:'\w+,?\s*)*>|(?<=\bdyn )\s*'\w+\s*\+""")
# A variable with the name of a type operator after `<`, where the grammar expects a type.
_TYPESCRIPT_GAPS: Final = re.compile(
    r"(<\s*)(?:abstract|asserts|infer|is|keyof|readonly|unique)\b(?=\s*(?:[.;)\]}?:,&|=!+*/%-]|$))", re.MULTILINE
)
_GO_OUTSIDE: Final = ("_declaration", "_clause", "comment")
_SHOWN: Final = 30

Rule = Callable[[Node], Place | None]


def parse_javascript(text: str) -> Iterable[Place]:
    """Parse ECMAScript 2025 with JSX.

    The grammar reads `[` on the line after `}` as a subscript, even where only a new statement can begin.
    """
    places = _parse_strictly("javascript", text, _find_constant_without_value)
    if places and _BRACKET_LINE.search(text):
        places = _parse_strictly("javascript", _BRACKET_LINE.sub(r"\1;[", text), _find_constant_without_value)
    return _add_reason(places)


def parse_typescript(text: str) -> Iterable[Place]:
    """Parse TypeScript 5, with JSX if it does not parse without."""
    places = _parse_strictly("typescript", text)
    if not places or not _parse_strictly("tsx", text):
        return []
    without_gaps = _TYPESCRIPT_GAPS.sub(r"\1x", text)
    return _add_reason(min(_parse_strictly("typescript", without_gaps), _parse_strictly("tsx", without_gaps), key=len))


def parse_go(text: str) -> Iterable[Place]:
    """Parse Go 1.25."""
    return _add_reason(_parse_strictly("go", text, _find_go_fault))


def parse_java(text: str) -> Iterable[Place]:
    """Parse Java 21."""
    return _add_reason(_parse_strictly("java", text))


def parse_rust(text: str) -> Iterable[Place]:
    """Parse stable Rust, edition 2024; a file that enables nightly features is in doubt."""
    places = _parse_strictly("rust", text, _find_rust_fault)
    if places:
        places = _parse_strictly("rust", _RUST_GAPS.sub(_blank_match, text), _find_rust_fault)
    if places and _NIGHTLY.search(text) and _is_balanced("rust", text):
        return _mark_doubtful(places, "it uses features of nightly Rust")
    return _add_reason(places)


def parse_c(text: str) -> Iterable[Place]:
    """Parse C23; a header may be C++, as every .h counts as C."""
    places = _parse_preprocessed("c", text)
    return places if not places or _parse_preprocessed("cpp", text) else []


def parse_cpp(text: str) -> Iterable[Place]:
    """Parse C++20."""
    return _parse_preprocessed("cpp", text)


def read_clean(language: str, text: str) -> Node | None:
    """Return the root of a file's tree; None if the grammar does not read all of it."""
    root = read_best(language, text)
    return None if root.has_error else root


def _parse_strictly(grammar: str, text: str, rule: Rule | None = None) -> list[Place]:
    """Return the faults of a file; `rule` finds what the grammar accepts but the language does not."""
    content = text.encode("utf-8", "replace")
    tree = get_parser(grammar).parse(content)
    places = _find_places(grammar, tree, content) if tree.root_node.has_error else []
    if places:
        return places
    place = rule(tree.root_node) if rule else None
    return [place] if place else []


def _parse_preprocessed(grammar: str, text: str) -> list[Place]:
    """Parse C as it is, then with conditionals resolved, then without apparent macros.

    Brackets and quotes are counted separately, so that no macro hides a missing one.
    """
    source = c_source.read(text)
    fault = source.imbalance or (_ELSE.search(text) and c_source.read(text, last=True).imbalance)
    if fault:
        return [Place(fault.line, fault.message)]
    if not _parse_strictly(grammar, text) or not _parse_strictly(grammar, source.text):
        return []
    plain, macros = c_macros.remove_macros(source)
    places = _parse_strictly(grammar, c_macros.fill_gaps(plain))
    if places and _is_truncated(source):
        return [place._replace(in_doubt=False) for place in places]
    # Removing an apparent macro may itself leave `= }` behind.
    sure = [
        place for place in _parse_strictly(grammar, c_macros.fill_gaps(source.text)) if places and not place.in_doubt
    ]
    if not sure and (macros or _FOREIGN_INCLUDE.search(text)):
        return _mark_doubtful(places, "a macro may be why")
    return sure or _add_reason(places)


def _is_truncated(source: c_source.Source) -> bool:
    """Return whether no C file can end with the last token, which is not a macro's name either."""
    solid = source.solid
    last = source.tokens[solid[-1]].text if solid else ";"
    return last not in {";", "}", ")"} and not c_macros.looks_like_macro(last)


def _blank_match(match: re.Match[str]) -> str:
    return "\n" * match[0].count("\n")


def _add_reason(places: list[Place], reason: str = "the parser may not know all of the language") -> list[Place]:
    """Add the reason to the places that are in doubt."""
    return [
        place._replace(message=f"could not be read ({place.message}); {reason}") if place.in_doubt else place
        for place in places
    ]


def _mark_doubtful(places: list[Place], reason: str) -> list[Place]:
    return _add_reason([place._replace(in_doubt=True) for place in places[:1]], reason)


def _find_places(grammar: str, tree: Tree, content: bytes) -> list[Place]:
    """Return the innermost faults of a tree, beginning with the unclosed bracket.

    If brackets are balanced, faults that the language may allow are in doubt, and come last.
    """
    nodes = list(walk(tree.root_node))
    unbalanced = _find_unbalanced(_find_brackets(nodes))
    places = [_make_bracket_place(unbalanced[-1])] if unbalanced else []
    tokens = Tokens(grammar, nodes, content)
    for node in nodes:
        if node.is_missing or (node.is_error and not _holds_fault(node)):
            sure = unbalanced or tokens.have_stray_quote or tokens.are_wrong_at(node)
            places.append(Place(node.start_point.row + 1, _describe_fault(node, content), in_doubt=not sure))
    return sorted(dict.fromkeys(places), key=lambda place: place.in_doubt)[:MOST]


def _make_bracket_place(node: Node) -> Place:
    fault = "is not closed" if node.type in _OPENS else "closes nothing that is open"
    return Place(node.start_point.row + 1, f"{node.type} {fault}")


def _find_constant_without_value(root: Node) -> Place | None:
    """Return JavaScript's `const name` without a value, which may be a truncated `const name = value`."""
    for node in walk(root):
        if node.type == "lexical_declaration" and node.children[0].type == "const":
            for declared in node.named_children:
                if declared.type == "variable_declarator" and not declared.child_by_field_name("value"):
                    return Place(declared.start_point.row + 1, "a constant has no value")
    return None


def _find_go_fault(root: Node) -> Place | None:
    """Return a missing package clause in Go, or a truncated declaration: a single word, a constant's name."""
    if not any(child.type == "package_clause" for child in root.children):
        return Place(1, "package clause is missing")
    for child in root.named_children:
        if not child.type.endswith(_GO_OUTSIDE):
            return Place(child.start_point.row + 1, "a statement outside of a function")
        first = next((spec for spec in child.named_children if spec.type == "const_spec"), None)
        if first and not first.child_by_field_name("value"):
            return Place(first.start_point.row + 1, "a constant has no value")
    return None


def _find_rust_fault(root: Node) -> Place | None:
    """Return a Rust attribute or doc comment with nothing after it, or `#!` that does not begin an attribute."""
    stray = next((child for child in root.children if child.type == "shebang" and child.start_byte), None)
    if stray:
        return Place(stray.start_point.row + 1, "unexpected #!")
    for child in reversed(root.children):
        if child.type == "attribute_item" or any(part.type.startswith("outer_doc") for part in child.children):
            return Place(child.start_point.row + 1, "describes nothing")
        if not child.type.endswith("comment"):
            break
    return None


def _holds_fault(node: Node) -> bool:
    return any(child.is_missing or child.is_error or child.has_error for child in node.children)


def _is_balanced(grammar: str, text: str) -> bool:
    return not _find_unbalanced(
        _find_brackets(walk(get_parser(grammar).parse(text.encode("utf-8", "replace")).root_node))
    )


def _find_brackets(nodes: Iterable[Node]) -> list[Node]:
    return [node for node in nodes if node.type in _BRACKETS and not node.is_missing and not node.child_count]


def _find_unbalanced(brackets: list[Node]) -> list[Node]:
    """Return the brackets that are open at the end, or the first one that does not close the last opened."""
    opened: list[Node] = []
    for node in brackets:
        if node.type in _OPENS:
            opened.append(node)
        elif opened and _OPENS[opened[-1].type] == node.type:
            opened.pop()
        else:
            return [node]
    return opened


def _describe_fault(node: Node, content: bytes) -> str:
    if node.is_missing:
        return f"{node.type} is missing"
    if node.end_byte >= len(content.rstrip()):
        return "the file ends too early"
    excerpt = content[node.start_byte : node.end_byte].decode("utf-8", "replace").split("\n")[0].strip()
    return f"unexpected {excerpt if len(excerpt) <= _SHOWN else excerpt[: _SHOWN - 3] + '...'}"
