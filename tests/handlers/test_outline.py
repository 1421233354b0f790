"""Outlines list a file's declarations, in every language that QA parses by a grammar, within their limits."""

from pathlib import PurePosixPath

import pytest

from shared.outline import outline, outline_all

MAX_LINES, MAX_COLUMNS, MAX_TOGETHER = 40, 160, 600
"""The limits of an outline, and of all outlines in a prompt."""

CASES = {
    "python": (
        """\
import os
from dataclasses import dataclass

LIMIT: int = 3
NAMES = ['a']

@dataclass(frozen=True)
class A:
    x: int
    y: str = ''

    @property
    def z(self) -> int:
        return 1

async def f(a, *, b=1): ...
""",
        """\
LIMIT: int = 3
NAMES = ['a']
@dataclass(frozen=True)
class A
    x: int
    y: str = ''
    @property
    def z(self) -> int
async def f(a, *, b=1)""",
    ),
    "javascript": (
        """\
const fs = require('fs');
module.exports = { f };
function f(a, {b}) { return 1 }
class A extends B { static x = 1; m() {} }
export const g = async x => { y };
app.get('/', q => {});
const K = {
  a: 1,
};
""",
        """\
module.exports = { f }
function f(a, {b})
class A extends B
    static x = 1
    m()
export const g = async x =>
const K = { a: 1, }""",
    ),
    "typescript": (
        """\
import a from 'b';
export interface I { a: string; m(): void }
@D() export class K { private x = 1; constructor(readonly a: string) {} async f<T>(a: T): Promise<T> {
return a } }
export type Q = string;
enum E { A }
""",
        """\
export interface I
    a: string
    m(): void
@D() export class K
    private x = 1
    constructor(readonly a: string)
    async f<T>(a: T): Promise<T>
export type Q = string
enum E
    A""",
    ),
    "go": (
        """\
package a
import "x"
const X = 1
type S struct {
 A int
}
func (s *S) F(a int) error { return nil }
type I interface { M() }
""",
        """\
const X = 1
type S struct
    A int
func (s *S) F(a int) error
type I interface
    M()""",
    ),
    "java": (
        """\
import a;
@A public class K extends B { static final int Y = 2; public K(int a) {}
@Override public void f() throws E {} }
""",
        """\
@A public class K extends B
    static final int Y = 2
    public K(int a)
    @Override public void f() throws E""",
    ),
    "rust": (
        """\
use a;
#[derive(Debug)]
pub struct S { pub a: u8 }
impl S { pub fn f(&self) -> u8 { 1 } }
const X: u8 = 1;
""",
        """\
#[derive(Debug)]
pub struct S
    pub a: u8
impl S
    pub fn f(&self) -> u8
const X: u8 = 1""",
    ),
    "c": (
        """\
#include <a.h>
#ifndef H
#define M 1
typedef struct { int b; } T;
static int f(int a) { return a; }
int g(void);
#endif
""",
        """\
#define M 1
typedef struct T
    int b
static int f(int a)
int g(void)""",
    ),
    "cpp": (
        """\
namespace n { class K : public B { public: K(int a); int f() const { return 1; } int x; };
template <class T> T g(T a) { return a; } constexpr int C = 1; }
""",
        """\
namespace n
    class K : public B
        K(int a)
        int f() const
        int x
    template <class T> T g(T a)
    constexpr int C = 1""",
    ),
    "sql": (
        """\
CREATE TABLE t (
 a INT
);
SELECT 1;
""",
        """\
CREATE TABLE t (""",
    ),
}


FURTHER = [
    ("cpp", "K::K(int a) : x(a) { y(); }\n", "K::K(int a)"),
    ("cpp", 'extern "C" {\nint f(int);\n}\n', "int f(int)"),
    ("c", "enum E { A, B };\n", "enum E\n    A\n    B"),
    ("c", "#ifdef X\nint a(void);\n#elif Y\nint b(void);\n#else\nint c(void);\n#endif\n",
     "int a(void)\nint b(void)\nint c(void)"),
    ("c", "#if X\nint a(void);\n#endif\n", "int a(void)"),
    ("c", "#if defined(X)\n#define A 1\n#endif\n", "#define A 1"),
    ("c", "#ifdef NAME\nint a;\n#endif\n", "int a"),
    ("c", "// words\n/* more */\nstruct S { int a; };\n;\n", "struct S\n    int a"),
    ("c", "typedef enum { A } E;\n", "typedef enum E\n    A"),
    ("c", "typedef int T;\n", "typedef int T"),
    ("cpp", "class A { private: int a; };\n", "class A\n    int a"),
    ("cpp", "struct A { A() : a(1) {} int a; };\n", "struct A\n    A()\n    int a"),
    ("cpp", "using T = int;\n", "using T = int"),
    ("rust", "use a;\nmod m { pub fn f() {} }\n", "mod m\n    pub fn f()"),
    ("rust", "fn f() { let a = 1; }\nstatic A: u8 = 1;\n", "fn f()\nstatic A: u8 = 1"),
    ("javascript", "function f(a = () => { x(); }) { return 1 }\n", "function f(a = () => { x(); })"),
    ("typescript", "@D(() => { x(); }) class K { a = 1 }\n", "@D(() => { x(); }) class K\n    a = 1"),
    ("javascript", "let X;\nclass X { m() {} }\n", "let X\nclass X\n    m()"),
    ("c", "enum E { A, B, };\nint a[] = {1, 2,};\n", "enum E\n    A\n    B\nint a[] = {1, 2,}"),
    ("go", "package a\nfunc f() {}\n)))\nvar A int\n", "func f()\nvar A int"),
    ("java", "class A { int a; }\n)))\nclass B {}\n", "class A\n    int a\nclass B"),
    ("javascript", "function f() {}\n)))\nlet a = 1;\n", "function f()\nlet a = 1"),
    ("go", "func f() {}\nvar A, B int\n", "func f()\nvar A, B int"),
    ("go", "type I interface {\n M(a int) error\n N()\n}\n", "type I interface\n    M(a int) error\n    N()"),
    ("java", "package a;\nclass A { int f(int a) { return a; } static { x(); } }\n", "class A\n    int f(int a)"),
    ("java", "@interface A { int v() default 1; }\n", "@interface A\n    int v() default 1"),
    ("typescript", "enum E { A = 1, B }\n", "enum E\n    A = 1\n    B"),
    ("typescript", "export const f = (a: {b: string}) => { x(); };\n", "export const f = (a: {b: string}) =>"),
    ("typescript", "const a: { b: string } = { b: '' };\n", "const a: { b: string } = { b: '' }"),
    ("typescript", "export const a = <b>x</b>;\nfunction f() { return 1 }\n",
     "export const a = <b>x</b>\nfunction f()"),
    ("javascript", "#!/usr/bin/env node\nimport a from 'a';\nexport default class A { async m(a = {}) { x(); } }\n",
     "export default class A\n    async m(a = {})"),
    ("javascript", "let a = require('a');\nvar b = require('b');\nconst c = 1;\nconst d = e.require('d');\n",
     "const c = 1\nconst d = e.require('d')"),
    ("javascript",
     "a.exports = 1;\nexports.b = 1;\nmodule.exports.c = 1;\nA.prototype.d = 1;\n$x.prototype.e = 1;\n",
     "exports.b = 1\nmodule.exports.c = 1\nA.prototype.d = 1\n$x.prototype.e = 1"),
    ("javascript", "export const a = '\ud800';\n", "export const a = '?'"),
    ("python", "@d(1)\n@e\ndef f(a: int = 1, *b, **c) -> None: ...\nasync def g(): ...\nclass A: ...\n",
     "@d(1)\n@e\ndef f(a: int=1, *b, **c) -> None\nasync def g()\nclass A"),
    ("python", "class A:\n    @p\n    class B(C): ...\n", "class A\n    @p\n    class B(C)"),
    ("rust", "enum E { A(u8), B }\n", "enum E\n    A(u8)\n    B"),
    ("rust", "trait T { fn f(&self); }\n", "trait T\n    fn f(&self)"),
    ("java", "@interface A { int v(); }\n", "@interface A\n    int v()"),
    ("java", "enum E { A, B; int f() { return 1; } }\n", "enum E\n    A\n    B\n    int f()"),
    ("java", "interface I { void f(); }\n", "interface I\n    void f()"),
    ("java", "class A { A() { x(); } }\n", "class A\n    A()"),
    ("typescript", "type T = { a: string };\n", "type T =\n    a: string"),
    ("javascript", "exports.f = () => { x(); };\nA.prototype.m = function (a) { x(); };\nrun();\nlet exported = 1;\n",
     "exports.f = () =>\nA.prototype.m = function (a)\nlet exported = 1"),
    ("javascript", "class A { static { x(); }\n #hidden = 1; }\n", "class A\n    #hidden = 1"),
    ("javascript", "var a = 1, b = require('b');\nconst c = { d: () => 1 };\n", "const c = { d: () =>"),
    ("python", "x: int\na.b = 1\nc, d = 1, 2\nif x:\n    e = 1\n", "x: int"),
    ("python", "class A(B, metaclass=M):\n    class C:\n        def f(self): ...\n",
     "class A(B, metaclass=M)\n    class C\n        def f(self)"),
    ("sql", " create or replace VIEW v AS\nCREATE UNIQUE INDEX i\ncreate function f()\nCREATE TABLES x\n",
     "create or replace VIEW v AS\nCREATE UNIQUE INDEX i\ncreate function f()"),
    ("sql", "create index i\ncreate type t\nDROP TABLE t\n", "create index i\ncreate type t"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "text", "expected"), FURTHER)
def test_what_else_is_declared_is_named_too(language: str, text: str, expected: str) -> None:
    assert outline(language, text) == expected


@pytest.mark.parametrize("language", CASES)
def test_what_is_declared_is_named(language: str) -> None:
    text, expected = CASES[language]
    assert outline(language, text).replace("; }", " }") == expected


@pytest.mark.parametrize("text", ["", "# only words\n", "def f(:\n", "}}}} ((\n", "\0"])
@pytest.mark.parametrize("language", ["python", "javascript", "go", "markdown", "text"])
def test_what_declares_nothing_has_no_outline(language: str, text: str) -> None:
    assert len(outline(language, text)) <= len(text)


def test_of_too_much_the_private_and_the_deep_goes_first() -> None:
    text = "class A:\n    def __init__(self): ...\n    def _hidden(self): ...\n    def shown(self): ...\n" + "".join(
        f"def f{number}(): ...\n" for number in range(MAX_LINES - 3)
    )
    lines = outline("python", text).split("\n")
    assert len(lines) == MAX_LINES
    assert "    def shown(self)" in lines
    assert "    def _hidden(self)" not in lines
    assert len(outline("python", f"x = {'a' * 500}\n")) == MAX_COLUMNS


@pytest.mark.parametrize("private", ["private int a;", "private void f() {}", "static int _b;"])
def test_of_too_much_what_is_private_in_other_languages_goes_first_too(private: str) -> None:
    lines = outline("java", f"class A {{ {private}\n int c; }}\nclass B {{}}", most=3).split("\n")
    assert lines == ["class A", "    int c", "class B"]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("def _a(): ...\nasync def _b(): ...\n_c = 1\ndef d(): ...\n", "def d()"),
        ("def __a__(): ...\ndef b(): ...\n", "def __a__()"),
        ("__a__ = 1\nb = 1\n", "__a__ = 1"),
        ("class A:\n    def b(self): ...\nc = 1\n", "class A"),
        ("a = 1\nb = 1\n", "a = 1"),
    ],
)
def test_of_too_much_what_is_public_and_outer_and_first_is_kept(text: str, kept: str) -> None:
    assert outline("python", text, most=1) == kept


@pytest.mark.parametrize("text", ["class A { #a = 1; b = 1 }", "class A { static async _a() {} b = 1 }"])
def test_of_too_much_what_is_private_in_javascript_goes_first_too(text: str) -> None:
    assert outline("javascript", text, most=2) == "class A\n    b = 1"


def test_a_line_is_cut_where_it_is_longer_than_the_most() -> None:
    assert outline("sql", f"CREATE TABLE {'t' * (MAX_COLUMNS - 13)}") == f"CREATE TABLE {'t' * (MAX_COLUMNS - 13)}"
    assert outline("sql", f"CREATE TABLE {'t' * (MAX_COLUMNS - 12)}") == f"CREATE TABLE {'t' * (MAX_COLUMNS - 16)}..."


def test_what_stands_too_deep_is_not_named() -> None:
    text = "class A { class B { class C { class D { class E { } } } } }"
    assert [line.strip() for line in outline("java", text).split("\n")] == ["class A", "class B", "class C", "class D"]


def test_the_lines_of_all_outlines_are_counted() -> None:
    one = "\n".join(f"a{number} = 1" for number in range(MAX_LINES))
    texts = {f"{number:02}.py": one for number in range(MAX_TOGETHER // MAX_LINES)}
    assert outline_all(texts, "0123", "").count("<outline-0123>") == len(texts)
    assert outline_all(texts | {"z.py": "a = 1"}, "0123", "").endswith("\n\nz.py")


def test_of_many_outlines_those_that_matter_are_shown_and_of_the_others_the_paths() -> None:
    one = "\n".join(f"a{number} = 1" for number in range(MAX_LINES))
    far = {f"far/{number}.py": one for number in range(MAX_TOGETHER // MAX_LINES - 2)}
    texts = {"far/last.py": one, **far, "near/store.py": one, "named.py": one, "empty.py": ""}
    shown = outline_all(texts, "0123", "Use named.", [PurePosixPath("near")]).split("\n\n")
    paths = [text.removesuffix(":") for text in shown if text.endswith((".py", ".py:"))]
    assert paths == [*texts], "in their order"
    assert [text for text in shown if text.endswith(".py")] == [[*far][-1], "empty.py"]
    assert shown[1].startswith("<outline-0123>\na0 = 1\n")
    assert outline_all({"a": "#!/usr/bin/env python\nb = 1"}, "0123", "") == (
        "a:\n\n<outline-0123>\nb = 1\n</outline-0123>"
    )
    assert outline_all({"a.py": "b = 1", "c.txt": "words"}, "0123", "") == (
        "a.py:\n\n<outline-0123>\nb = 1\n</outline-0123>\n\nc.txt"
    )
