"""The Python modules of a project: which there are, what each defines, and how its functions are called."""

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

# Written when a project is built.
_GENERATED: Final = ("_pb2", "_pb2_grpc", "version", "__version__")
# What becomes a module without being Python source.
_COMPILED: Final = frozenset({".pyx", ".pxd", ".c", ".cc", ".cpp", ".rs", ".so", ".pyd", ".pyi"})

# In the standard library of Python 3.11, and no longer in each version that may run this.
_ONCE: Final = frozenset(
    (
        *("aifc", "asynchat", "asyncore", "audioop", "cgi", "cgitb", "chunk", "crypt", "distutils", "imghdr", "imp"),
        *("lib2to3", "mailcap", "msilib", "nis", "nntplib", "ossaudiodev", "pipes", "smtpd", "sndhdr", "spwd", "sunau"),
        *("telnetlib", "uu", "xdrlib", "__main__", "_typeshed", "annotationlib", "compression"),
    )
)


def list_standard(own: frozenset[str] = sys.stdlib_module_names) -> frozenset[str]:
    """Return the modules of the standard library in any version; `own` are those of the Python that runs this."""
    return own | _ONCE


STANDARD: Final = list_standard()


@dataclass
class Module:
    """A file of Python: where it is, and its syntax tree, None if it does not parse."""

    path: str
    tree: ast.Module | None

    @property
    def package(self) -> tuple[str, ...]:
        """The folder that relative imports begin at."""
        return PurePosixPath(self.path).parts[:-1]

    @cached_property
    def defined(self) -> frozenset[str] | None:
        """The names that it defines; None where that cannot be told."""
        return find_defined(self.tree) if self.tree else None

    @cached_property
    def callables(self) -> dict[str, Signature]:
        """How the functions and classes that it defines once are called, where that can be told."""
        if not self.tree:
            return {}
        counts = count_in_module(self.tree)
        own = (
            node for node in self.tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        )
        return {node.name: read for node in own if counts[node.name] == 1 and (read := read_callable(node))}


class Modules:
    """The modules by their dotted names, as seen from any folder: a program may begin in any of them."""

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
            parts = _dotted(module.path)
            starts = [start for start in range(len(parts)) if parts[:start] not in packages]
            self._roots.update(parts[start] for start in starts)
            for start in starts:
                self._by_root[parts[start:]].append(module)

    def _add(self, module: Module) -> None:
        self.files.append(module)
        parts = _dotted(module.path)
        self._by_path[parts].append(module)
        self._ends.update(parts[start:] for start in range(len(parts)))
        folder = module.package
        self._folders.update(
            folder[start:end] for start in range(len(folder)) for end in range(start + 1, len(folder) + 1)
        )

    def own(self, top: str) -> bool:
        """Return whether a top-level name is one of the project's."""
        return (top,) in self._ends or (top,) in self._folders or top in self._opaque

    def begins_here(self, top: str) -> bool:
        """Return whether a top-level name is a module or folder that no package of the project holds."""
        return top in self._roots

    def find(self, name: tuple[str, ...]) -> list[Module]:
        """Return the modules that a dotted name may mean, as seen from the project's folder or else from others."""
        return self._by_path.get(name) or self._by_root.get(name, [])

    def exists(self, name: tuple[str, ...]) -> bool:
        """Return whether a dotted name is a module, a folder of some, or may become one."""
        return name in self._ends or name in self._folders or name[-1] in self._opaque or name[-1].endswith(_GENERATED)

    def relative(self, module: Module, level: int, name: str | None) -> tuple[str, ...] | None:
        """Return the full name of what a relative import means; None if it leaves the project."""
        base = module.package
        if level > len(base) and ("__init__",) not in self._by_path:
            return None
        return (*base[: len(base) - (level - 1)], *(name.split(".") if name else ()))

    def lack(self, name: tuple[str, ...], attribute: str) -> bool:
        """Return whether a module that is known in full has no such name, nor a module of that name in it."""
        found = self.find(name)
        if not found or self.exists((*name, attribute)):
            return False
        return all(module.defined is not None and attribute not in module.defined for module in found)

    def signature(self, name: tuple[str, ...], attribute: str) -> Signature | None:
        """Return how a function of a module is called, if only one is meant."""
        found = self.find(name)
        return found[0].callables.get(attribute) if len(found) == 1 else None


def _dotted(path: str) -> tuple[str, ...]:
    parts = PurePosixPath(path).with_suffix("").parts
    return parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts


def walk_unguarded(tree: ast.Module) -> Iterator[tuple[ast.stmt, bool]]:
    """Yield the import statements that nothing stands for if they fail; and whether each is inside of a function."""
    waiting: list[tuple[ast.AST, bool]] = [(node, False) for node in tree.body]
    while waiting:
        node, inside = waiting.pop()
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node, inside
        elif isinstance(node, ast.stmt | ast.ExceptHandler | ast.match_case) and not _guards(node):
            inside = inside or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            waiting += ((child, inside) for child in ast.iter_child_nodes(node))


def _guards(node: ast.AST) -> bool:
    """Return whether a statement's imports may fail, or need not happen: in a condition, or with the failure caught."""
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
