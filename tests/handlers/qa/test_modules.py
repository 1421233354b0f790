"""The files that a test imports: all forms of imports and file extensions are followed."""

import pytest

from qa_agent.modules import find_imported


def test_every_form_and_ending_of_an_import_of_javascript_is_followed() -> None:
    for ending in ("", ".js", ".mjs", ".cjs", ".ts", ".jsx", ".tsx", "/index.js", "/index.ts"):
        found = "src/deep/a.json" if not ending else f"src/deep/a{ending}"
        source = "../src/deep/a.json" if not ending else "../src/deep/a"
        for text in (
            f"import a from '{source}'", f'import "{source}"', f"const a = require( '{source}')",
            f"export * from \"{source}\"",
            f"await import('{source}')",
        ):  # fmt: skip
            for path in ("test/b.test.js", "test/b.test.ts", "test/b.test.mjs"):
                assert find_imported(path, {path: text, found: ""}) == (found,), text
    for text in ("import a from 'src/deep/a'", "// from ./src/deep/a", "import a from '/src/deep/a'"):
        assert find_imported("b.js", {"b.js": text, "src/deep/a.js": ""}) == ()
    assert find_imported("src/b.js", {"src/b.js": "import './deep/a'", "src/deep/a.js": "", "deep/a.js": ""}) == (
        "src/deep/a.js",
    )
    assert find_imported("b.css", {"b.css": "import './a'", "a.js": ""}) == ()


@pytest.mark.parametrize(
    ("path", "source", "found"),
    [
        ("a/b/c.py", "from . import d", ("a/b/d.py",)),
        ("a/b/c.py", "from .d import x, y", ("a/b/d.py",)),
        ("a/b/c.py", "from ..e import f", ("a/e/f.py",)),
        ("a/b/c.py", "  from ... import top", ("top.py",)),
        ("a/b/c.py", "from .....top import x", ("top.py",)),
        ("a/b/c.py", "import a.b.d as d, top  # a comment, x", ("a/b/d.py", "top.py")),
        ("a/b/c.py", "from a.b import (d as x, y) \\", ("a/b/d.py", "a/b/__init__.py")),
        ("a/b/c.py", "from lib.one import two", ("src/lib/one/two.py",)),
        ("a/b/c.py", "import lib.one.two", ("src/lib/one/two.py",)),
        ("a/b/c.py", "x = 'from a.b import d'", ()),
        ("c.py", "from . import top", ("top.py",)),
        ("c.py", "import c, test_x", ()),
    ],
)
def test_every_form_of_an_import_of_python_is_followed(path: str, source: str, found: tuple[str, ...]) -> None:
    there = ("a/b/d.py", "a/b/__init__.py", "a/e/f.py", "top.py", "__init__.py", "src/lib/one/two.py", "test_x.py")
    assert find_imported(path, {**dict.fromkeys(there, ""), path: f"x = 1\n{source}\ny = 2\n"}) == found
