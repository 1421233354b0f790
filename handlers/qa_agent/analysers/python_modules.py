"""The Python modules of a project, the names that each defines, and the signatures of its functions."""

import ast
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import Final

from qa_agent.analysers.port import SourceFile
from qa_agent.analysers.python_scope import count_in_module, find_defined, read_tree
from qa_agent.analysers.python_signatures import Signature, read_callable

# Generated when a project is built.
_GENERATED: Final = ("_pb2", "_pb2_grpc", "version", "__version__")
# Extensions of files, other than Python source, that become modules.
_COMPILED: Final = frozenset({".pyx", ".pxd", ".c", ".cc", ".cpp", ".rs", ".so", ".pyd", ".pyi"})

# Part of the standard library in Python 3.11, but not in every version that may run this code.
_ONCE: Final = frozenset(
    (
        *("aifc", "asynchat", "asyncore", "audioop", "cgi", "cgitb", "chunk", "crypt", "distutils", "imghdr", "imp"),
        *("lib2to3", "mailcap", "msilib", "nis", "nntplib", "ossaudiodev", "pipes", "smtpd", "sndhdr", "spwd", "sunau"),
        *("telnetlib", "uu", "xdrlib", "__main__", "_typeshed", "annotationlib", "compression"),
    )
)


def list_standard(own: frozenset[str] = sys.stdlib_module_names) -> frozenset[str]:
    """Return the standard library's modules in any version; `own` are those of the running Python."""
    return own | _ONCE


STANDARD: Final = list_standard()


@dataclass
class Module:
    """A Python file: its path, and its syntax tree (None if it does not parse)."""

    path: str
    tree: ast.Module | None

    @property
    def package(self) -> tuple[str, ...]:
        """The folder in which relative imports start."""
        return PurePosixPath(self.path).parts[:-1]

    @cached_property
    def defined(self) -> frozenset[str] | None:
        """The names that it defines; None if that is not known."""
        return find_defined(self.tree) if self.tree else None

    @cached_property
    def callables(self) -> dict[str, Signature]:
        """The signatures of functions and classes that are defined once, as far as they are known."""
        if not self.tree:
            return {}
        counts = count_in_module(self.tree)
        nodes = (
            node for node in self.tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        )
        return {node.name: signature for node in nodes if counts[node.name] == 1 and (signature := read_callable(node))}


class Modules:
    """The modules by their dotted names from any folder, as a program may start in any of them."""

    def __init__(self, files: Iterable[SourceFile]) -> None:
        self.files: list[Module] = []
        self._by_path: dict[tuple[str, ...], list[Module]] = defaultdict(list)
        self._by_root: dict[tuple[str, ...], list[Module]] = defaultdict(list)
        self._ends: set[tuple[str, ...]] = set()
        self._folders: set[tuple[str, ...]] = set()
        self._opaque: set[str] = set()
        for file in files:
            path = PurePosixPath(file.path)
            if file.language == "python" and path.suffix == ".py":
                self._add(Module(file.path, read_tree(file.text)))
            elif path.suffix in _COMPILED:
                self._opaque.add(path.stem.split(".")[0])
        packages = {module.package for module in self.files if module.path.endswith("__init__.py")}
        self._roots: set[str] = set()
        for module in self.files:
            parts = _make_dotted_name(module.path)
            starts = [start for start in range(len(parts)) if parts[:start] not in packages]
            self._roots.update(parts[start] for start in starts)
            for start in starts:
                self._by_root[parts[start:]].append(module)

    def _add(self, module: Module) -> None:
        self.files.append(module)
        parts = _make_dotted_name(module.path)
        self._by_path[parts].append(module)
        self._ends.update(parts[start:] for start in range(len(parts)))
        folder = module.package
        self._folders.update(
            folder[start:end] for start in range(len(folder)) for end in range(start + 1, len(folder) + 1)
        )

    def own(self, top: str) -> bool:
        """Return whether a top-level name belongs to the project."""
        return (top,) in self._ends or (top,) in self._folders or top in self._opaque

    def begins_here(self, top: str) -> bool:
        """Return whether a top-level name is a module or folder outside of the project's packages."""
        return top in self._roots

    def find(self, name: tuple[str, ...]) -> list[Module]:
        """Return the modules that a dotted name may refer to, from the project's root or else from other folders."""
        return self._by_path.get(name) or self._by_root.get(name, [])

    def exists(self, name: tuple[str, ...]) -> bool:
        """Return whether a dotted name is a module or a folder with modules, or may become one."""
        return name in self._ends or name in self._folders or name[-1] in self._opaque or name[-1].endswith(_GENERATED)

    def resolve_relative(self, module: Module, level: int, name: str | None) -> tuple[str, ...] | None:
        """Return the full name that a relative import refers to; None if it leaves the project."""
        base = module.package
        if level > len(base) and ("__init__",) not in self._by_path:
            return None
        return (*base[: len(base) - (level - 1)], *(name.split(".") if name else ()))

    def lack(self, name: tuple[str, ...], attribute: str) -> bool:
        """Return whether a module, all of whose names are known, has neither this name nor such a submodule."""
        modules = self.find(name)
        if not modules or self.exists((*name, attribute)):
            return False
        return all(module.defined is not None and attribute not in module.defined for module in modules)

    def find_signature(self, name: tuple[str, ...], attribute: str) -> Signature | None:
        """Return the signature of a module's function, if the name is unambiguous."""
        modules = self.find(name)
        return modules[0].callables.get(attribute) if len(modules) == 1 else None


def _make_dotted_name(path: str) -> tuple[str, ...]:
    parts = PurePosixPath(path).with_suffix("").parts
    return parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts


def walk_unguarded(tree: ast.Module) -> Iterator[tuple[ast.stmt, bool]]:
    """Yield the import statements whose failure is not handled, and whether each is inside a function."""
    stack: list[tuple[ast.AST, bool]] = [(node, False) for node in tree.body]
    while stack:
        node, in_function = stack.pop()
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node, in_function
        elif isinstance(node, ast.stmt | ast.ExceptHandler | ast.match_case) and not _guards(node):
            in_function = in_function or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            stack += ((child, in_function) for child in ast.iter_child_nodes(node))


def _guards(node: ast.AST) -> bool:
    """Return whether imports in a statement may fail or be skipped: it is a condition, or it catches the error."""
    match node:
        case ast.If():
            return "__name__" not in ast.unparse(node.test)
        case ast.Try() | ast.TryStar():
            return any(map(_catches_import, node.handlers))
        case ast.With():
            return "suppress" in ast.unparse(node.items[0].context_expr)
        case _:
            return False


def _catches_import(handler: ast.ExceptHandler) -> bool:
    caught = ast.unparse(handler.type) if handler.type else "Exception"
    return any(name in caught for name in ("ImportError", "ModuleNotFoundError", "Exception"))
