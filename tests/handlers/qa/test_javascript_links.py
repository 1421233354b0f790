"""Scripts across files: all file extensions, tables, declarations and exports that matter are known."""

import pytest

from qa_agent.analysers.javascript_links import JavascriptLinks
from qa_agent.analysers.port import SourceFile
from tests.handlers.qa.test_web_links import check


def scripts(files: dict[str, str]) -> list[tuple[str, str]]:
    """Return the paths and messages of faults in scripts."""
    return [(path, message) for path, _, _, message in check(JavascriptLinks(), files)]


ENDINGS = (".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx", ".d.ts", ".json", ".vue", ".svelte")


def test_a_file_is_found_by_every_ending_and_missed_where_a_model_writes_it() -> None:
    for ending in ENDINGS:
        for path in (f"a/lib{ending}", f"a/lib/index{ending}", f"a/lib.x{ending}"):
            source = "../a/lib.x" if ".x" in path else "./lib"
            assert scripts({path: "{}", "a/app.js": f"import '{source}';\n"}) == [], path
        assert scripts({f"a/lib{ending}": "{}", "a/app.js": f"import './lib{ending}';\n"}) == []
        for written in (".js", ".mjs", ".cjs", ".jsx"):
            assert scripts({f"a/lib{ending}": "{}", "a/app.js": f"import './lib{written}';\n"}) == [], ending
    assert scripts({"a/lib/package.json": "{}", "a/app.js": "import './lib';\n"}) == []
    for ending in ("", *ENDINGS, ".css", ".scss"):
        told = [("app.js", f"there is no file ./gone{ending} in the project")]
        assert scripts({"app.js": f"import './gone{ending}';\n"}) == told, ending
        assert scripts({"app.js": f"try {{ require('./gone{ending}'); }} catch {{}}\n"}) == []
    for ending in (".png", ".svg", ".wasm", ".gen.js"):
        assert scripts({"app.js": f"import './gone{ending}';\n"}) == [], ending


def test_what_a_build_or_somebody_else_writes_is_left_out() -> None:
    for folder in ("dist", "build", "out", "generated", "gen", "pkg", "wasm", "node_modules"):
        assert scripts({"a.js": f"import './{folder}/x.js';\nimport '../b/{folder}/x.js';\n"}) == [], folder
        assert len(scripts({"a.js": f"import './{folder}s/x.js';\n"})) == 1
    for source in ("./$types.js", "./+page.js", "./x.js?raw", "./x.gen.ts"):
        assert scripts({"a.js": f"import '{source}';\n"}) == [], source
    for path in ("a.min.js", "a.min.mjs", "a.min.cjs", "a.d.ts", "a.d.mts", "a.d.cts"):
        assert scripts({path: "import './gone.js';\n"}) == [], path
    for folder in ("vendor", "third_party", "node_modules", "dist"):
        for path in (f"{folder}/a.js", f"b/{folder}/a.js"):
            assert scripts({path: "import './gone.js';\n"}) == [], path
        assert len(scripts({f"my{folder}/a.js": "import './gone.js';\n"})) == 1
    for length, found in ((2000, 1), (2001, 0)):
        assert len(scripts({"a.js": f"import './gone.js';\n// {'x' * (length - 3)}\n"})) == found


def test_every_table_of_a_manifest_declares_and_the_one_nearest_to_the_root_is_told() -> None:
    using = {"src/app.js": "import x from 'lodash/fp';\nx();\n"}
    for table in ("dependencies", "devDependencies", "peerDependencies", "optionalDependencies"):
        assert scripts({**using, "a/package.json": f'{{"{table}": {{"lodash": "1"}}}}'}) == [], table
    told = "lodash, which src/app.js imports in line 1, is not declared"
    assert scripts({"a/b/package.json": "{}", "z/package.json": "[]", **using, "a/package.json": "{"}) == [
        ("z/package.json", told)
    ]
    assert scripts({"a/package.json": "{}", **using, "package.json": '{"dependencies": ["lodash"]}'}) == [
        ("package.json", told)
    ]
    assert scripts(using) == []
    assert scripts({**using, "package.json": "{}", "tsconfig.json": '{"paths": {}}'}) == []
    assert scripts({**using, "package.json": "{}", "a.css": '"paths"'}) == [("package.json", told)]
    for text in (
        "import x from 'node:fs';\nx();\n", "import x from 'https://a/b.js';\nx();\n",
        "import x from 'fs/promises';\nx();\n",
        "let x;\ntry { x = require('lodash'); } catch {}\n", "import x from '#a';\nx();\n",
        "import x from '/a';\nx();\n",
    ):  # fmt: skip
        assert scripts({"package.json": "{}", "a.js": text}) == [], text
    for package in ("@acme/tools", "lodash.map", "x-y"):
        (found,) = scripts({"package.json": "{}", "a.js": f"import x from '{package}/deep/er';\nx();\n"})
        assert found[1].startswith(f"{package}, which a.js imports")


def test_names_are_shared_by_plain_scripts_alone_and_not_looked_at_in_typescript() -> None:
    for ending in (".ts", ".tsx", ".mts", ".cts"):
        assert scripts({f"a{ending}": "start();\n"}) == [], ending
    for declaring in ("const start = 1;\n", "function start() {}\n", "window.start = 1;\n", "globalThis.start = 1;\n",
                      "self.start = 1;\n", "global.start = 1;\n"):  # fmt: skip
        assert scripts({"a.js": declaring, "b.js": "start();\n"}) == [], declaring
    told = [("b.js", "start is not defined")]
    for declaring in ("export const start = 1;\n", "const start = 1;\nmodule.exports = {};\n",
    "let start;\nrequire('a');\n",
                      "let start;\nexports.a = 1;\n", "window.start == 1;\n"):  # fmt: skip
        assert scripts({"a.js": declaring, "b.js": "start();\n"}) == told, declaring
    assert scripts({"a.js": "const start = 1;\n", "b.js": "start();\nexport {};\n"}) == []
    assert [fault.rule for fault in JavascriptLinks().check([SourceFile("a.js", "javascript", "start();\n")])] == [
        "undefined-name"
    ]
    for word in ("var", "let", "const", "function", "class"):
        assert scripts({"a.html": f"<script>{word} start</script>", "b.js": "start;\n"}) == [], word
    for announcing in ("global", "globals", "exported"):
        assert scripts({"b.js": f"/* {announcing} start, stop */\nstart(stop);\n"}) == [], announcing
    for begin in ("https://", "http://", "//"):
        page = f"<SCRIPT defer SRC = '{begin}a/b.js'></SCRIPT>"
        assert scripts({"a.html": page, "b.js": "start();\n"}) == [], begin
        assert scripts({"a.html": page, "b.js": "start();\nexport {};\n"}) == told


def test_exports_are_told_only_where_they_are_known() -> None:
    for exporting, importing, lacks in (
        (
            {"b.js": "export * from './c.js';\n", "c.js": "export const y = 1;\n"},
            "import { x } from './b.js';\nx;\n",
            True,
        ),
        ({"b.js": "export * from './c.js';\n", "c.js": "export default 1;\n"}, "import x from './b.js';\nx;\n", True),
        (
            {"b.js": "export * from './c.js';\n", "c.js": "export const x = 1;\n"},
            "import { x } from './b.js';\nx;\n",
            False,
        ),
        ({"b.js": "export * from './c.js';\n", "c.js": "f(;\n"}, "import { x } from './b.js';\nx;\n", False),
        ({"b.js": "export * from 'c';\nexport const y = 1;\n"}, "import { x } from './b.js';\nx;\n", False),
        (
            {"b.js": "export * from './c.js';\n", "c.js": "export * from './b.js';\n"},
            "import { x } from './b.js';\nx;\n",
            False,
        ),
        ({"b.js": "export const y = 1;\n"}, "const { x } = require('./b.js');\nx;\n", False),
        ({"b.js": "exports.y = 1;\n"}, "import { x } from './b.js';\nx;\n", False),
        ({"b.js": "exports.y = 1;\n"}, "const { x } = require('./b.js');\nx;\n", True),
        ({"b.js": "import './c.js';\n", "c.js": ""}, "import { x } from './b.js';\nx;\n", False),
        ({"b.js": "f();\nfunction f() {}\n"}, "const { x } = require('./b.js');\nx;\n", False),
    ):
        found = [message for path, message in scripts({**exporting, "a.js": importing}) if path == "a.js"]
        assert bool(found) is lacks, (exporting, importing)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("export function f() {}\nexport async function g() {}\nexport function* h() {}\n", "f g h"),
        (
            "export class A {}\nexport const b = 1, { c, d: e, ...f } = x, [g, , h = 1] = y;\nexport let i;\n",
            "A b c e f g h i",
        ),
        ("const a = 1, b = 2;\nexport { a, b as c };\nexport * as d from './x.js';\n", "a c d"),
    ],
)
def test_every_way_to_export_is_known(text: str, names: str) -> None:
    files = {"x.js": "export const z = 1;\n", "b.js": f"const x = 1, y = [];\nf(x, y);\n{text}"}
    listed = names.split()
    for name in (*listed, "b as other" if "b as" in text else "other"):
        found = scripts({**files, "a.js": f"import {{ {name} }} from './b.js';\n"})
        wanted = name.partition(" ")[0]
        assert [message for path, message in found if path == "a.js"] == (
            [] if name in listed else [f"./b.js does not export {wanted}"]
        )


def test_every_declaration_of_typescript_can_be_exported() -> None:
    for declaration in (
        "abstract class x {}", "class x<T> {}", "interface x {}", "type x = 1;", "enum x { A }", "namespace x {}",
        "declare function x(): void;", "const enum x { A }", "declare const x: 1;", "function x(): void;",
    ):  # fmt: skip
        for name, found in (("x", 0), ("z", 1)):
            files = {
                "b.ts": f"export {declaration}\nexport const y = 1;\n",
                "a.ts": f"import {{ {name} }} from './b';\nlet q: {name};\n",
            }
            assert len(scripts(files)) == found, declaration
    for text in ("export = make();\n", "export default x;\n"):
        files = {"b.ts": text, "a.ts": "import { x } from './b';\nx;\n"}
        assert len(scripts(files)) == ("default" in text)
    assert scripts({"b.ts": "export type Y = 1;\n", "a.ts": "import type { X } from './b';\n"}) == []


@pytest.mark.parametrize(
    "text",
    [
        "const a = function named() { named(); };\na();\n",
        "function* made() {}\nmade();\n",
        "const a = function* named() { named(); };\na();\n",
        "const A = class Named { m() { return Named; } };\nA;\n",
        "class A {}\nnew A();\n",
        "const f = a => a;\nconst g = ({ b, c: { d }, e = 1, ...h }) => [b, d, e, h];\nf(g);\n",
        "function f(a, { b }, [c], d = a, ...e) { return [a, b, c, d, e]; }\nf();\n",
        "for (const a of []) a;\nfor (let b in {}) b;\nfor (const [c, d] of []) c(d);\n",
        "try { f(); } catch ({ message, code = 1 }) { message; code; }\nfunction f() {}\n",
        "import a, { b as c, default as d } from './x.js';\nimport * as e from './x.js';\na(c, d, e);\n",
        "a = 1;\na;\n",
        "typeof start === 'undefined' || start();\n",
        "label: for (;;) break label;\n",
        "const a = { b: 1, c() {}, get d() { return 1; } };\na.b;\na.start;\n",
        "export { x as start } from './x.js';\nexport * as stop from './x.js';\n",
        "new.target;\nimport.meta.url;\n",
        "const a = <div class='b'><p /></div>;\na;\n",
    ],
)
def test_every_way_to_declare_a_name_is_known(text: str) -> None:
    files = {"x.js": "export default 1;\nexport const b = 1, x = 2;\n", "a.jsx": text}
    assert scripts(files) == []


def test_what_only_looks_like_a_declaration_is_none() -> None:
    for text in (
        "const { a: start } = {};\na;\n", "f({ a });\nfunction f() {}\n", "export { a };\n",
        "const b = { c: a };\nb;\n",
        "!a;\n", "const b = <a.B />;\nb;\n", "const B = <div b={a} />;\nB;\n",
    ):  # fmt: skip
        assert ("a.jsx", "a is not defined") in scripts({"a.jsx": text}), text
    assert ("a.jsx", "Thing is not defined") in scripts({"a.jsx": "const b = <Thing />;\nb;\n"})


@pytest.mark.parametrize(
    ("exporting", "names"),
    [
        ("module.exports = { a, 'b': 1, \"c\": 2, d() {} };\nvar a;\n", "a b c d"),
        ("module.exports.a = 1;\nexports.b = 2;\nmodule.exports.c = function () {};\n", "a b c"),
    ],
)
def test_every_way_to_export_in_common_js_is_known(exporting: str, names: str) -> None:
    listed = names.split()
    for name in (*listed, "other"):
        for pattern in (name, f"{name}: x", f"{name} = 1", f"{name}: x = 1"):
            found = scripts({"b.js": exporting, "a.js": f"const {{ {pattern} }} = require('./b');\n"})
            assert len(found) == (name == "other"), pattern
    for pattern in ("...rest", "['other']: x", "'other': x"):
        assert scripts({"b.js": exporting, "a.js": f"const {{ {pattern} }} = require('./b');\n"}) == [], pattern
    for more in ("module.exports = { ...x };\nvar x;\n", "module.exports = make();\nfunction make() {}\n",
                 "const all = exports;\nall.y = 1;\n", "f(module.exports);\nfunction f() {}\n"):  # fmt: skip
        assert scripts({"b.js": exporting + more, "a.js": "const { other } = require('./b');\nother;\n"}) == [], more


def test_the_names_of_the_platform_need_no_declaration() -> None:
    for name in (
        "Map", "structuredClone", "fetch", "window", "Buffer", "process", "describe", "vi", "HTMLElement", "SVGElement",
        "CSSRule", "DOMRect", "IDBRequest", "WebGLTexture", "ResizeObserver", "IntersectionObserver",
        "CountQueuingStrategy",
        "AnimationEffect", "KeyboardEvent", "CompositionEvent", "DeviceMotionEvent", "ViewTransition",
        "NetworkInformation",
        "AbortPaymentEvent", "ScreenOrientation", "BatteryManager", "OscillatorNode", "PeriodicWave", "AsyncDisposable",
    ):  # fmt: skip
        assert scripts({"a.js": f"{name};\n"}) == [], name
    for name in ("Element2", "Html", "HTML", "Anything", "Webhook"):
        assert len(scripts({"a.js": f"{name};\n"})) == 1, name


def test_only_what_scripts_may_name_is_read() -> None:
    for language in ("javascript", "typescript", "html", "json", "css", "scss", "vue", "svelte"):
        assert JavascriptLinks().reads(SourceFile("a", language, "")), language
    for language in ("python", "markdown", "text"):
        assert not JavascriptLinks().reads(SourceFile("a", language, "")), language


def test_the_line_of_an_import_is_told() -> None:
    for text in ("import './gone';\n", "export * from './gone';\n", "require('./gone');\n", "import('./gone');\n"):
        assert [line for _, line, _, _ in check(JavascriptLinks(), {"a.js": f"\n\n{text}"})] == [3], text
    assert [line for _, line, _, _ in check(JavascriptLinks(), {"a.js": "\n\na;\na;\n"})] == [3]
    for text in ("require(a);\nvar a;\n", "require('./gone', 1);\n", "other('./gone');\nvar other;\n", "require();\n"):
        assert scripts({"a.js": text}) == [], text
