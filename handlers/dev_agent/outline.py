"""A file's outline: the lines that say what it offers, without how it does it."""

import ast
import re
from typing import Final

MAX_LINES: Final = 40
MAX_COLUMNS: Final = 160

_DECLARATION: Final = re.compile(
    r"^\s{0,4}(?:(?:export|default|public|protected|private|static|final|abstract|async|pub(?:\([a-z]+\))?|unsafe)\s+)*"
    r"(?:function|class|interface|type|enum|struct|trait|impl|fn|func|const\s+\w+\s*=\s*(?:async\s*)?(?:\(|function)"
    r"|module\.exports|CREATE\s+TABLE|record|def)\b",
    re.IGNORECASE,
)


def outline(language: str, text: str) -> str:
    """Return the signatures in a file, at most 40 lines; empty for a file that declares nothing."""
    lines = _python(text) if language == "python" else None
    if lines is None:
        lines = [line.strip() for line in text.splitlines() if _DECLARATION.match(line)]
    return "\n".join(line[:MAX_COLUMNS] for line in lines[:MAX_LINES])


def _python(text: str) -> list[str] | None:
    """Return the signatures of a module's functions, classes and methods; None if it does not parse."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return None
    return [line for node in tree.body for line in _signatures(node, "")]


def _signatures(node: ast.stmt, indent: str) -> list[str]:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
            return [f"{indent}def {node.name}({ast.unparse(node.args)}){returns}"]
        case ast.ClassDef():
            bases = f"({', '.join(map(ast.unparse, node.bases))})" if node.bases else ""
            return [
                f"{indent}class {node.name}{bases}",
                *(s for child in node.body for s in _signatures(child, "    ")),
            ]
        case _:
            return []
