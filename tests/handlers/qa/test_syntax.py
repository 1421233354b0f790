"""Syntax: correct code is never reported, and the same code, cut or without a bracket or quote, always is."""

from pathlib import Path
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa_agent.analysers.port import Fault, SourceFile
from qa_agent.analysers.syntax import DOUBT, LANGUAGES, SYNTAX, Syntax
from shared.models.severity import Severity
from shared.source_files import detect_language

# Correct code of kinds that a parser may not expect: a folder for each language.
KNOWN_GOOD: Final = sorted(path for path in Path(__file__).with_name("known_good").rglob("*") if path.is_file())

# Programs without brackets or quotes in their strings and comments, so that each one matters.
PLAIN: Final = {
    "python": """\
def f(a, b):
    x = [a[0], {"k": (b, "v")}]
    return g(x)["k"]
""",
    "javascript": """\
import { a } from "b";
function f(a, [b, c]) {
  if (a) { return g({ k: [b, "v"] })["k"]; }
}
""",
    "typescript": """\
import { a } from "b";
function f(a: number[], b: { k: string }): void {
  if (a) { g({ k: ["v"] }); }
}
""",
    "go": """\
package main

import (
	"fmt"
)

func f(a []int) (int, error) {
	if g(a[0]) { return h("v"), nil }
	return 0, nil
}
""",
    "java": """\
class A {
  int[] f(int[] a) {
    if (g(a[0])) { return h("v"); }
    return new int[]{1, 2};
  }
}
""",
    "rust": """\
use a::{b, c};

fn f(a: &[u8]) -> Vec<(u8, u8)> {
    if g(a[0]) { return h("v"); }
    vec![(1, 2)]
}
""",
    "c": """\
#include "a.h"
#include <b.h>

int f(int a[3])
{
    if (g(a[0])) { return h("v"); }
    return a[1];
}
""",
    "cpp": """\
#include "a.h"

int f(const std::vector<int>& a) {
    auto l = [&](int x) { return a[x]; };
    if (g(l(0))) { return h("v"); }
    return 0;
}
""",
    "bash": """\
f() {
  if [ -n "$1" ]; then
    x=$(g "$1")
  fi
}
""",
    "css": """\
@media (width > 1px) {
  a[href] { color: rgb(1, 2, 3); content: "v"; }
}
""",
    "json": """\
{"a": [1, {"b": "c"}]}
""",
    "toml": """\
a = [1, 2]
b = "c"
d = {e = "f"}
""",
    "yaml": """\
a: [1, {b: "c"}]
""",
    "sql": """\
CREATE TABLE t (a INT, b VARCHAR(10) DEFAULT 'v');
SELECT COUNT(*) FROM t WHERE a IN (1, 2);
""",
}
# Where a single mark may be correct: in the shell `[` is a command and words may contain `}`; in YAML, a quote.
NOT_BRACKETS: Final = {"bash": "[]{}", "yaml": '"'}


def check(language: str, text: str, path: str = "file") -> list[Fault]:
    return list(Syntax().check([SourceFile(path, language, text)]))


def test_every_language_has_right_code() -> None:
    assert {path.parent.name for path in KNOWN_GOOD} == LANGUAGES


@pytest.mark.parametrize("path", KNOWN_GOOD, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_right_code_has_no_fault(path: Path) -> None:
    assert check(path.parent.name, path.read_bytes().decode()) == []


@pytest.mark.parametrize("language", PLAIN)
def test_a_bracket_or_quote_taken_away_is_found(language: str) -> None:
    text = PLAIN[language]
    assert check(language, text) == []
    marks = set("()[]{}\"'`") - set(NOT_BRACKETS.get(language, ""))
    unseen = [at for at, char in enumerate(text) if char in marks and not errors(language, text[:at] + text[at + 1 :])]
    assert [text[:at] + "█" + text[at + 1 :] for at in unseen] == []


@pytest.mark.parametrize("language", PLAIN)
def test_code_cut_inside_a_bracket_is_found(language: str) -> None:
    text = PLAIN[language]
    unseen = [text[:at] for at in range(1, len(text)) if is_open(text[:at]) and not errors(language, text[:at])]
    assert unseen == []


def errors(language: str, text: str) -> list[Fault]:
    return [fault for fault in check(language, text) if fault.severity is Severity.ERROR]


def is_open(text: str) -> bool:
    return sum(map(text.count, "([{")) > sum(map(text.count, ")]}"))


@pytest.mark.parametrize(
    ("language", "text", "line", "words"),
    [
        ("python", "x = 1\ndef f(:\n    pass\n", 2, "invalid syntax"),
        ("python", "return 1\n", 1, "'return' outside function"),
        ("python", "x = 1\0", 1, "source code string cannot contain null bytes"),
        ("javascript", "const a = 1\nfunction f() {\n  if (a) {\n}\n", 2, "{ is not closed"),
        ("javascript", "let a = ;\n", 1, "unexpected"),
        ("javascript", "const a\n", 1, "a constant has no value"),
        ("typescript", "let x: number = 1;\nlet y: = 2;\n", 2, "unexpected"),
        ("go", "package main\n\nfunc main() {\n\tx := \n}\n", 4, ""),
        ("go", "// only a comment\n", 1, "package clause is missing"),
        ("go", "package main\n\nfu", 3, "a statement outside of a function"),
        ("go", "package main\n\nconst A", 3, "a constant has no value"),
        ("java", "class A {\n  void f() { int x = 1 }\n}\n", 2, "; is missing"),
        ("rust", "fn f() { let x = ; }\n", 1, ""),
        ("rust", "fn f() { let x = 1\n let y = 2; }\n", 1, "; is missing"),
        ("typescript", "let x = a < unique.length;\nlet y = ;\n", 2, "unexpected"),
        ("javascript", "const x = 1 2;\n", 1, "unexpected 2"),
        ("javascript", "let x = 1;\nx +", 2, "the file ends too early"),
        ("rust", "fn f() {}\n\n/// Of what?\n// x\n", 3, "describes nothing"),
        ("c", "int f(void) {\n  return 1\n}\n", 2, "; is missing"),
        ("c", "#include\nint x;\n", 1, "#include names no file"),
        ("c", "#if X\nint x;\n", 1, "#if has no #endif"),
        ("c", "int x;\n#incl", 2, "#incl is not a directive"),
        ("c", "#ifdef A\nint f(void) { return 1; }\n#else\nint f(void) { return 1;\n#endif\n", 4, "{ is not closed"),
        ("c", "int f(void) { /* never\n}\n", 1, "a comment is not closed"),
        ("cpp", 'auto s = R"x(a)y";\n', 1, "a raw string is not closed"),
        ("cpp", "#include \"a.h\"\nint x = \n", 2, ""),
        ("bash", "if true; then\n  echo\n", 3, "unexpected end of file"),
        ("bash", "cat <<EOF\ntext\n", 2, "here-document"),
        ("html", "<div>\n<span></div>\n", 2, ""),
        ("html", '<p class="a>x</p>\n', 2, "Unexpected end of file"),
        ("css", "a { color: red }\nb { color red }\n", 2, ""),
        ("css", "a { color: red }}\n", 1, "} closes nothing"),
        ("sql", "SELECT 1;\nSELECT * FROM;\n", 2, ""),
        ("json", '{"a": 1,\n "b": NaN}', 1, "NaN is not JSON"),
        ("json", "[" * 100_000, 1, "is nested too deeply"),
        ("json", '\ufeff{"a": 1}', 1, "begins with a byte order mark"),
        ("json", '{"a": 1,\n "b": {"a": 2},\n "a": 3}', 3, "the key 'a' is there twice"),
        ("yaml", "a: {b: 1, c: 2}\nd:\n  b: 1\n  e: 2\n  b: 3\n", 5, "the key 'b' is there twice"),
        ("yaml", "on: push\nenv:\n  A: ${{ secrets.A }}\n B: 1\n", 4, ""),
        ("yaml", 'a: "{{ x }}"\n b: c\n', 2, ""),
        ("bash", "\ufeff#!/bin/sh\necho\n", 1, "a byte order mark before #!"),
        ("bash", "#!/bin/sh\r\necho\r\n", 1, "the line of #! ends with CR LF"),
        ("python", "#!/usr/bin/env python3\r\nx = 1\r\n", 1, "the line of #! ends with CR LF"),
        ("html", "<p></p>\n<script>\nlet a = ;\n</script>\n", 3, "unexpected"),
        ("html", '<p></p>\n<script type="module">\nf(;\n</script>\n', 3, "( is not closed"),
        ("html", '<script type="application/ld+json">\n{"a": }\n</script>\n', 2, "Expecting value"),
        ("html", "<style>\na { color: red }}\n</style>\n", 2, "} closes nothing"),
        ("yaml", "a: b\n c: d\n", 2, "mapping values are not allowed here"),
        ("toml", "a = 1\nb = \n", 2, "Invalid value"),
        ("xml", "<a>\n<b></a>", 2, "mismatched tag"),
    ],
)  # fmt: skip
def test_wrong_code_is_found_where_it_is(language: str, text: str, line: int, words: str) -> None:
    first = check(language, text)[0]
    assert (first.rule, first.severity, first.line) == (SYNTAX, Severity.ERROR, line)
    assert words in first.message


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("c", "#include <config.h>\nint f (GL_UNUSED (size_t) ignored) GL_PURE;\nlibc_def (f)\nWEIRD x y z;\n"),
        ("cpp", '#include "own.hpp"\nlower_case_macro int f() { return 1; }\n'),
        ("typescript", "function f(a: string,, b) {}\n"),
        ("javascript", "module a { }\n"),
        ("java", "import module java.base;\nclass A {}\n"),
        ("go", "package main\nfunc main() int int { return 1 }\n"),
        ("rust", "fn f(a i32) {}\n"),
        ("c", "int f(int x) { if x { return 1; } return 2; }\n"),
        ("rust", "#![feature(box_patterns)]\nfn f() { let box x = y; }\n"),
        ("json", '{\n  // a comment\n  "a": 1,\n}'),
        ("yaml", "{{- if .Values.x }}\na: b\n{{- end }}\n"),
        ("html", "{% if a %}<div>{% endif %}"),
        ("html", "{{#a}}<div>{{/a}}"),
        ("html", "<% if (a) { %><div><% } %>"),
        ("html", "<?php if ($a) echo 1; ?><div>"),
        ("sql", "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC RETURN WHATEVER 1; END;\nSELECT a b c d FROM x;"),
    ],
)
def test_what_may_be_right_is_only_doubted(language: str, text: str) -> None:
    faults = check(language, text)
    assert faults
    assert {(fault.rule, fault.severity) for fault in faults} == {(DOUBT, Severity.WARNING)}


@pytest.mark.parametrize("path", ["tsconfig.json", "web/tsconfig.build.json", "jsconfig.json", ".vscode/settings.json"])
def test_comments_are_right_where_the_reader_of_json_takes_them(path: str) -> None:
    text = '{\n  // a comment\n  "a": "//", /* and\n another */ "b": [1,],\n}'
    assert check("json", text, path) == []
    assert check("json", text, "package.json")[0].rule == DOUBT
    assert [fault.line for fault in check("json", text.replace("[1,]", "[1"), path)] == [5]
    assert [fault.line for fault in check("json", text.replace('"b"', '"a"'), path)] == [4]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("json", '{"//": "a", "//": "b", "c": [{"d": 1}, {"d": 2}]}'),
        ("yaml", "a: &a {x: 1}\nb:\n  <<: *a\n  <<: *a\n1: x\n'1': y\n---\na: 1\n"),
        ("yaml", "? [a, b]\n: 1\n? [a, b]\n: 2\nc: [{d: 1}, {d: 2}]\n"),
        ("html", '<script type="text/template"><% if (a) { %></script><script src="a.js"></script>'),
        ("html", "<!-- <script>f(</script> --><style>a > b { color: red }</style><script>f('<b>')</script>"),
    ],
)
def test_what_only_looks_wrong_is_right(language: str, text: str) -> None:
    assert check(language, text) == []


def test_one_file_has_only_so_many_faults() -> None:
    assert len(check("css", "a { b c }\n" * 50)) == 5


def test_a_header_of_cpp_is_read_as_such() -> None:
    assert check("c", "#pragma once\nnamespace a { template <class T> class B : public C<T> {}; }\n") == []


@pytest.mark.parametrize(
    ("path", "text", "read"),
    [
        ("a.py", "", True), ("a.rb", "", False), ("a", "#!/bin/bash\n", True), ("a", "#!/bin/zsh\n", False),
        ("a.zsh", "", False),
    ],
)  # fmt: skip
def test_which_files_are_read(path: str, text: str, read: bool) -> None:
    assert Syntax().reads(SourceFile(path, detect_language(path, text), text)) is read


@pytest.mark.parametrize("language", sorted(LANGUAGES - {"bash"}))
@settings(max_examples=15)
@given(text=st.text(alphabet=st.sampled_from("abc1 \n\t\"'`()[]{}<>#/*\\;:=,.$%&!é\0")))
def test_no_text_breaks_a_parser(language: str, text: str) -> None:
    for fault in check(language, text):
        assert fault.line >= 1
        assert fault.message
