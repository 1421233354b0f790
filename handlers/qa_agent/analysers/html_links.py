"""Checks the scripts, style sheets, pages and images that HTML refers to against the project's files."""

import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence
from html.parser import HTMLParser
from typing import ClassVar, Final
from urllib.parse import unquote, urlsplit

from qa_agent.analysers.port import Fault, SourceFile
from shared.models.severity import Severity

REFERENCE: Final = "reference"

_NAMED_BY: Final = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src", "a": "href"}
_NEEDED: Final = re.compile(r"\.(?:m?js|css)$", re.IGNORECASE)
_SEEN: Final = re.compile(r"\.(?:html?|svg|json|webmanifest|txt|md)$", re.IGNORECASE)
"""Files that a model can write; binary images have to be added by a person."""

_TEMPLATED: Final = re.compile(r"\{\{|\{%|<%|\$\{|%\w+%")
_BUILT: Final = re.compile(r"(?:^|/)(?:dist|build|out|node_modules|vendor|bundle)(?:/|\.)")


class HtmlLinks:
    """Compares the links of a project's pages with its files."""

    name: ClassVar[str] = "html-links"
    alone: ClassVar[bool] = False

    def reads(self, file: SourceFile) -> bool:
        """Return True: a page may refer to any file."""
        return True

    def check(self, files: Sequence[SourceFile]) -> Iterable[Fault]:
        """Return references to files that do not exist; a script or style sheet is an error."""
        paths = {file.path for file in files}
        builds = any(
            posixpath.basename(path) == "package.json" and '"build"' in text for path, text in _list_texts(files)
        )
        for file in files:
            if file.language == "html" and not file.is_test:
                yield from _check_page(file, paths, builds=builds)


def _list_texts(files: Sequence[SourceFile]) -> Iterator[tuple[str, str]]:
    return ((file.path, file.text) for file in files)


def _check_page(file: SourceFile, paths: set[str], *, builds: bool) -> Iterator[Fault]:
    page = _Page()
    page.feed(file.text)
    has_base = page.has_base
    for line, element, address in page.addresses:
        target = _find_local_path(address)
        if not target or _exists(file.path, target, paths, anywhere=has_base):
            continue
        needed = element in {"script", "link"} and bool(_NEEDED.search(target))
        if needed or _SEEN.search(target):
            sure = needed and not builds and not _BUILT.search(target)
            severity = Severity.ERROR if sure else Severity.WARNING
            yield Fault(file.path, line, REFERENCE, severity, f"there is no file {target} in the project")


class _Page(HTMLParser):
    """The addresses in a page's elements, with their lines."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[tuple[int, str, str]] = []
        self.has_base = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.has_base = self.has_base or tag == "base"
        address = values.get(_NAMED_BY.get(tag, ""))
        if address:
            self.addresses.append((self.getpos()[0], tag, address))


def _find_local_path(address: str) -> str:
    """Return the path of an address within the project; "" for any other address."""
    if _TEMPLATED.search(address):
        return ""
    try:
        parts = urlsplit(address.strip())
    except ValueError:
        return ""
    return "" if parts.scheme or parts.netloc or not parts.path else unquote(parts.path)


def _exists(page: str, target: str, paths: set[str], *, anywhere: bool) -> bool:
    """Return whether a file has this path relative to the page or, for an absolute path, in any folder."""
    if not target.startswith("/") and not anywhere:
        exact = posixpath.normpath(posixpath.join(posixpath.dirname(page), target))
        if exact in paths:
            return True
        # A template's page has another address than its path.
        if "templates/" not in page and "views/" not in page:
            return False
    end = posixpath.normpath(target).lstrip("/.")
    return any(
        path == end or path.endswith(f"/{end}") or posixpath.basename(path) == posixpath.basename(end) for path in paths
    )
