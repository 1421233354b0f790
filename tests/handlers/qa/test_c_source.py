"""C and C++: all directives and keywords are known, and what only compilers read is replaced for the grammars."""

import pytest

from qa_agent.analysers import c_macros, c_source
from qa_agent.analysers.port import SourceFile
from qa_agent.analysers.syntax import Syntax


def told(text: str, language: str = "c") -> list[tuple[int, str]]:
    return [(fault.line, fault.message) for fault in Syntax().check([SourceFile("a", language, text)])]


def imbalance(text: str, *, last: bool = False) -> tuple[int, str] | None:
    found = c_source.read(text, last=last).imbalance
    return (found.line, found.message) if found else None


def test_every_directive_is_one() -> None:
    for line in (
        "define A 1", "error no", "ident 1", "import <a>", "include_next <a.h>", "line 3", "pragma once", "undef A",
        "warning no", "embed <a>", "", "include <a.h>", "include MACRO", "include MACRO(a, b) // c",
        'include "a.h" /* c */',
    ):  # fmt: skip
        assert imbalance(f"int x;\n # {line}\nint y;\n") is None, line
        assert imbalance(f"#{line}") is None, line
    for opening in ("if A", "ifdef A", "ifndef A"):
        for middle in ("else", "elif B", "elifdef B", "elifndef B"):
            assert imbalance(f"#{opening}\nint x;\n#{middle}\nint y;\n#endif\n") is None
            assert imbalance(f"int x;\n#{opening}\n#{middle}\nint y;\n") == (2, "#if has no #endif")
    for word in ("defin", "INCLUDE", "foo", "endi"):
        assert imbalance(f"int x;\n#{word} A\n") == (2, f"#{word} is not a directive")
    for line in ("include", "include <a.h", 'include "a.h', "include 3", "include a b"):
        assert imbalance(f"int x;\n#{line}\n") in ((2, "#include names no file"), (2, "a string is not closed"))


def test_the_branch_that_is_read_is_the_first_or_the_last_and_never_that_of_0() -> None:
    for middle in ("else", "elif B", "elifdef B", "elifndef B"):
        text = f"#if A\nfirst {{\n#{middle}\nlast (\n#endif\n"
        assert imbalance(text) == (2, "{ is not closed"), middle
        assert imbalance(text, last=True) == (4, "( is not closed"), middle
        assert c_source.read(text.replace("{", "")).text == "\nfirst \n\n\n\n"
        assert c_source.read(text.replace("(", ""), last=True).text == "\n\n\nlast \n\n"
    for never in ("0", "false", "0 // c", "0 /* c */", " 0 "):
        assert imbalance(f"#if {never}\n{{ ' /*\n#endif\n") is None, never
        assert imbalance(f"#if {never}\n#if A\n{{\n#endif\n#nonsense\n#endif\n") is None, never
    for other in ("1", "00", "A", "!0"):
        assert imbalance(f"#if {other}\n{{\n#endif\n") == (2, "{ is not closed"), other
    assert imbalance("#ifdef 0\n{\n#endif\n") == (2, "{ is not closed")
    assert imbalance("#if 1\n#endif\n#endif\n#else\n{\n") == (5, "{ is not closed")


def test_what_is_not_closed_is_named_with_its_line() -> None:
    for text, expected in (
        ('\nchar *s = "a;\n', (2, "a string is not closed")),
        ("\nchar c = 'a;\n", (2, "a character is not closed")),
        ("\nint x; /* a\n", (2, "a comment is not closed")),
        ('\nauto s = R"x(a)y";\n', (2, "a raw string is not closed")),
        ('\nauto s = u8R"(a";\n', (2, "a raw string is not closed")),
        ("\n)\n", (2, ") closes nothing")),
        ("{\n(\n}\n", (3, "} does not close the ( of line 2")),
        ("{\n[\n(\n]\n", (4, "] does not close the ( of line 3")),
        ("[\n", (1, "[ is not closed")),
        ("#define A (\n", (1, "( is not closed")),
        ("#if (A\n#endif\n", (1, "( is not closed")),
        ("#if A\n#elif B)\n#endif\n", (2, ") closes nothing")),
        ('\n#define A "\n', (2, "a string is not closed")),
        ("#define A '\n", (1, "a character is not closed")),
    ):
        assert imbalance(text) == expected, text
    for text in (
        "#define BEGIN {\n", "int a[(3)] = {b[1]};\n", "#define END }\n", "// ' ( {\n", "/* ' \" ( */\n",
        "int x = 1'000;\n",
        "x = '\\'' + '(';\n",
        'x = "\\"(" u8"{" L"[";\n', 'x = R"(a " ( )";\n', 'x = LR"--(a )" )--";\n', "// a \\\n {\n", "x = u8'{';\n",
        "#define A \\\n 1\n", "#pragma a ' b\n", "#error it's (\n", "int x = 0x1p-3 + .5e+3;\n",
    ):  # fmt: skip
        assert imbalance(text) is None, text


WRONG = "int f(int a b) { return a; }\n"


def test_a_type_is_no_macro_though_it_is_written_as_one() -> None:
    for declaration in (
        "class FOO {};", "struct FOO {};", "enum FOO { A1 };", "union FOO { int a; };", "using FOO = int;",
        "template <typename FOO> void g();", "template <class T> concept FOO = true;",
    ):  # fmt: skip
        ((line, message),) = told(f"{declaration}\nFOO x;\n{WRONG}", "cpp")
        assert (line, "a macro" in message) == (3, False), declaration
    for use in ("FOO int x;", "FOO(a) int x;", "__FOO int x;", "#define foo\nfoo int x;", "F_2 int x;"):
        assert "a macro may be why" in told(f"{use}\n{WRONG}")[0][1], use
    for use in ("FO int x;", "Foo int x;", "fOO int x;", "___FOO int x;"):
        assert "a macro may be why" not in told(f"{use}\n{WRONG}")[-1][1], use


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("EXPORT void f();", " void f();"),
        ("TEST_CASE(a, (b)) { x; }", "if(1) { x; }"),
        ("{ LOOP { x; } }", "{ if(1) { x; } }"),
        ("x; LOOP { x; }", "x; if(1) { x; }"),
        ("{ } LOOP { x; }", "{ } if(1) { x; }"),
        ("f() EACH(a) { x; }", "f() if(1) { x; }"),
        ("a: EACH(a) { x; }", "a: if(1) { x; }"),
        ("else EACH(a) { x; }", "else if(1) { x; }"),
        ("x = MAKE(a) { x; }", "x =  { x; }"),
        ("DECLARE(a)\nint x;", "\nint x;"),
        ("{ DECLARE(a) }", "{  }"),
        ("DECLARE(\na)\nint x;", "\n\nint x;"),
        ("x = MAKE(a);", "x = MAKE(a);"),
        ("x = MAKE(a) + 1;", "x = MAKE(a) + 1;"),
        ("{ x; DONE }", "{ x;  }"),
        ("x DONE }", "x DONE }"),
        ("void f() NOEXCEPT { }", "void f()  { }"),
        ("void f() NOEXCEPT;", "void f() ;"),
        ("void f() NOEXCEPT = 0;", "void f()  = 0;"),
        ("void f() NOEXCEPT + 0;", "void f() NOEXCEPT + 0;"),
        ("x = LIMIT;", "x = LIMIT;"),
        ("x = LIMIT { }", "x = LIMIT { }"),
        ("plain(a) { }", "plain(a) { }"),
        ("OPEN(a", "OPEN(a"),
        ("DONE", ""),
        ("CALL(a)", ""),
    ],
)
def test_what_looks_like_a_macro_is_taken_out_where_only_its_definition_tells(text: str, left: str) -> None:
    found, lines = c_macros.remove_macros(c_source.read(text))
    assert found == left
    assert lines == ({1} if left != text else set())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("using typename A::b;", "using A::b;"),
        ("va_arg(list, int (*)(int))", "va_arg(list, 0)"),
        ("va_arg (list, char *)", "va_arg (list, 0)"),
        *((f"{word} double x;", " double x;") for word in ("_Complex", "_Imaginary", "complex", "imaginary")),
        *((f"{word} float x; {word} long y;", " float x;  long y;") for word in ("_Complex", "imaginary")),
        *((f"double {word} x;", "double  x;") for word in ("_Complex", "_Imaginary", "complex", "imaginary")),
        ("float complex x; complex y;", "float  x; complex y;"),
        ("a->operator()(b)", "a->f(b)"),
        ("a.template operator[](b)", "a.template f(b)"),
        ("this->A::operator+=(b)", "this->A::f(b)"),
        ("a.operator<<(b); operator+(a)", "a.f(b); operator+(a)"),
        *((f'"%" {begin}{kind}64 "x"', '"%" "" "x"') for begin in ("PRI", "SCN") for kind in "diouxX"),
        ("PRIVATE; PRId", "PRIVATE; PRId"),
        ("decltype(a) {b}", "T{b}"),
        ("new A<b>* [3]", "new A<b>[3]"),
        ("new a::B **[3]", "new a::B[3]"),
        ("module a;\nexport module b:c;\n import d;\nexport import e;\nx;", "\n\n\n\nx;"),
        ("export void f();\n  export int x;", "void f();\nint x;"),
        ("case 1 ... 5: case 'a'...'z':", "case 1 + 5: case 'a'+'z':"),
    ],
)
def test_what_the_grammars_do_not_read_is_put_in_words_that_they_do(text: str, words: str) -> None:
    assert c_macros.fill_gaps(text) == words
