"""Streamlit's one HTML page, with what its program would otherwise have to request: the server and a page's parts."""

import json
import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Final

ASSETS: Final = Path("static/js")
STYLES: Final = Path("static/css")

PROJECT: Final = "project"
"""The parts of one project's page, which has the address of the list."""

PARTS: Final[dict[str, tuple[str, ...]]] = {
    "": ("Html", "PageLink"),
    "queues": ("Html", "ButtonGroup", "Selectbox", "DataFrame", "ArrowVegaLiteChart"),
    "dead-letters": ("Html", "ButtonGroup", "TextInput", "Selectbox", "Button", "DataFrame"),
    "projects": ("Html", "TextInput", "Selectbox", "Button", "DataFrame"),
    PROJECT: ("Html", "Button", "ButtonGroup", "ArrowVegaLiteChart"),
    "model-calls": ("Html", "DataFrame"),
    "scores": ("Html", "ButtonGroup", "Metric", "Button", "Multiselect", "DataFrame", "ArrowVegaLiteChart"),
    "costs": ("Html", "Slider", "NumberInput", "Metric", "DataFrame", "ArrowVegaLiteChart"),
    "bench": ("Html", "Metric", "NumberInput", "Selectbox", "TextInput", "TextArea", "Button", "DataFrame"),
}
"""The parts (JavaScript modules) that each page draws first, by its path: fetched with the page, not when drawn.

Even parts that do not run cost the browser time, so a page without a chart does not fetch the one for charts.
"""

_IMPORTED: Final = re.compile(r"""(?:from|import)\s*["'`]\./([\w.-]+\.js)["'`]""")


def find_parts(path: str, query: str = "") -> tuple[str, ...]:
    """Return the parts of the page at an address; if it is unknown, those of every page."""
    name = path.strip("/")
    if name == "projects" and re.search(r"(^|&)project=.", query):
        name = PROJECT
    return PARTS.get(name, ("Html",))


def read_front_page(folder: Path, parts: Sequence[str]) -> str:
    """Return the page in Streamlit's `folder`, changed to find the server at the root of its origin, whatever its path.

    Otherwise the program looks for the server below each page's path first, where there is none. The parts are listed
    last, so that the program itself loads first.
    """
    page = (folder / "index.html").read_text("utf-8")
    programs = (name for name in _list_parts(folder / ASSETS, parts) if name not in page)
    links = "".join((*map(_make_preload_link, programs), *_link_styles(folder / STYLES, parts)))
    return page.replace("<head>", f"<head>{_SETTINGS}", 1).replace("</head>", f"{links}</head>", 1)


_HOST: Final = {
    "useExternalAuthToken": False,
    "enableCustomParentMessages": False,
    "enforceDownloadInNewTab": False,
    "metricsUrl": "",
    "blockErrorDialogs": False,
}
"""The answer of `/_stcore/host-config`: with it in the page, the program opens its socket without a request."""

_SETTINGS: Final = f"""<script>
  window.__streamlit = {{
    BACKEND_BASE_URL: location.origin, MAIN_PAGE_BASE_URL: location.origin,
    HOST_CONFIG: {{allowedOrigins: [location.origin], ...{json.dumps(_HOST)}}},
  }}
</script>"""


def _make_preload_link(name: str) -> str:
    return f'<link rel="modulepreload" crossorigin href="/{ASSETS.as_posix()}/{name}">'


def _link_styles(folder: Path, parts: Sequence[str]) -> Iterator[str]:
    """Yield links to the style sheets of parts: a part waits for its own."""
    for path in _find_files(folder, parts, "css"):
        yield f'<link rel="stylesheet" crossorigin href="/{STYLES.as_posix()}/{path.name}">'


def _list_parts(folder: Path, parts: Sequence[str]) -> Iterator[str]:
    """Yield the files of parts, and those that they import."""
    seen, pending = set[str](), [path.name for path in _find_files(folder, parts, "js")]
    while pending:
        name = pending.pop(0)
        if name not in seen:
            seen.add(name)
            yield name
            pending += _find_imports(folder / name)


@cache
def _find_imports(program: Path) -> list[str]:
    return _IMPORTED.findall(program.read_text("utf-8"))


def _find_files(folder: Path, parts: Sequence[str], suffix: str) -> list[Path]:
    return [path for part in parts for path in sorted(folder.glob(f"{part}.*.{suffix}"))]
