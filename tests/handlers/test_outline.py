"""Outlines name what a file declares, in every language that QA parses by a grammar, within their budget."""

import pytest

from shared.outline import MAX_COLUMNS, MAX_LINES, outline

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
