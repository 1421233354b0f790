"""Outlines of files: their declarations with signatures, fields, constants and decorators, without their code."""

import ast
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final, NamedTuple

from shared.grammars import LANGUAGES, read_best
from shared.prompts import mark_as_data
from shared.source_files import detect_language

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_LINES: Final = 40
MAX_COLUMNS: Final = 160
MAX_DEPTH: Final = 3
MAX_TOGETHER: Final = 600
"""Maximum lines of all outlines in one prompt."""

_CONTAINERS: Final = frozenset(
    {
        *("class_body", "interface_body", "object_type", "enum_body", "declaration_list"),
        *("field_declaration_list", "enum_variant_list", "enumerator_list", "interface_type", "annotation_type_body"),
    }
)
_BLOCKS: Final = frozenset(
    {"block", "statement_block", "compound_statement", "constructor_body", "field_initializer_list"}
)
_PASSED: Final = re.compile(
    r"comment|import|package|^use_|preproc_include|access_specifier|^ERROR$|^;$"
    r"|shebang|hash_bang|static_block|static_initializer"
)
_TRANSPARENT: Final = frozenset(
    {"preproc_if", "preproc_ifdef", "preproc_else", "preproc_elif", "linkage_specification", "enum_body_declarations"}
)
_EXPORTED: Final = re.compile(r"(?:module\.)?exports\b|[\w$]+\.prototype\.")
_REQUIRED: Final = re.compile(r"^(?:const|let|var)\s[^;\n]*=\s*require\(")
_SQL: Final = re.compile(
    r"^\s*CREATE\s+(?:OR\s+\w+\s+)?(?:TABLE|VIEW|FUNCTION|INDEX|UNIQUE INDEX|TYPE)\b", re.IGNORECASE
)
_PRIVATE: Final = re.compile(r"\s*(?:private\b|(?:async )?def _(?!_)|_(?!_)|static \w+ _|#)")


class Line(NamedTuple):
    """A line of an outline, and its nesting depth."""

    depth: int
    text: str


def outline_all(texts: Mapping[str, str], tag: str, about: str, near: Collection[PurePosixPath] = ()) -> str:
    """Return files' outlines for a prompt, in their order; beyond the limit, the least relevant have only their path.

    Files are relevant if `about` contains their names; next come files in the folders `near`.
    """
    outlines = {path: outline(detect_language(path, text), text) for path, text in texts.items()}

    def relevance(path: str) -> tuple[bool, bool]:
        pure = PurePosixPath(path)
        return pure.stem not in about, pure.parent not in near

    remaining_lines = MAX_TOGETHER
    for path in sorted(outlines, key=relevance):
        remaining_lines -= outlines[path].count("\n") + 1
        if remaining_lines < 0:
            outlines[path] = ""
    return "\n\n".join(
        f"{path}:\n\n{mark_as_data('outline', tag, signatures)}" if signatures else path
        for path, signatures in outlines.items()
    )


def outline(language: str, text: str, most: int = MAX_LINES) -> str:
    """Return a file's declarations in at most `most` lines; empty for a file without declarations.

    If there are more, private ones are dropped first, then the most nested, then the last.
    """
    if language == "python":
        lines = _read_python(text)
    elif language in LANGUAGES:
        lines = list(_read_declarations(read_best(language, text), 0))
    else:
        lines = [Line(0, line.strip()) for line in text.splitlines() if _SQL.match(line)]
    return "\n".join(_show(line) for line in _choose(lines, most))


def _choose(lines: list[Line], limit: int) -> list[Line]:
    ranked = sorted(range(len(lines)), key=lambda at: (bool(_PRIVATE.match(lines[at].text)), lines[at].depth, at))
    return [lines[at] for at in sorted(ranked[:limit])]


def _show(line: Line) -> str:
    text = f"{'    ' * line.depth}{' '.join(line.text.split())}"
    return text if len(text) <= MAX_COLUMNS else f"{text[: MAX_COLUMNS - 3]}..."


def _read_declarations(node: "Node", depth: int) -> Iterator[Line]:
    """Yield the declarations among a node's children, and those inside them."""
    for child in node.named_children:
        if child.type in _TRANSPARENT:
            yield from _read_declarations(child.child_by_field_name("body") or child, depth)
        elif not _PASSED.search(child.type) and not (node.type in _TRANSPARENT and _is_condition(node, child)):
            yield from _read_declaration(child, depth)


def _is_condition(node: "Node", child: "Node") -> bool:
    return child in (node.child_by_field_name("name"), node.child_by_field_name("condition"))


def _read_declaration(node: "Node", depth: int) -> Iterator[Line]:
    text = (node.text or b"").decode()
    if (node.type == "expression_statement" and not _EXPORTED.match(text)) or _REQUIRED.search(text):
        return
    body = _find_inside(node)
    if body is None:
        yield Line(depth, text.rstrip(";,"))
        return
    end = body.start_byte
    if body.type in _CONTAINERS:
        end = next((part.start_byte for part in body.children if part.type == "{"), end)
    declaration = (node.text or b"")[: end - node.start_byte].decode()
    if node.type == "type_definition":
        declaration += text.encode()[body.end_byte - node.start_byte :].decode()
    if declaration.strip():
        yield Line(depth, declaration.rstrip("; \n"))
    if body.type in _CONTAINERS and depth < MAX_DEPTH:
        yield from _read_declarations(body, depth + 1)


def _find_inside(node: "Node") -> "Node | None":
    """Return the node of a declaration's inside: the body of a function, or the members of a type."""
    stack = list(reversed(node.children))
    while stack:
        child = stack.pop()
        if child.type in _CONTAINERS or child.type in _BLOCKS:
            return child
        if child.type == "arrow_function":
            return child.child_by_field_name("body")
        if "parameter" not in child.type and child.type not in {"decorator", "type_annotation"}:
            stack += reversed(child.children)
    return None


def _read_python(text: str) -> list[Line]:
    """Return a module's declarations; empty if it does not parse."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return []
    return [line for node in tree.body for line in _read_signatures(node, 0)]


def _read_signatures(node: ast.stmt, depth: int) -> Iterator[Line]:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            yield from (Line(depth, f"@{ast.unparse(decorator)}") for decorator in node.decorator_list)
            returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
            word = "async def" if isinstance(node, ast.AsyncFunctionDef) else "def"
            yield Line(depth, f"{word} {node.name}({ast.unparse(node.args)}){returns}")
        case ast.ClassDef():
            yield from (Line(depth, f"@{ast.unparse(decorator)}") for decorator in node.decorator_list)
            bases = [*map(ast.unparse, node.bases), *map(ast.unparse, node.keywords)]
            yield Line(depth, f"class {node.name}" + (f"({', '.join(bases)})" if bases else ""))
            for child in node.body:
                yield from _read_signatures(child, depth + 1)
        case ast.AnnAssign() | ast.Assign(targets=[ast.Name()]):
            yield Line(depth, ast.unparse(node))
        case _:
            return
