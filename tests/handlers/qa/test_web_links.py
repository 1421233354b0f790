"""Scripts and pages across files: missing references are found, and what may exist is not reported."""

import pytest

from qa_agent.analysers.html_links import HtmlLinks
from qa_agent.analysers.javascript_links import JavascriptLinks
from qa_agent.analysers.port import Analyser, SourceFile
from shared.source_files import detect_language

FILES = {
    "src/store.js": "export const LIMIT = 3;\nexport function load() {}\nexport default class Store {}\n",
    "src/all.js": "export * from './store.js';\nexport { load as open } from './store.js';\n",
    "lib/common.js": "module.exports = { add, remove: 1 };\nfunction add() {}\nmodule.exports.extra = 2;\n",
    "lib/more.js": "module.exports = make();\nmodule.exports.extra = 2;\nfunction make() {}\n",
    "lib/spread.js": "const base = make();\nmodule.exports = { ...base, add: 1 };\nfunction make() {}\n",
    "lib/kept.js": "const all = module.exports;\nexports.add = 1;\nall.sub = 2;\n",
    "lib/any.js": "module.exports = make();\nfunction make() {}\n",
    "src/types.ts": "export interface Item { title: string }\nexport type Id = string;\nexport enum Kind { A }\n",
    "package.json": '{"dependencies": {"express": "^5", "@acme/tools": "1"}}',
}


def check(analyser: Analyser, files: dict[str, str]) -> list[tuple[str, int, str, str]]:
    sources = [SourceFile(path, detect_language(path, text), text) for path, text in files.items()]
    faults = analyser.check([source for source in sources if analyser.reads(source)])
    return [(fault.path, fault.line, fault.severity.value, fault.message) for fault in faults]


@pytest.mark.parametrize(
    ("path", "text", "words"),
    [
        ("src/app.js", "import { lode } from './store.js';\nlode();\n", "./store.js does not export lode"),
        ("src/app.js", "import d from './all.js';\nd();\n", "./all.js does not export default"),
        ("src/app.js", "import { close } from './all.js';\nclose();\n", "./all.js does not export close"),
        ("src/app.js", "import './storage.js';\n", "there is no file ./storage.js"),
        ("src/app.js", "export { x } from '../store';\n", "there is no file ../store"),
        ("lib/app.js", "const { ad } = require('./common');\nad();\n", "./common does not export ad"),
        ("lib/app.js", "const x = require('./commons');\nx();\n", "there is no file ./commons"),
        ("src/app.ts", "import { Items } from './types';\nlet x: Items;\n", "./types does not export Items"),
        ("src/app.js", "import { load } from './store.js';\nload(path);\n", "path is not defined"),
        ("src/app.js", "export const a = () => ({ b, c: 1 });\n", "b is not defined"),
        ("src/app.jsx", "export const a = () => <Button onClick={save} />;\n", "Button is not defined"),
        ("web/app.js", "setTimeout(() => start(), 10);\n", "start is not defined"),
    ],
)
def test_what_a_script_names_and_is_not_there_is_found(path: str, text: str, words: str) -> None:
    found = check(JavascriptLinks(), {**FILES, path: text})
    assert (path, "error") in [(where, severity) for where, _, severity, message in found if words in message]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("src/app.js", "import Store, { LIMIT, load as l } from './store';\nimport * as s from './store.js';\n"
                       "l(Store, LIMIT, s);\n"),
        ("src/app.js", "import { load, open } from './all.js';\nload(open);\n"),
        ("lib/app.js", "const { add, remove: r, extra } = require('./common');\nadd(r, extra);\n"),
        ("lib/app.js", "const { x } = require('./any');\nlet y;\ntry { y = require('./optional'); } catch {}\nx(y);\n"),
        ("lib/app.js", "const { x } = require('./more');\nconst { y } = require('./spread');\nx(y);\n"),
        ("lib/app.js", "const { sub } = require('./kept');\nsub();\n"),
        ("src/app.ts", "import { Item, Id, Kind } from './types.js';\nlet x: Item, y: Id, z = Kind.A;\n"),
        ("src/app.js", "import fs from 'node:fs';\nimport path from 'path';\nimport e from 'express/lib/x';\n"
                       "import '@acme/tools/a';\nfs(path, e);\n"),
        ("src/app.js", "export function f({ a, b: [c], ...d }, e = a, ...g) {\n"
                       "  for (const h of g) { c(d, e, h); }\n"
                       "  try { f(); } catch ({ message }) { console.log(message, arguments); }\n"
                       "  return class K extends f {};\n}\n"),
        ("src/app.js", "export const a = typeof jQuery === 'undefined' ? null : jQuery;\nnew HTMLDialogElement(a);\n"),
        ("src/app.jsx", "import React from 'express';\nexport const A = () => <><div key={1} /><React.X /></>;\n"),
        ("web/app.js", "/* global Chart */\nnew Chart(document.body);\nwindow.start = 1;\nstart();\n"),
        ("src/app.js", "import './style.css?inline';\nimport logo from './logo.png';\n"
                       "import x from './dist/x.js';\nx(logo);\n"),
        ("src/app.test.js", "describe('a', () => { it('b', async () => { expect(await vi.fn()).toBe(1); }); });\n"),
    ],
)  # fmt: skip
def test_what_a_script_may_name_is_right(path: str, text: str) -> None:
    assert check(JavascriptLinks(), {**FILES, path: text}) == []


def test_scripts_of_a_page_share_their_names() -> None:
    files = {
        "index.html": '<p id="list"></p><script>const limit = 1;</script><script src="a.js"></script>',
        "a.js": "function start() { return list; }\n",
        "b.js": "start(limit);\n",
    }
    assert check(JavascriptLinks(), files) == []
    files["index.html"] += '<script src="https://cdn.example.org/chart.js"></script>'
    assert check(JavascriptLinks(), {**files, "c.js": "new Chart();\n"}) == []


def test_a_package_that_is_not_declared_is_told_where_it_can_be_mended() -> None:
    found = check(JavascriptLinks(), {**FILES, "src/app.js": "import x from 'lodash';\nx();\n"})
    assert found == [("package.json", 1, "error", "lodash, which src/app.js imports in line 1, is not declared")]


def test_a_project_may_import_itself_by_its_name() -> None:
    manifest = '{"name": "lodash", "exports": "./src/app.js"}'
    assert check(JavascriptLinks(), {"package.json": manifest, "src/app.js": "import x from 'lodash';\nx();\n"}) == []


@pytest.mark.parametrize(
    ("address", "severity"),
    [
        ('<script src="app.js"></script>', "error"),
        ('<link rel="stylesheet" href="/css/missing.css?v=1">', "error"),
        ('<a href="other.html#top">x</a>', "warning"),
        ('<script src="dist/app.js"></script>', "warning"),
        ('<img src="missing.svg">', "warning"),
    ],
)
def test_what_a_page_names_and_is_not_there_is_found(address: str, severity: str) -> None:
    found = check(HtmlLinks(), {"web/index.html": f"<p></p>\n{address}\n", "web/css/style.css": ""})
    assert [(line, told) for _, line, told, _ in found] == [(2, severity)]


def test_what_a_page_may_name_is_right() -> None:
    page = """
        <link rel="stylesheet" href="css/style.css"><script src="/static/app.js" defer></script>
        <script src="https://cdn.example.org/x.js"></script><script src="//cdn.example.org/x.js"></script>
        <a href="#top"></a><a href="/api/items"></a><a href="mailto:a@b.c"></a><a href="about.html?x=1#y"></a>
        <img src="photo.png"><img src="data:image/svg+xml,x"><script src="{{ url }}.js"></script>
    """
    files = {"index.html": page, "css/style.css": "", "public/static/app.js": "", "about.html": ""}
    assert check(HtmlLinks(), files) == []
    template = {"app/templates/a.html": '<script src="main.js"></script>', "app/static/main.js": ""}
    assert check(HtmlLinks(), template) == []


@pytest.mark.parametrize(
    ("tag", "found"),
    [
        ('<script src="a.mjs">', "error"), ('<script src="a.JS">', "error"), ('<link href="a.css">', "error"),
        ('<img src="a.js">', None), ('<iframe src="a.html">', "warning"), ('<source src="a.txt">', "warning"),
        ('<a href="a.htm">', "warning"), ('<a href="a.json">', "warning"), ('<a href="a.md">', "warning"),
        ('<link href="a.webmanifest">', "warning"), ('<img src="a.svg">', "warning"), ('<img src="a.png">', None),
        ('<p src="a.js">', None), ('<a src="a.html">', None), ('<script href="a.js">', None), ("<script src>", None),
        ('<script src="x/build/a.js">', "warning"), ('<script src="out/a.js">', "warning"),
        ('<script src="node_modules/a.js">', "warning"), ('<script src="vendor/a.js">', "warning"),
        ('<script src="bundle.js">', "warning"), ('<script src="mybundle.js">', "error"),
        ('<script src="{{ a }}.js">', None), ('<script src="{% a %}.js">', None), ('<script src="<% a %>.js">', None),
        ('<script src="${a}.js">', None), ('<script src="%PUBLIC%/a.js">', None), ('<script src="http://[a.js">', None),
        ('<script src="a%20b.js">', "error"), ('<script src=" there.js ">', None),
        ('<script src="./deep/../there.js">', None),
        ('<script src="/there.js">', None), ('<script src="/x/there.js">', None),
        ('<base href="/"><script src="x/there.js">', None),
        ('<script src="x/there.js">', "error"),
    ],
)  # fmt: skip
def test_each_element_names_what_it_needs_or_shows(tag: str, found: str | None) -> None:
    told = check(HtmlLinks(), {"index.html": tag, "there.js": ""})
    assert [severity for _, _, severity, _ in told] == ([found] if found else [])
    faults = HtmlLinks().check([SourceFile("index.html", "html", tag)])
    assert {fault.rule for fault in faults} <= {"reference"}
    assert list(HtmlLinks().check([SourceFile("tests/index.html", "html", tag)])) == []
    built = check(HtmlLinks(), {"index.html": tag, "there.js": "", "a/package.json": '{"scripts": {"build": "x"}}'})
    assert [severity for _, _, severity, _ in built] == (["warning"] if found else [])
