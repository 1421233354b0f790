"""The names that a Python module defines, and how often a file binds each name."""

import ast
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence

_BUILT_IN: frozenset[str] = frozenset(
    {"__name__", "__doc__", "__file__", "__path__", "__package__", "__spec__", "__loader__", "__dict__", "__builtins__"}
)


def read_tree(text: str) -> ast.Module | None:
    """Return the syntax tree; None if this interpreter cannot parse the text."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(text.removeprefix("\ufeff"))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None


def is_named(node: ast.expr, *names: str) -> bool:
    """Return whether an expression is one of these names, dotted or not."""
    return isinstance(node, ast.Name | ast.Attribute) and ast.unparse(node) in names


def find_defined(tree: ast.Module) -> frozenset[str] | None:
    """Return the names that a module defines on import; None if that is not known (`*`, `__getattr__`)."""
    names = set(_BUILT_IN)
    for node in _walk_scope(tree.body):
        bound = [*_list_bound(node)]
        if "*" in bound or "__getattr__" in bound or _sets_globals(node):
            return None
        names.update(bound)
    names.update(name for node in ast.walk(tree) if isinstance(node, ast.Global) for name in node.names)
    return frozenset(names)


def count_in_module(tree: ast.Module) -> Counter[str]:
    """Return how often a module binds each of its global names; functions bind them by `global`."""
    counts = Counter(name for node in _walk_scope(tree.body) for name in _list_bound(node))
    counts.update(name for node in ast.walk(tree) if isinstance(node, ast.Global) for name in node.names)
    return counts


def count_in_file(nodes: Sequence[ast.AST]) -> Counter[str]:
    """Return how often a file's nodes bind each name, including parameters but not class attributes."""
    in_classes = {id(part) for node in nodes if isinstance(node, ast.ClassDef) for part in node.body}
    counts: Counter[str] = Counter()
    for node in nodes:
        if id(node) not in in_classes:
            counts.update(_list_bound(node))
        if isinstance(node, ast.arg):
            counts[node.arg] += 1
    return counts


def _walk_scope(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """Yield the nodes of a scope, except those in nested functions and classes."""
    stack: list[ast.AST] = list(body)
    while stack:
        node = stack.pop()
        yield node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            continue
        stack += ast.iter_child_nodes(node)


def _list_bound(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            yield node.name
        case ast.Name(ctx=ast.Store() | ast.Del()):
            yield node.id
        case ast.Import():
            yield from (alias.asname or alias.name.partition(".")[0] for alias in node.names)
        case ast.ImportFrom():
            yield from (alias.asname or alias.name for alias in node.names)
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            yield name
        case ast.MatchMapping(rest=str(name)):
            yield name


def _sets_globals(node: ast.AST) -> bool:
    """Return whether a module modifies its own dictionary, or replaces itself."""
    if isinstance(node, ast.Call) and is_named(node.func, "globals", "vars", "setattr", "locals", "exec"):
        return True
    return isinstance(node, ast.Subscript) and is_named(node.value, "sys.modules") and isinstance(node.ctx, ast.Store)
