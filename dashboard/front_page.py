"""The one HTML page of Streamlit, with what its program would otherwise find out first: its server, its large parts."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ASSETS: Final = Path("static/js")
PARTS: Final = ("DataFrame", "ArrowVegaLiteChart")
"""The large programs that most pages need, tables and charts: fetched at once, not when the first of them is drawn."""

_IMPORTED: Final = re.compile(r"""(?:from|import)\s*["'`]\./([\w.-]+\.js)["'`]""")


def read_front_page(folder: Path, *, with_parts: bool) -> str:
    """Return the page in Streamlit's `folder`, which asks the server of its own origin, whatever its path.

    Left alone, the program looks for the server below each page's path first, where there is none.
    """
    page = (folder / "index.html").read_text("utf-8")
    head = _SETTINGS + "".join(map(_preload, _list_parts(folder / ASSETS) if with_parts else ()))
    return page.replace("<head>", f"<head>{head}", 1)


_HOST: Final = {
    "useExternalAuthToken": False,
    "enableCustomParentMessages": False,
    "enforceDownloadInNewTab": False,
    "metricsUrl": "",
    "blockErrorDialogs": False,
}
"""What `/_stcore/host-config` answers: known at once, the program opens its socket without asking."""

_SETTINGS: Final = f"""<script>
  window.__streamlit = {{
    BACKEND_BASE_URL: location.origin, MAIN_PAGE_BASE_URL: location.origin,
    HOST_CONFIG: {{allowedOrigins: [location.origin], ...{json.dumps(_HOST)}}},
  }}
</script>"""


def _preload(name: str) -> str:
    return f'<link rel="modulepreload" crossorigin href="/{ASSETS.as_posix()}/{name}">'


def _list_parts(folder: Path) -> Iterator[str]:
    """Yield the files of the large parts, and those that they import."""
    seen, waiting = set[str](), [path.name for part in PARTS for path in folder.glob(f"{part}.*.js")]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            yield name
            waiting += _IMPORTED.findall((folder / name).read_text("utf-8"))
