"""Finds exploitable JavaScript and TypeScript (code, SQL and commands built from data), and ignored errors."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar, Final

from tree_sitter import Node

from qa_agent.analysers.port import Fault, SourceFile
from qa_agent.analysers.python_security import PASSWORD, SECRETIVE
from qa_agent.analysers.tree_sitter_languages import read_clean
from shared.grammars import walk
from shared.models.severity import Severity

CODE: Final = "code-injection"
SQL: Final = "sql-injection"
COMMAND: Final = "command-injection"
CERTIFICATE: Final = "unchecked-certificate"
HASH: Final = "weak-hash"
RANDOM: Final = "weak-random"
EMPTY: Final = "empty-catch"
RULES: Final = frozenset({CODE, SQL, COMMAND, CERTIFICATE, HASH, RANDOM})

_EVALUATING: Final = frozenset(
    {"eval", "Function", "window.eval", "globalThis.eval", "vm.runInThisContext", "vm.runInNewContext"}
)
_SHELLS: Final = frozenset(
    {"exec", "execSync", "child_process.exec", "child_process.execSync", "cp.exec", "cp.execSync"}
)
_QUERIES: Final = frozenset(
    {
        *("query", "execute", "exec", "prepare", "raw", "run", "all", "get", "each", "unsafe"),
        *("$queryRawUnsafe", "$executeRawUnsafe"),
    }
)
_STATEMENT: Final = re.compile(
    r"[\"'`]\s*(?:SELECT\b.*\bFROM\b|INSERT\s+INTO\b|UPDATE\b.*\bSET\b|DELETE\s+FROM\b|DROP\s+TABLE\b)",
    re.IGNORECASE | re.DOTALL,
)
_SHOUTED: Final = re.compile(r"(?:[\w$]+\.)*[A-Z][A-Z0-9_]*$")
_HARMLESS: Final = re.compile(r"[\w$.]*(?:[tT]able|[pP]laceholder)[\w$]*$|.*\.join\([^()]*\)$", re.DOTALL)
_UNCHECKED: Final = {
    "pair": re.compile(r"[\"']?rejectUnauthorized[\"']?\s*:\s*false"),
    "assignment_expression": re.compile(r".*\bNODE_TLS_REJECT_UNAUTHORIZED\W+=\s*[\"']?0[\"']?"),
}
_HASHES: Final = re.compile(r"[\"'](?:md5|sha-?1)[\"']", re.IGNORECASE)
_FUNCTIONS: Final = frozenset({"function_declaration", "method_definition", "arrow_function", "function_expression"})


class JavascriptSecurity:
    """Checks scripts outside of tests."""

    name: ClassVar[str] = "javascript-security"
    alone: ClassVar[bool] = True

    def reads(self, file: SourceFile) -> bool:
        """Return whether it is a script and not a test."""
        return file.language in {"javascript", "typescript"} and not file.is_test

    def check(self, files: Sequence[SourceFile]) -> Iterable[Fault]:
        """Return exploitable code as errors, and empty catch blocks as warnings."""
        for file in files:
            root = read_clean(file.language, file.text)
            for node in walk(root) if root is not None else ():
                for rule, message in _find_patterns(node):
                    severity = Severity.WARNING if rule == EMPTY else Severity.ERROR
                    yield Fault(file.path, node.start_point.row + 1, rule, severity, message)


def _find_patterns(node: Node) -> Iterator[tuple[str, str]]:
    if node.type in {"call_expression", "new_expression"}:
        yield from _find_in_call(node)
    elif node.type in _UNCHECKED and _UNCHECKED[node.type].fullmatch(_read_text(node)):
        yield CERTIFICATE, "certificates are not checked"
    elif node.type == "catch_clause":
        body = node.child_by_field_name("body")
        if body is not None and not body.named_children:
            yield EMPTY, "a failure is caught and nothing is done with it, nor said why"


def _find_in_call(node: Node) -> Iterator[tuple[str, str]]:
    function = node.child_by_field_name("function") or node.child_by_field_name("constructor")
    arguments = node.child_by_field_name("arguments")
    name = _read_text(function)
    values = arguments.named_children if arguments is not None else []
    if name == "Math.random" and SECRETIVE.search(_find_words_around(node)):
        yield RANDOM, "Math.random can be guessed: use crypto.randomUUID or crypto.getRandomValues"
    if not values:
        return
    if name in _EVALUATING and any(not _is_constant(part) for part in values):
        yield CODE, f"{name} runs what it is given as code"
    if name in _SHELLS and any(_find_inserted(values[0])):
        yield COMMAND, f"{name} runs a command that data is put into: use execFile with a list"
    if name.rpartition(".")[2] in _QUERIES and "." in name and _is_made_of_data(values[0]):
        yield SQL, "data is put into a statement of SQL: pass it as a parameter"
    if (
        name.endswith("createHash")
        and _HASHES.fullmatch(_read_text(values[0]))
        and PASSWORD.search(_find_words_around(node))
    ):
        yield HASH, f"{_read_text(values[0])} is no hash for passwords: use crypto.scrypt"


def _find_inserted(node: Node) -> Iterator[Node]:
    """Yield the parts of a string that are not constant."""
    if node.type == "template_string":
        for part in node.named_children:
            if part.type == "template_substitution":
                yield from part.named_children
    elif node.type == "binary_expression" and _read_text(node.child_by_field_name("operator")) == "+":
        for side in ("left", "right"):
            operand = node.child_by_field_name(side)
            if operand is not None:
                yield from _find_inserted(operand)
    elif node.type not in {"string", "number"}:
        yield node


def _is_made_of_data(node: Node) -> bool:
    return bool(_STATEMENT.match(_read_text(node))) and any(not _is_harmless(part) for part in _find_inserted(node))


def _is_constant(node: Node) -> bool:
    return not any(_find_inserted(node))


def _is_harmless(node: Node) -> bool:
    text = _read_text(node)
    return bool(_SHOUTED.match(text) or _HARMLESS.match(text))


def _find_words_around(node: Node) -> str:
    """Return the names and calls around a node, up to the name of the enclosing function."""
    words: list[str] = []
    ancestor: Node | None = node
    while ancestor is not None:
        if ancestor.type in _FUNCTIONS:
            words.append(_read_text(ancestor.child_by_field_name("name")))
            if words[-1]:
                break
        elif ancestor.type in {"variable_declarator", "pair", "assignment_expression"}:
            names = (ancestor.child_by_field_name(field) for field in ("name", "key", "left"))
            words.append(_read_text(next(filter(None, names), None)))
        elif ancestor.type == "call_expression" and len(words) < 2:
            words.append(_read_text(ancestor)[:200])
        ancestor = ancestor.parent
    return " ".join(words)


def _read_text(node: Node | None) -> str:
    return node.text.decode("utf-8", "replace") if node is not None and node.text else ""
