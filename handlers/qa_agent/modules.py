"""Finds the files that a test file imports, in which the cause of a failing test may be."""

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import PurePosixPath
from posixpath import dirname, join, normpath
from typing import Final

from shared.source_files import detect_language, is_test

_PYTHON: Final = re.compile(r"^[ \t]*(?:from[ \t]+(\.*[\w.]*)[ \t]+import[ \t]+(.+)|import[ \t]+(.+))$", re.MULTILINE)
_JAVASCRIPT: Final = re.compile(r"""(?:\bfrom|\brequire\(|\bimport\(|\bimport)\s*["'](\.{1,2}/[^"']+)["']""")
_ENDINGS: Final = ("", ".js", ".mjs", ".cjs", ".ts", ".jsx", ".tsx", "/index.js", "/index.ts")
_ROOTS: Final = ("", "src/")


def find_imported(path: str, files: Mapping[str, str]) -> tuple[str, ...]:
    """Return the project's files, without tests, that a file imports, and then those that these import."""
    imported = dict.fromkeys(_find_imports(path, files))
    for module in list(imported):
        imported |= dict.fromkeys(_find_imports(module, files))
    return tuple(module for module in imported if module != path and not is_test(module))


def _find_imports(path: str, files: Mapping[str, str]) -> Iterator[str]:
    language, text = detect_language(path), files.get(path, "")
    if language == "python":
        yield from _find_python_imports(path, text, files)
    elif language in ("javascript", "typescript"):
        for match in _JAVASCRIPT.finditer(text):
            target = normpath(join(dirname(path), match[1]))
            yield from (target + ending for ending in _ENDINGS if target + ending in files)


def _find_python_imports(path: str, text: str, files: Collection[str]) -> Iterator[str]:
    for match in _PYTHON.finditer(text):
        module, names, plain = match[1] or "", match[2] or "", match[3]
        if plain:
            yield from (file for name in _parse_names(plain) for file in _find_modules(name, "", files))
            continue
        dots = len(module) - len(module.lstrip("."))
        package = _find_parent(path, dots) if dots else ""
        stem = module.lstrip(".")
        below = [f"{stem}.{name}" if stem else name for name in _parse_names(names)]
        yield from (file for name in (*below, stem) if name for file in _find_modules(name, package, files))


def _parse_names(text: str) -> list[str]:
    """Return the names in a list such as `a, b as c`, in parentheses or not."""
    words = (part.split() for part in text.split("#")[0].strip("() \\").split(","))
    return [word[0] for word in words if word]


def _find_parent(path: str, dots: int) -> str:
    parents = PurePosixPath(path).parents
    folder = str(parents[min(dots, len(parents)) - 1])
    return "" if folder == "." else f"{folder}/"


def _find_modules(name: str, package: str, files: Collection[str]) -> Iterator[str]:
    for root in (package,) if package else _ROOTS:
        stem = root + name.replace(".", "/")
        yield from (file for file in (f"{stem}.py", f"{stem}/__init__.py") if file in files)
