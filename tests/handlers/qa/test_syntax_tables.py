"""The parsers' tables: errors of HTML, dialects of SQL, operators, and configuration with comments."""

import pytest

from qa_agent.analysers.port import SourceFile
from qa_agent.analysers.syntax import Syntax
from shared.models.severity import Severity


def severities(language: str, text: str, path: str = "file") -> list[str]:
    return [fault.severity.value for fault in Syntax().check([SourceFile(path, language, text)])]


def lines(language: str, text: str, path: str = "file") -> list[int]:
    return [fault.line for fault in Syntax().check([SourceFile(path, language, text)])]


def test_every_fault_of_html_is_found_and_what_is_shown_as_it_was_meant_is_none() -> None:
    for text, count in (
        ("<a><b></a></b>", 2), ("<a><div></a></div>", 1), ("<b><table></b></table></b>", 1),
        ("<button><b></button>", 1),
        ("<form><div></form></div>", 1), ("<table><b></table>", 1), ("<div a", 1), ('<div a="', 1), ("<div a=b", 1),
        ("<div a='", 1), ("<!--a", 1), ("<!-- --", 1), ("<!-- -", 1), ("<!doctype html public", 1),
        ("<script><!--<script>", 2), ("<div", 1), ('<p a="" ', 1), ("<div a=", 1), ("</ a>", 1), ("</", 1),
        ("<div a ", 1),
        ("<iframe>", 1), ("<table><caption><b></caption></table>", 1), ("<", 1), ('<p "a>', 1), ('<a b="c"', 1),
        ("<table><tr><td><b></td></tr></table>", 1), ('<p a=""b>', 1), ("<b></p></b>", 1), ("</a>", 1), ("<div>", 1),
    ):  # fmt: skip
        assert severities("html", text) == ["error"] * count, text
    for text in ("<p>a", "<p>&unknown;", "<title>a</title><p>b", "<ul><li>a<li>b</ul>", "<br/>", "a & b", "<p><p></p>"):
        assert severities("html", text) == [], text
    for text, words in (
        ("<div a ", "expected-end-of-tag-but-got-eof"),
        ("<b></p></b>", "Unexpected end tag (p)"),
        ("<!--a", "Unexpected end of file in comment"),
    ):
        (fault,) = Syntax().check([SourceFile("a.html", "html", text)])
        assert words in fault.message
        assert not fault.message.endswith(".")
    for mark in ("{{ a }}", "{% a %}", "<% a %>", "<?php a ?>"):
        assert {*severities("html", f"<div>{mark}")} == {"warning"}, mark


def test_scripts_and_styles_are_read_by_what_their_type_says() -> None:
    for kind in ("module", "text/javascript", "application/javascript", "text/babel", "text/jsx", "TEXT/JSX"):
        for quote in ('"', "'", ""):
            assert lines("html", f"<p></p>\n<script type = {quote}{kind}{quote}>\nlet a = ;\n</script>") == [3], kind
    assert lines("html", "\n<script>\nlet a = ;\n</script>") == [3]
    for text in ("<SCRIPT>\nlet a = ;\n</SCRIPT >", "<script a='>'>\nlet a = ;\n</script>"):
        assert lines("html", text) == [2], text
    for kind in ("importmap", "application/json", "application/ld+json"):
        assert severities("html", f'<script type="{kind}">{{"a": 1}}</script>') == []
        assert lines("html", f'<script type="{kind}">\n\n{{"a": }}</script>') == [3], kind
    for kind in ("text/template", "x-shader/x-vertex"):
        assert severities("html", f'<script type="{kind}">f(;</script>') == [], kind
    for kind in ("", ' type="text/css"', ' type=""'):
        assert lines("html", f"<style{kind}>\na {{\n</style>") == [2], kind
    assert severities("html", '<style type="text/less">a {</style>') == []
    assert severities("html", "<script> \n </script><template><p></template><!-- <script>f(;</script> -->") == []
    assert lines("html", "<template>\n<p></b>\n</template>\n</b>") == [4]


def test_a_statement_of_every_dialect_is_right() -> None:
    for statement in (
        "SELECT a ?| b", "SELECT |/ 4", "SELECT a XOR b", "SELECT a FROM t USE INDEX (x)", "PRAGMA foreign_keys = ON",
        "SELECT TOP 3 [a b] FROM [t]", "SELECT q'[it''s]' FROM dual", "SELECT a FROM t1 AS OF TIMESTAMP x",
        "SELECT a FROM p-q.d.t", "CREATE TABLE t (a INT) CLUSTER BY a", "SELECT a:b.c FROM t", "SELECT :1 FROM dual",
    ):  # fmt: skip
        assert severities("sql", f"{statement};\n") == [], statement


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("SELECT 1;\nSELECT (1;\n", [2]),
        ("SELECT 1;\nSELECT 1);\n", [2]),
        ("SELECT 1;\n\nSELECT FROM WHERE;\nSELECT 2;\nSELECT * FROM;\n", [3, 5]),
        ("\nSELECT 1;\nSELECT * FROM", [3]),
        ("-- )\n/* ( */ SELECT ')', '(''', \"(\", `)`;\n", []),
        ("SELECT $$ ( $$;\n", []),
        ("SELECT '\\' || ')';\nSELECT ')';\n", []),
    ],
)
def test_statements_are_told_apart_with_their_lines(text: str, found: list[int]) -> None:
    assert lines("sql", text) == found


def test_what_sqlglot_does_not_claim_to_read_is_doubted() -> None:
    wrong = "SELECT * FROM;\n"
    for other in (
        "\\d t", "DELIMITER //", "GO", "CREATE FUNCTION f", "CREATE OR REPLACE PROCEDURE p", "CREATE TRIGGER t",
        "CREATE DEFINER = a TRIGGER t", "create package p", "CREATE RULE r", "CREATE EVENT e", "DO $a$ x $a$", "BEGIN",
        "DECLARE a", "COPY t", "SELECT {{ a }}", "{% a %}", "  go",
    ):  # fmt: skip
        assert {*severities("sql", f"{wrong}{other}\n;\n")} == {"warning"}, other
    assert severities("sql", wrong) == ["error"]


def test_an_operator_needs_what_follows_it() -> None:
    for operator in ("=", "+=", "-=", "*=", "/=", "%=", ":=", "==", "===", "!=", "!==", "||", "??"):
        for text in (f"f(a {operator} );", f"a {operator} ;", f"[a {operator} ];", f"{{ a {operator} }}"):
            assert "error" in severities("javascript", f"{text}\n"), text
    assert severities("javascript", "a : = b;\n") == ["error"]
    for statement in ("a = ;", "a || ;", "int a[] = {b = };", "a = = b;"):
        assert severities("c", f"void f(void) {{ {statement} }}\n") == ["error"], statement
    for statement in ("g(a = );", "g(a == );", "a[b +=];"):
        assert severities("c", f"void f(void) {{ {statement} }}\n") == ["warning"], "a macro may take nothing"
    for operator in "=+-,.([{&|<~@:^%":
        assert "error" in severities("javascript", f"a {operator}"), operator


def test_a_word_may_be_an_operator_that_the_grammar_does_not_know() -> None:
    for word in ("in", "of", "as", "is", "if", "instanceof", "satisfies", "and", "or", "not", "xor"):
        assert severities("rust", f"fn f() {{ let a = 1 {word} b; }}\n") in (["warning"], []), word
        assert severities("javascript", f"let a = 1 {word} b;\n") in (["warning"], []), word
    for other in ("foo b", "'a'", '"a"', "2", "a_1"):
        assert severities("javascript", f"let a = 1 {other};\n") == ["error"], other


def test_a_statement_needs_its_semicolon_where_the_language_has_no_other_end() -> None:
    for language, text in (
        ("java", "class A {{ void f() {{ int x = {value}{end}\n}} }}\n"),
        ("rust", "fn f() {{ let x = {value}{end}\n let y = 2; }}\n"),
        ("c", "int f(void) {{\n int x = {value}{end}\n}}\n"),
        ("cpp", "int f() {{\n int x = {value}{end}\n}}\n"),
    ):
        for value in ("1", '"a"', "'a'", "0x1F"):
            assert severities(language, text.format(value=value, end=";")) == [], language
            assert severities(language, text.format(value=value, end="")) == ["error"], (language, value)
        named = severities(language, text.format(value="y", end=""))
        assert named == (["warning"] if language in ("c", "cpp") else ["error"])


def test_a_quote_without_a_partner_is_an_error_and_a_lifetime_has_none() -> None:
    for language, text in (
        ("javascript", "let a = 'b;\n"), ("javascript", 'let a = b";\n'), ("javascript", "let a = `b;\n"),
        ("java", 'class A { String a = "b; }\n'), ("go", "package a\nvar b = `c\n"),
        ("rust", 'fn f() { let a = "b; }\n'),
    ):  # fmt: skip
        assert "error" in severities(language, text), text
    assert severities("rust", "fn f<'a>(x: &'a u8 u8) {}\n") == ["warning"]


def test_configuration_whose_readers_take_comments_may_have_them() -> None:
    text = '{\n  // a\n  "a": [1,], /* b */\n}'
    for path in (
        "tsconfig.json", "a/tsconfig.build-x.json", "jsconfig.json", "devcontainer.json", ".eslintrc.json",
        "api-extractor.json", "turbo.json", "a/.vscode/my-settings.json",
    ):  # fmt: skip
        assert severities("json", text, path) == [], path
        assert severities("json", f"\ufeff{text}", path) == [], path
    for path in ("package.json", "mytsconfig.json", "a.vscode/x.json", "tsconfig.jsonc", "my-turbo.json"):
        assert severities("json", text, path) == ["warning"], path


def test_a_byte_order_mark_is_wrong_where_it_is_read_as_text() -> None:
    for language, text in (("json", "1"), ("toml", "a = 1"), ("bash", "echo"), ("yaml", "a: 1"), ("python", "a = 1")):
        expected = ["error"] if language in ("json", "toml", "bash") else []
        assert severities(language, f"\ufeff{text}\n") == expected, language
        assert severities(language, f"#!/usr/bin/a\r\n{text}\n" if language == "yaml" else text) in ([], ["error"])


def test_a_note_may_be_there_twice_and_no_other_key() -> None:
    assert lines("json", '{"a": [1, {"b": []}],\n"a": {"a": 1, "b": [{"a": 1}]},\n"b": 1, "b": 2}') == [2, 3]
    for key, found in (("//", 0), ("#", 0), ("_comment", 0), ("<<", 0), ("comment", 1)):
        assert len(severities("json", f'{{"{key}": 1, "{key}": 2}}')) == found, key
    for key, found in (("_comment", 0), ("<<", 0), ("comment", 1)):
        assert len(severities("yaml", f"a: &a {{}}\nb:\n  {key}: *a\n  {key}: *a\n")) == found, key
    for mark in ("{{ a }}", "{% a %}", "<% a %>"):
        assert severities("yaml", f"a: b\n c: {mark}\n") == ["warning"], mark
        assert severities("yaml", f"a: b\n c: '{mark}'\n d: \"{mark}\"\n") == ["error"], mark


def test_what_is_not_closed_in_a_style_sheet_is_named() -> None:
    for text, words in (
        ("a { b: c; }\n/* d", "a comment is not closed"), ('\na { b: "c }', "a string is not closed"),
        ("\na { b: 'c }", "a string is not closed"), ("\n)", ") closes nothing"),
        ("\na { b: [c) }", ") closes nothing"),
        ("\na { b: (c }", "} closes nothing"), ("\na {", "{ is not closed"), ("{\n(", "( is not closed"),
    ):  # fmt: skip
        (fault,) = Syntax().check([SourceFile("a.css", "css", text)])
        assert (fault.line, fault.message, fault.severity) == (2, words, Severity.ERROR)
    for text in ("a { b: url(c;d(e) }", r"a\{b { c: d }", "a { b: '\\'{' }", 'a { b: "\\"(" }', "/* ' ( { */"):
        assert lines("css", text) == [], text
    assert lines("css", "@media x {\n a { b c }\n d {\n e { f g } } }\n@import 'x';\n") == [2, 4]
