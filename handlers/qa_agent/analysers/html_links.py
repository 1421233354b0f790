"""HTML across files: the scripts, style sheets, pages and pictures that a page names, against the project's files."""

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
"""What a model can write; pictures in bytes are for a person to add."""

_TEMPLATED: Final = re.compile(r"\{\{|\{%|<%|\$\{|%\w+%")
_BUILT: Final = re.compile(r"(?:^|/)(?:dist|build|out|node_modules|vendor|bundle)(?:/|\.)")


class HtmlLinks:
    """Looks at the pages of a project beside its other files."""

    name: ClassVar[str] = "html-links"
    alone: ClassVar[bool] = False

    def reads(self, file: SourceFile) -> bool:
        """Read every file: a page may name any."""
        return True

    def check(self, files: Sequence[SourceFile]) -> Iterable[Fault]:
        """Return what pages name and the project does not have: a script or style sheet is an error."""
        paths = {file.path for file in files}
        builds = any(posixpath.basename(path) == "package.json" and '"build"' in text for path, text in _texts(files))
        for file in files:
            if file.language == "html" and not file.is_test:
                yield from _check_page(file, paths, builds=builds)


def _texts(files: Sequence[SourceFile]) -> Iterator[tuple[str, str]]:
    return ((file.path, file.text) for file in files)


def _check_page(file: SourceFile, paths: set[str], *, builds: bool) -> Iterator[Fault]:
    page = _Page()
    page.feed(file.text)
    has_base = page.has_base
    for line, element, address in page.addresses:
        target = _local(address)
        if not target or _is_there(file.path, target, paths, anywhere=has_base):
            continue
        needed = element in {"script", "link"} and bool(_NEEDED.search(target))
        if needed or _SEEN.search(target):
            sure = needed and not builds and not _BUILT.search(target)
            severity = Severity.ERROR if sure else Severity.WARNING
            yield Fault(file.path, line, REFERENCE, severity, f"there is no file {target} in the project")


class _Page(HTMLParser):
    """The addresses that a page's elements name, with their lines."""

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


def _local(address: str) -> str:
    """Return the path of an address that means a file of the project; "" for any other."""
    if _TEMPLATED.search(address):
        return ""
    try:
        parts = urlsplit(address.strip())
    except ValueError:
        return ""
    return "" if parts.scheme or parts.netloc or not parts.path else unquote(parts.path)


def _is_there(page: str, target: str, paths: set[str], *, anywhere: bool) -> bool:
    """Return whether a file has this path, as seen from the page, or from any folder if the path is the server's."""
    if not target.startswith("/") and not anywhere:
        exact = posixpath.normpath(posixpath.join(posixpath.dirname(page), target))
        if exact in paths:
            return True
        # A template's page is served from elsewhere than it lies.
        if "templates/" not in page and "views/" not in page:
            return False
    end = posixpath.normpath(target).lstrip("/.")
    return any(
        path == end or path.endswith(f"/{end}") or posixpath.basename(path) == posixpath.basename(end) for path in paths
    )
