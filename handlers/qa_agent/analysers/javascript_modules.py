"""Reads a JavaScript or TypeScript file as other files see it: its imports, exports, declarations and used names."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from tree_sitter import Node

from qa_agent.analysers.tree_sitter_languages import read_clean
from shared.grammars import walk

DEFAULT: Final = "default"

_NAMED: Final = frozenset(
    {
        *(
            "function_declaration",
            "function_expression",
            "generator_function_declaration",
            "generator_function",
            "class",
        ),
        *("class_declaration", "abstract_class_declaration", "interface_declaration", "type_alias_declaration"),
        *("enum_declaration", "internal_module", "function_signature"),
    }
)
_SCRIPT_MARKS: Final = re.compile(r"\bmodule\.exports\b|\brequire\s*\(|\bexports\.")
_SHARED: Final = re.compile(r"\b(?:window|globalThis|self|global)\.([A-Za-z_$][\w$]*)\s*=[^=]")
_ANNOUNCED: Final = re.compile(r"/\*\s*(?:global|globals|exported)\s+([^*]*)\*/")
_WORD: Final = re.compile(r"[A-Za-z_$][\w$]*")


@dataclass(frozen=True)
class Import:
    """An import: its source and names; without names if it imports everything, or nothing by name."""

    line: int
    source: str
    names: tuple[str, ...]
    by_require: bool = False
    is_guarded: bool = False
    """Whether it is inside of a `try`."""


@dataclass
class Script:
    """The imports, exports and names of one file."""

    path: str
    is_common: bool
    shared: set[str]
    imports: list[Import] = field(default_factory=list)
    exports: set[str] = field(default_factory=set)
    passed_on: list[str] = field(default_factory=list)
    is_module: bool = False
    exports_known: bool = True
    declared: set[str] = field(default_factory=set)
    used: dict[str, int] = field(default_factory=dict)
    """The first line in which each name is used."""


def read_script(path: str, language: str, text: str) -> Script | None:
    """Return a file's imports, exports and names; None if it does not parse completely."""
    root = read_clean(language, text)
    if root is None:
        return None
    script = Script(path, is_common=bool(_SCRIPT_MARKS.search(text)), shared=set(_SHARED.findall(text)))
    for announced in _ANNOUNCED.findall(text):
        script.declared.update(_WORD.findall(announced))
    for node in walk(root):
        reader = _READERS.get(node.type)
        if reader:
            reader(node, script)
        script.declared.update(_list_declared(node))
        if node.type in {"identifier", "shorthand_property_identifier"} and not _is_tag(node):
            script.used.setdefault(_read_text(node), node.start_point.row + 1)
    _check_commonjs_exports(script, text)
    return script


def _read_text(node: Node | None) -> str:
    return node.text.decode("utf-8", "replace") if node is not None and node.text else ""


def _read_string(node: Node | None) -> str:
    return _read_text(node)[1:-1] if node is not None and node.type == "string" else ""


def _read_import(node: Node, script: Script) -> None:
    script.is_module = True
    source = _read_string(node.child_by_field_name("source"))
    names: list[str] = []
    types_only = any(child.type == "type" for child in node.children)
    for part in walk(node):
        if part.type == "import_clause":
            names += [DEFAULT for child in part.children if child.type == "identifier"]
        elif part.type == "import_specifier":
            names.append(_read_text(part.child_by_field_name("name")) or DEFAULT)
    if source:
        script.imports.append(Import(node.start_point.row + 1, source, () if types_only else tuple(names)))


def _read_export(node: Node, script: Script) -> None:
    script.is_module = True
    source = _read_string(node.child_by_field_name("source"))
    words = {child.type for child in node.children}
    line = node.start_point.row + 1
    if "=" in words:
        script.exports_known = False
    if "default" in words:
        script.exports.add(DEFAULT)
    specifiers = [part for part in walk(node) if part.type == "export_specifier"]
    script.exports.update(_read_text(part.children[-1]) for part in specifiers)
    script.exports.update(_read_text(part.children[-1]) for part in node.children if part.type == "namespace_export")
    if source:
        script.imports.append(Import(line, source, tuple(_read_text(part.children[0]) for part in specifiers)))
        if "*" in words:
            script.passed_on.append(source)
    declaration = node.child_by_field_name("declaration")
    if declaration is not None and declaration.type == "ambient_declaration":
        declaration = declaration.named_children[0]
    if declaration is not None:
        script.exports.update(_list_declared(declaration))
        for part in declaration.named_children:
            script.exports.update(_list_declared(part))


def _read_call(node: Node, script: Script) -> None:
    function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
    if function is None or arguments is None or _read_text(function) not in {"require", "import"}:
        return
    values = arguments.named_children
    source = _read_string(values[0]) if len(values) == 1 else ""
    if not source:
        return
    names: tuple[str, ...] = ()
    parent = node.parent
    if _read_text(function) == "require" and parent is not None and parent.type == "variable_declarator":
        pattern = parent.child_by_field_name("name")
        if pattern is not None and pattern.type == "object_pattern":
            names = tuple(_find_key(part) for part in pattern.named_children)
    script.imports.append(Import(node.start_point.row + 1, source, tuple(filter(None, names)), True, _is_in_try(node)))


def _is_in_try(node: Node | None) -> bool:
    while node is not None and node.type != "try_statement":
        node = node.parent
    return node is not None


def _find_key(part: Node) -> str:
    """Return the property that a part of a pattern reads; "" for the rest, or for a computed property."""
    if part.type == "shorthand_property_identifier_pattern":
        return _read_text(part)
    if part.type in {"pair_pattern", "object_assignment_pattern"}:
        key = part.child_by_field_name("key") or part.child_by_field_name("left")
        plain = key is not None and key.type in {"property_identifier", "shorthand_property_identifier_pattern"}
        return _read_text(key) if plain else ""
    return ""


def _read_assignment(node: Node, script: Script) -> None:
    """Record the names from `module.exports = {...}`, `exports.a = ...` and assignments without a declaration."""
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    target = _read_text(left)
    if left is not None and left.type == "identifier":
        script.declared.add(target)
    if target == "module.exports" and right is not None:
        if right.type != "object" or any(part.type == "spread_element" for part in right.named_children):
            script.exports_known = False
            return
        for part in right.named_children:
            name = part.child_by_field_name("key") or part.child_by_field_name("name") or part
            script.exports.add(_read_text(name).strip("'\""))
    elif target.startswith(("exports.", "module.exports.")):
        script.exports.add(target.rpartition(".")[2])


def _read_unary(node: Node, script: Script) -> None:
    """Treat a name after `typeof` as declared, as it may exist."""
    if _read_text(node.child_by_field_name("operator")) == "typeof":
        script.declared.add(_read_text(node.child_by_field_name("argument")))


_READERS: Final[Mapping[str, Callable[[Node, Script], None]]] = {
    "import_statement": _read_import,
    "export_statement": _read_export,
    "call_expression": _read_call,
    "assignment_expression": _read_assignment,
    "unary_expression": _read_unary,
}
_EXPORT_ASSIGNMENTS: Final = re.compile(r"(?:\bmodule\.exports|(?<![\w.$])exports)\b(?:\s*=[^=]|\.[\w$]+\s*=[^=])")
_EXPORT_MENTIONS: Final = re.compile(r"\bmodule\.exports\b|(?<![\w.$])exports\b")


def _check_commonjs_exports(script: Script, text: str) -> None:
    """Treat the exports as unknown if they are used other than by assigning names."""
    if not script.is_module and len(_EXPORT_MENTIONS.findall(text)) != len(_EXPORT_ASSIGNMENTS.findall(text)):
        script.exports_known = False


def _list_declared(node: Node) -> Iterator[str]:
    """Yield the names that a node declares, in any scope."""
    if node.type in _NAMED:
        yield _read_text(node.child_by_field_name("name"))
    elif node.type == "variable_declarator":
        yield from _list_bound(node.child_by_field_name("name"))
    elif node.type == "formal_parameters":
        for part in node.named_children:
            yield from _list_bound(part)
    elif node.type in {"arrow_function", "catch_clause"}:
        yield from _list_bound(node.child_by_field_name("parameter"))
    elif node.type == "for_in_statement":
        yield from _list_bound(node.child_by_field_name("left"))
    elif node.type == "import_specifier":
        yield _read_text(node.child_by_field_name("alias") or node.child_by_field_name("name"))
    elif node.type in {"import_clause", "namespace_import"}:
        yield from (_read_text(child) for child in node.named_children if child.type == "identifier")


def _list_bound(pattern: Node | None) -> Iterator[str]:
    """Yield the names in a pattern, without default values."""
    if pattern is None:
        return
    if pattern.type in {"identifier", "shorthand_property_identifier_pattern"}:
        yield _read_text(pattern)
    elif pattern.type in {"assignment_pattern", "object_assignment_pattern"}:
        yield from _list_bound(pattern.child_by_field_name("left"))
    elif pattern.type == "pair_pattern":
        yield from _list_bound(pattern.child_by_field_name("value"))
    elif pattern.type in {"object_pattern", "array_pattern", "rest_pattern"}:
        for part in pattern.named_children:
            yield from _list_bound(part)


def _is_tag(node: Node) -> bool:
    """Return whether an identifier is an HTML element in JSX, or does not refer to a name in this file."""
    parent = node.parent
    if parent is None:
        return False
    if parent.type.startswith("jsx_"):
        return parent.type != "jsx_expression" and _read_text(node)[:1].islower()
    if parent.type in {"import_specifier", "namespace_export", "meta_property"}:
        return True
    if parent.type == "export_specifier":
        clause = parent.parent.parent if parent.parent is not None else None
        is_reexport = clause is not None and clause.child_by_field_name("source") is not None
        return is_reexport or parent.children[0] != node
    return False
