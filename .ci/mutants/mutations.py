"""Where code can be changed, and how it reads then: mutmut's operators, applied to one place of a file at a time."""

import difflib
import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Final, NamedTuple

import libcst as cst
from libcst import matchers as m
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation.mutators import mutation_operators

LEFT_ALONE: Final = ("len", "isinstance", "cast", "TypeVar")
"""Calls that mean the same, or nothing, with another argument."""


@dataclass(frozen=True)
class Mutant:
    """One change of one file: its lines (from `line` to `end_line`) as they were, and as they are."""

    path: str
    line: int
    end_line: int
    was: str
    now: str
    in_function: bool


class _Place(NamedTuple):
    """A node that can be changed, and what the operators make of it."""

    node: cst.CSTNode
    changed: tuple[cst.CSTNode, ...]
    line: int
    end_line: int
    in_function: bool


class _Finder(cst.CSTVisitor):
    """Collects what can be changed; annotations, decorators, and words that only people read are not."""

    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self) -> None:
        self.places: list[_Place] = []
        self._depth = 0

    def on_visit(self, node: cst.CSTNode) -> bool:
        if _is_left_alone(node):
            return False
        self._depth += isinstance(node, cst.FunctionDef)
        changed = [new for kind, operator in mutation_operators if isinstance(node, kind) for new in operator(node)]
        span = self.get_metadata(PositionProvider, node, None)
        if changed and span:
            self.places.append(_Place(node, tuple(changed), span.start.line, span.end.line, self._depth > 0))
        return True

    def on_leave(self, node: cst.CSTNode) -> None:
        self._depth -= isinstance(node, cst.FunctionDef)


def _is_left_alone(node: cst.CSTNode) -> bool:
    if isinstance(node, cst.Assign):
        return m.matches(node.value, m.Call(func=m.Name("TypeVar")) | m.Subscript(value=m.Name("Callable")))
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Name):
        return node.func.value in LEFT_ALONE
    return isinstance(node, cst.Annotation | cst.Decorator) or (
        isinstance(node, cst.SimpleString) and " " in node.value
    )


class Source:
    """A file, and all the places of it that can be changed."""

    def __init__(self, root: Path, path: str) -> None:
        self.path = path
        wrapper = MetadataWrapper(cst.parse_module((root / path).read_text("utf-8")))
        finder = _Finder()
        wrapper.visit(finder)
        self._module, self._places = wrapper.module, finder.places

    def mutants(self, place: int) -> Iterator[tuple[Mutant, str]]:
        """Yield each change of one place, with the code of the whole file."""
        node, changed, line, end_line, in_function = self._places[place]
        for new in changed:
            code = self._module.deep_replace(node, new).code
            was, now = _compare(self._module.code, code)
            if was or now:
                yield Mutant(self.path, line, end_line, was, now, in_function), code

    def names(self) -> list[str]:
        """Return a name of each place, which stays when other places are edited."""
        seen: Counter[str] = Counter()
        names = []
        for place in self._places:
            text = f"{type(place.node).__name__} {self._module.code_for_node(place.node)}"
            seen[text] += 1
            names.append(f"{self.path} {text} {seen[text]}")
        return names


def _compare(before: str, after: str) -> tuple[str, str]:
    """Return the lines that differ, as they were and as they are."""
    old, new = before.splitlines(), after.splitlines()
    lines = [line for line in difflib.unified_diff(old, new, n=0) if not line.startswith(("---", "+++", "@@"))]
    was, now = (" ".join(line[1:].strip() for line in lines if line[0] == mark) for mark in "-+")
    return was, now


def choose(root: Path, paths: Iterable[str], count: int | None, seed: int) -> Iterator[tuple[Mutant, str]]:
    """Yield so many changes, each of another place, or every change where no number is given.

    A seed chooses the same places as long as they read the same, whatever becomes of others.
    """
    sources = [Source(root, path) for path in paths]
    if count is None:
        yield from chain.from_iterable(each.mutants(place) for each in sources for place in range(len(each.names())))
        return
    places = [(_rank(seed, name), each, place) for each in sources for place, name in enumerate(each.names())]
    for rank, each, place in sorted(places, key=lambda found: found[0])[:count]:
        mutants = list(each.mutants(place))
        if mutants:
            yield mutants[rank % len(mutants)]


def _rank(seed: int, name: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed} {name}".encode()).digest()[:8])
