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


def test_a_line_is_cut_where_it_is_longer_than_the_most() -> None:
    assert outline("sql", f"CREATE TABLE {'t' * (MAX_COLUMNS - 13)}") == f"CREATE TABLE {'t' * (MAX_COLUMNS - 13)}"
    assert outline("sql", f"CREATE TABLE {'t' * (MAX_COLUMNS - 12)}") == f"CREATE TABLE {'t' * (MAX_COLUMNS - 16)}..."


def test_what_stands_too_deep_is_not_named() -> None:
    text = "class A { class B { class C { class D { class E { } } } } }"
    assert [line.strip() for line in outline("java", text).split("\n")] == ["class A", "class B", "class C", "class D"]


def test_of_many_outlines_those_that_matter_are_shown_and_of_the_others_the_paths() -> None:
    one = "\n".join(f"a{number} = 1" for number in range(MAX_LINES))
    far = {f"far/{number}.py": one for number in range(MAX_TOGETHER // MAX_LINES - 2)}
    texts = {"far/last.py": one, **far, "near/store.py": one, "named.py": one, "empty.py": ""}
    shown = outline_all(texts, "0123", "Use named.", [PurePosixPath("near")]).split("\n\n")
    paths = [text.removesuffix(":") for text in shown if text.endswith((".py", ".py:"))]
    assert paths == [*texts], "in their order"
    assert [text for text in shown if text.endswith(".py")] == [[*far][-1], "empty.py"]
    assert shown[1].startswith("<outline-0123>\na0 = 1\n")
