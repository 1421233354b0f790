"""Checks Python across files: imports against modules and declared dependencies, calls against definitions."""

import ast
from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar, Final, NamedTuple

from qa_agent.analysers.declared import Declared, read_script
from qa_agent.analysers.port import Fault, SourceFile
from qa_agent.analysers.python_modules import STANDARD, Module, Modules, walk_unguarded
from qa_agent.analysers.python_scope import count_in_file, is_named
from qa_agent.analysers.python_signatures import read_signature
from shared.models.severity import Severity
from shared.source_files import is_test

IMPORT: Final = "import"
UNDECLARED: Final = "undeclared-dependency"
CALL: Final = "call"

# Provided by Lambda, or used to install and test a project.
_PRESENT: Final = frozenset(
    {"boto3", "botocore", "s3transfer", "awslambdaric", "setuptools", "pkg_resources", "pip", "wheel"}
)
_TEST_TOOLS: Final = frozenset({"pytest", "_pytest", "hypothesis", "mock"})


class PythonLinks:
    """Checks all Python files of a project together."""

    name: ClassVar[str] = "python-links"
    alone: ClassVar[bool] = False

    def reads(self, file: SourceFile) -> bool:
        """Return whether it is Python, can be compiled to a Python module, or may declare dependencies."""
        return file.language in {"python", "toml", "text", "ini", "yaml", "c", "cpp", "rust"}

    def check(self, files: Sequence[SourceFile]) -> Iterable[Fault]:
        """Return imports that do not resolve, and calls that do not match a signature."""
        modules, declared = Modules(files), Declared(files)
        texts = {file.path: file.text for file in files}
        faults = [
            fault
            for module in modules.files
            if module.tree
            for fault in _File(module, module.tree, modules, declared, texts[module.path]).find_faults()
        ]
        return dict.fromkeys(faults)


class _Name(NamedTuple):
    """What a name in a file refers to: a module of the project, or an attribute of one."""

    module: tuple[str, ...]
    attribute: str | None


class _File:
    """One file, in the context of the others."""

    def __init__(self, module: Module, tree: ast.Module, modules: Modules, declared: Declared, text: str) -> None:
        self._module, self._tree, self._modules, self._declared = module, tree, modules, declared
        self._script = read_script(text)
        self._nodes = list(ast.walk(tree))
        self._counts = count_in_file(self._nodes)
        self._names: dict[str, _Name] = {}

    def find_faults(self) -> Iterator[Fault]:
        for node, in_function in walk_unguarded(self._tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield from self._check_import(node, tuple(alias.name.split(".")), alias.asname, lazy=in_function)
            elif isinstance(node, ast.ImportFrom):
                yield from self._check_import_from(node, lazy=in_function)
        yield from self._check_uses()

    def _check_import(self, node: ast.stmt, name: tuple[str, ...], bound: str | None, *, lazy: bool) -> Iterator[Fault]:
        if self._is_own(name):
            if not self._modules.exists(name):
                yield self._make_fault(node, IMPORT, f"there is no module {'.'.join(name)} in the project")
            elif bound or len(name) == 1:
                self._names[bound or name[0]] = _Name(name, None)
        else:
            yield from self._check_external(node, name[0], lazy=lazy)

    def _check_import_from(self, node: ast.ImportFrom, *, lazy: bool) -> Iterator[Fault]:
        name = tuple((node.module or "").split("."))
        if node.level:
            relative = self._modules.resolve_relative(self._module, node.level, node.module)
            if relative is None:
                yield self._make_fault(node, IMPORT, "a relative import leaves the project")
                return
            name = relative
        elif not self._is_own(name):
            yield from self._check_external(node, name[0], lazy=lazy)
            return
        if name and not self._modules.exists(name):
            yield self._make_fault(node, IMPORT, f"there is no module {'.'.join(name)} in the project")
            return
        for alias in node.names:
            if name and alias.name != "*" and self._modules.lack(name, alias.name):
                yield self._make_fault(node, IMPORT, f"{'.'.join(name)} has no {alias.name}")
            elif self._modules.find((*name, alias.name)):
                self._names[alias.asname or alias.name] = _Name((*name, alias.name), None)
            else:
                self._names[alias.asname or alias.name] = _Name(name, alias.name)

    def _is_own(self, name: tuple[str, ...]) -> bool:
        """Return whether an absolute import refers to the project rather than to a declared dependency."""
        if name[0] in STANDARD or not self._modules.begins_here(name[0]):
            return False
        return self._modules.exists(name) or not self._declared.may_bring(name[0])

    def _check_external(self, node: ast.stmt, top: str, *, lazy: bool) -> Iterator[Fault]:
        present = _PRESENT | (_TEST_TOOLS if is_test(self._module.path) or "conftest" in self._module.path else set())
        if top in STANDARD or top in present or self._modules.own(top) or self._declared.may_bring(top, self._script):
            return
        if self._declared.manifests and not lazy:
            message = f"{top}, which {self._module.path} imports in line {node.lineno}, is not declared"
            yield Fault(self._declared.manifests[0], 1, UNDECLARED, Severity.ERROR, message)
        else:
            message = f"{top} is no module of the project or of the standard library, and no manifest declares it"
            yield Fault(self._module.path, node.lineno, UNDECLARED, Severity.WARNING, message)

    def _check_uses(self) -> Iterator[Fault]:
        """Yield attributes that the project's modules do not have, and calls that do not match a signature."""
        expected = {id(part) for node in self._nodes if _expects_failure(node) for part in ast.walk(node)}
        assigned = {node.attr for node in self._nodes if isinstance(node, ast.Attribute) and _is_stored(node)}
        assigned |= {str(node.value) for node in self._nodes if isinstance(node, ast.Constant) and _is_identifier(node)}
        for node in self._nodes:
            if id(node) in expected:
                continue
            if (
                isinstance(node, ast.Attribute)
                and node.attr not in assigned
                and (target := self._resolve_name(node.value))
            ):
                if not target.attribute and self._modules.lack(target.module, node.attr):
                    yield self._make_fault(node, IMPORT, f"{'.'.join(target.module)} has no {node.attr}")
            elif isinstance(node, ast.Call):
                yield from self._check_call(node)
            elif isinstance(node, ast.ClassDef):
                yield from self._check_methods(node, expected)

    def _check_call(self, node: ast.Call) -> Iterator[Fault]:
        signature = None
        if isinstance(node.func, ast.Name):
            target = self._resolve_name(node.func)
            if target and target.attribute:
                signature = self._modules.find_signature(target.module, target.attribute)
            elif self._counts[node.func.id] == 1:
                signature = self._module.callables.get(node.func.id)
        elif (
            isinstance(node.func, ast.Attribute)
            and (target := self._resolve_name(node.func.value))
            and not target.attribute
        ):
            signature = self._modules.find_signature(target.module, node.func.attr)
        if signature and (objection := signature.find_mismatch(node)):
            yield self._make_fault(node, CALL, f"{ast.unparse(node.func)} {objection}")

    def _check_methods(self, node: ast.ClassDef, expected: set[int]) -> Iterator[Fault]:
        """Yield calls of own methods by `self` that do not match, in a class without bases and decorators."""
        methods = [part for part in node.body if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef)]
        names = [method.name for method in methods]
        signatures = {
            method.name: read_signature(method.args, bound=True)
            for method in methods
            if not method.decorator_list and names.count(method.name) == 1 and _get_first_parameter(method) == "self"
        }
        if node.bases or node.keywords or node.decorator_list:
            return
        assigned = {part.attr for part in ast.walk(node) if isinstance(part, ast.Attribute) and _is_stored(part)}
        for method in methods:
            if _get_first_parameter(method) != "self" or method.decorator_list:
                continue
            for call in ast.walk(method):
                if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute) or id(call) in expected:
                    continue
                signature = signatures.get(call.func.attr)
                if signature and is_named(call.func.value, "self") and call.func.attr not in assigned:
                    objection = signature.find_mismatch(call)
                    if objection:
                        yield self._make_fault(call, CALL, f"self.{call.func.attr} {objection}")

    def _resolve_name(self, node: ast.expr) -> _Name | None:
        """Return what an expression refers to in the project, if it is a name that the file binds only once."""
        return self._names.get(node.id) if isinstance(node, ast.Name) and self._counts[node.id] == 1 else None

    def _make_fault(self, node: ast.stmt | ast.expr, rule: str, message: str) -> Fault:
        return Fault(self._module.path, node.lineno, rule, Severity.ERROR, message)


def _get_first_parameter(method: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    arguments = method.args.posonlyargs + method.args.args
    return arguments[0].arg if arguments else ""


def _is_stored(node: ast.Attribute) -> bool:
    return isinstance(node.ctx, ast.Store | ast.Del)


def _is_identifier(node: ast.Constant) -> bool:
    return isinstance(node.value, str) and node.value.isidentifier()


def _expects_failure(node: ast.AST) -> bool:
    """Return whether code expects errors inside: `with raises(...)`, `except TypeError`."""
    if isinstance(node, ast.With | ast.AsyncWith):
        return any("aises" in ast.unparse(item.context_expr) for item in node.items)
    if isinstance(node, ast.Try | ast.TryStar):
        caught = " ".join(ast.unparse(handler.type) if handler.type else "" for handler in node.handlers)
        return any(name in caught for name in ("TypeError", "AttributeError"))
    return False
