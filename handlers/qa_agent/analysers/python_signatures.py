"""Signatures of Python functions, and whether a call matches one."""

import ast
from dataclasses import dataclass

from qa_agent.analysers.python_scope import is_named


@dataclass(frozen=True)
class Signature:
    """The names of a function's parameters, and which of them are required."""

    positional: tuple[str, ...]
    positional_only: frozenset[str]
    required: frozenset[str]
    keywords: frozenset[str]
    takes_more: bool
    takes_any_keyword: bool

    def find_mismatch(self, call: ast.Call) -> str | None:
        """Return why a call does not match; None if it does, or if `*` or `**` hide its arguments."""
        if any(isinstance(argument, ast.Starred) for argument in call.args):
            return None
        names = [keyword.arg for keyword in call.keywords]
        if None in names:
            return None
        if len(call.args) > len(self.positional) and not self.takes_more:
            return f"takes {len(self.positional)} positional arguments, {len(call.args)} are given"
        passed = {*self.positional[: len(call.args)]}
        for name in names:
            if name in passed and name not in self.positional_only:
                return f"gets the argument {name} twice"
            if name not in self.keywords and not self.takes_any_keyword:
                return f"has no parameter {name}"
        missing = sorted(self.required - passed - {*map(str, names)})
        return f"is called without {', '.join(missing)}" if missing else None


def read_signature(arguments: ast.arguments, *, bound: bool = False) -> Signature:
    """Return the signature for a function's arguments; without the first one if it is a `bound` method."""
    positional_only, ordinary = [a.arg for a in arguments.posonlyargs], [a.arg for a in arguments.args]
    positional = (positional_only + ordinary)[1 if bound else 0 :]
    optional = (positional_only + ordinary)[len(positional_only + ordinary) - len(arguments.defaults) :]
    keyword_only = [a.arg for a in arguments.kwonlyargs]
    required_keywords = [a for a, default in zip(keyword_only, arguments.kw_defaults, strict=True) if default is None]
    return Signature(
        positional=tuple(positional),
        positional_only=frozenset(positional_only),
        required=frozenset(positional).difference(optional).union(required_keywords),
        keywords=frozenset(positional).difference(positional_only).union(keyword_only),
        takes_more=arguments.vararg is not None,
        takes_any_keyword=arguments.kwarg is not None,
    )


def read_callable(node: ast.stmt) -> Signature | None:
    """Return the signature of a function or class; None if decorators, bases or the like may change it."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return None if node.decorator_list else read_signature(node.args)
    if not isinstance(node, ast.ClassDef) or node.bases or node.keywords:
        return None
    if node.decorator_list:
        return _read_dataclass(node)
    methods = [part for part in node.body if isinstance(part, ast.FunctionDef) and part.name in {"__init__", "__new__"}]
    if len(methods) > 1 or (methods and (methods[0].decorator_list or methods[0].name == "__new__")):
        return None
    return (
        read_signature(methods[0].args, bound=True)
        if methods
        else Signature((), *(frozenset[str](),) * 3, False, False)
    )


def _read_dataclass(node: ast.ClassDef) -> Signature | None:
    """Return the signature of a plain dataclass: its fields in order."""
    (decorator, *others) = node.decorator_list
    options = decorator.keywords if isinstance(decorator, ast.Call) else []
    function = decorator.func if isinstance(decorator, ast.Call) else decorator
    methods = {part.name for part in node.body if isinstance(part, ast.FunctionDef)}
    is_plain = all(option.arg in {"frozen", "slots", "order", "eq", "unsafe_hash", "repr"} for option in options)
    if others or not is_named(function, "dataclass", "dataclasses.dataclass") or not is_plain or "__init__" in methods:
        return None
    fields: list[str] = []
    required: set[str] = set()
    for part in node.body:
        if not isinstance(part, ast.AnnAssign) or not isinstance(part.target, ast.Name):
            continue
        annotation = ast.unparse(part.annotation)
        if "KW_ONLY" in annotation or "InitVar" in annotation or isinstance(part.value, ast.Call):
            return None
        if "ClassVar" not in annotation:
            fields.append(part.target.id)
            required |= {part.target.id} if part.value is None else set()
    return Signature(tuple(fields), frozenset(), frozenset(required), frozenset(fields), False, False)
