"""Leftovers of an answer are found in files without a strict parser, and not in real files of these kinds."""

import re

import pytest

from qa_agent.analysers.hidden_text import HiddenText
from qa_agent.analysers.leftovers import Leftovers
from qa_agent.analysers.port import Analyser, SourceFile
from shared.models.severity import Severity
from shared.source_files import detect_language

EDIT = "<<<<<<< SEARCH\nflask==2.0\n=======\nflask==3.0\n>>>>>>> REPLACE\n"
MERGE = "all:\n<<<<<<< HEAD\n\tmake a\n=======\n\tmake b\n>>>>>>> feature/x\n"
DIFF = "--- a/style.css\n+++ b/style.css\n@@ -1,2 +1,2 @@\n-a { color: red }\n+a { color: blue }\n"


def find(analyser: Analyser, path: str, text: str) -> list[tuple[int, str]]:
    file = SourceFile(path, detect_language(path, text), text)
    return [(fault.line, fault.message) for fault in analyser.check([file])] if analyser.reads(file) else []


@pytest.mark.parametrize(
    ("path", "text", "line", "words"),
    [
        ("requirements.txt", EDIT, 1, "marks of a conflict or an edit"),
        ("Makefile", MERGE, 2, "marks of a conflict or an edit"),
        ("README.md", f"# A\n\n{EDIT}", 3, "marks of a conflict or an edit"),
        ("requirements.txt", "flask==3.0\n```\n", 2, "a code fence"),
        ("Dockerfile", "```dockerfile\nFROM python:3.13\n```\n", 3, "a code fence"),
        (".gitignore", "*.pyc\n~~~\n", 2, "a code fence"),
        ("style.css", "a { color: red }\n```\n", 2, "a code fence"),
        ("Dockerfile", "Here is the Dockerfile:\n\nFROM python:3.13\n", 1, "an introduction"),
        ("Makefile", "Here's your Makefile:\n\nall:\n\ttrue\n", 1, "an introduction"),
        (".env.example", "Sure! This is the file you need.\nA=1\n", 1, "an introduction"),
        ("Dockerfile", "A small image.\nFROM python:3.13\n", 1, "is no instruction of a Dockerfile"),
        ("requirements-dev.txt", "pytest\nFlask is the framework\n", 2, "is no requirement"),
        ("style.css", DIFF, 1, "is a diff"),
        ("Makefile", f"diff --git a/Makefile b/Makefile\nindex 1..2 100644\n{DIFF}", 1, "is a diff"),
        ("index.html", "&lt;!doctype html&gt;\n&lt;p&gt;Hello&lt;/p&gt;\n", 1, "all of its tags are escaped"),
        ("Makefile", r"all:\n\tpytest\n\nclean:\n\trm -r out\n", 1, "line ends are written as two characters"),
        ("app.py", r"# The app\nimport os\nprint(os.name)\n", 1, "line ends are written as two characters"),
        ("style.css", r"a { color: red }\nb { color: blue }\n\n", 1, "line ends are written as two characters"),
    ],
)  # fmt: skip
def test_what_was_left_is_found(path: str, text: str, line: int, words: str) -> None:
    assert line in [at for at, message in find(Leftovers(), path, text) if words in message]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("requirements.txt",
         "# web\n-r base.txt\nflask[async] >= 3.0, < 4\nrequests==2.0 --hash=sha256:1 \\\n    --hash=x\n"
         "git+https://example.org/a.git\n./local\npywin32; sys_platform == 'win32'\nname @ https://example.org/a.whl\n"),
        ("Dockerfile", "# syntax=docker/dockerfile:1\nARG V=3\nFROM python:$V\nRUN <<EOF\necho\nEOF\n"),
        ("Makefile", "here: is a target\n\ttrue\nHere := x\n"),
        ("README.md", "Here is how to run it:\n\n```\n<<<<<<< HEAD\na\n=======\nb\n>>>>>>> x\n```\n\n```sh\nls\n```\n"),
        ("notes.txt", "Here is what is left:\n\n```\nx\n```\n"),
        ("docs/index.rst", "<<<<<<<\n\nTitle\n=======\n"),
        ("change.diff", DIFF),
        ("tests/data/change.txt", DIFF),
        ("index.html", "<p>&lt;b&gt;</p>\n"),
        ("data.json", r'{"a": "x\ny\nz\n"}'),
        ("app.min.js", r'f("a\nb\nc\nd")'),
        ("app.py", "TEXT = '''\n```\n'''\n"),
    ],
)  # fmt: skip
def test_real_files_have_nothing_left(path: str, text: str) -> None:
    assert find(Leftovers(), path, text) == []


def test_what_is_left_is_an_error_of_its_own() -> None:
    (fault,) = Leftovers().check([SourceFile("Makefile", "make", MERGE)])
    assert (fault.path, fault.rule, fault.severity) == ("Makefile", "leftover", Severity.ERROR)


def test_only_what_no_strict_parser_reads_is_looked_at_beyond_its_first_line() -> None:
    parsed = "python javascript typescript go java rust c cpp json toml xml sql bash"
    for language in parsed.split():
        assert not Leftovers().reads(SourceFile("a", language, "a\nb")), language
        assert Leftovers().reads(SourceFile("a", language, "a")), language
    for language in ("html", "css", "yaml", "markdown", "text", "dockerfile", "make", "ruby"):
        assert Leftovers().reads(SourceFile("a", language, "a\nb")), language


def test_prose_may_begin_as_an_answer_does() -> None:
    for text in (
        "Sure, here it is.", "certainly! x", "Of course. x",
        "Absolutely, x", "Great! x", "Here's it:", "Here\u2019s it:",
        "Here is it:", "Here are they:", "Below is it:", "below are they:", "The following is it: ",
    ):  # fmt: skip
        for suffix in (".txt", ".rst", ".adoc", ".log", ".prompt", ".md"):
            assert find(Leftovers(), f"Notes{suffix}", f"\n{text}\n\nx\n") == [], suffix
            assert find(Leftovers(), f"Notes{suffix.upper()}", f"\n{text}\n\nx\n") == [], suffix
        for path in ("Makefile", "app.conf", "a.csv"):
            assert find(Leftovers(), path, f"\n{text}\n\nx\n") == [(2, "an introduction was left in the file")], text
    assert find(Leftovers(), "requirements.txt", "Here is it:\nflask\n")
    for text in ("surely = 1", "here = x", "Here is it", "x: here is it:"):
        assert find(Leftovers(), "app.conf", f"{text}\nx\n") == [], text


def test_every_instruction_may_begin_a_dockerfile() -> None:
    for word in (
        "FROM", "ARG", "ADD", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "HEALTHCHECK", "LABEL", "MAINTAINER",
        "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR", "#",
    ):  # fmt: skip
        for begin in (word, word.lower()):
            assert find(Leftovers(), "Dockerfile", f"\n{begin} x\nFROM a\n") == [], word
            assert find(Leftovers(), "Dockerfile", f"{begin}\nFROM a\n") == [], word
        assert word == "#" or find(Leftovers(), "Dockerfile", f"{word}x\nFROM a\n")
    assert find(Leftovers(), "Dockerfile", "\ufeffFROM a\nRUN b\n") == []
    assert find(Leftovers(), "Dockerfile", "\n\nA small image\nFROM a\n") == [(3, "is no instruction of a Dockerfile")]


def test_every_form_of_a_requirement_is_one() -> None:
    for line in (
        "# x", "-r a", "git+ssh://x", "https://x", ".", "/a", "~/a", "Flask", "PyYAML == 6", "a[b, c]>=1", "a<1", "a>1",
        "a!=1", "a~=1", "a;x", "a #x", "a\\", "a @ x", "a (x)", "a --hash=x", "${A}", "{{ a }}", "{% a %}", "0x",
    ):  # fmt: skip
        for path in ("requirements.txt", "a/constraints-1.in", "requirements/dev.txt", "Requirements_dev.TXT"):
            assert find(Leftovers(), path, f"\ufeffa\n\n{line}\n") == [], line
    for line in ("Flask is it", "a b", "!a", "a & b", "[a]"):
        assert find(Leftovers(), "requirements.txt", f"a\n\n{line}\n") == [(3, "is no requirement")], line
        assert find(Leftovers(), "requirements.txt", f"a \\\n{line}\nb\n") == [], line
        assert find(Leftovers(), "my-requirements.md.txt", f"a\n{line}\n") == []


def test_a_diff_may_begin_in_other_ways() -> None:
    told = [(1, "is a diff, not the file itself")]
    for text in ("@@ -1,2 +1,2 @@\n-a\n+b\n", "\n@@ -1 +1 @@ f\r\n-a\r\n", "diff --git a b\nx\n@@ -1 +1 @@\n", DIFF):
        assert find(Leftovers(), "style.css", text) == told, text
        for path in ("a.diff", "README.md", "a.txt", "tests/a.css"):
            assert find(Leftovers(), path, text) == [], path
    for text in ("@@ a\nb\n", "diff --git a b\nc\n", "a\n@@ -1 +1 @@\n"):
        assert find(Leftovers(), "style.css", text) == [], text


def test_tags_are_escaped_only_where_all_are() -> None:
    for text in ("&lt;DIV&gt;", "&lt;p&gt;", "&lt;/p&gt;", "&lt;!doctype&gt;"):
        assert find(Leftovers(), "a.html", f"x\n{text}\n") == [(2, "all of its tags are escaped")], text
        for tag in ("<b>", "<B>", "<!-- -->", "<?x?>"):
            assert find(Leftovers(), "a.html", f"{tag}\n{text}\n") == [], tag
        assert find(Leftovers(), "a.css", f"x\n{text}\n") == []
    assert find(Leftovers(), "a.html", "x\n1 &lt; 2\n") == []


def test_line_ends_are_written_as_two_characters_only_where_they_are_meant_as_one() -> None:
    told = [(1, "its line ends are written as two characters, \\ and n")]
    for path, text in (
        ("a.js", r"// a\nb\nc\n"), ("a.js", r"/* a\nb\nc\n */"), ("a.py", r"# a\nb\nc\n"), ("Makefile", r"a\nb\nc\n")
    ):  # fmt: skip
        assert find(Leftovers(), path, f"{text}\n" if path == "Makefile" else text) == told, text
        assert find(Leftovers(), path, text.replace(r"\n", "", 1)) == []
    for path, text in (("a.js", r"a\nb\nc\n"), ("a", r"{a\nb\nc\n"), ("a", r"[a\nb\nc\n"), ("a", "a\nb\\n\\n\\n")):
        assert find(Leftovers(), path, text) == [], text


def test_fences_that_are_no_pair_around_all_are_left() -> None:
    for fence in ("```", "~~~", "```python", "~~~c++ ", "```x-y"):
        assert find(Leftovers(), "a.conf", f"\n{fence}\nx\n```\n\n") == [(4, "a code fence was left in the file")], (
            fence
        )
        assert find(Leftovers(), "a.conf", f"x\n{fence}\nx\n```\n") == [], fence
        assert find(Leftovers(), "a.conf", f"x\n{fence}\nx\n```\n```\n") == [(5, "a code fence was left in the file")]
        assert find(Leftovers(), "a.md", f"{fence}\nx\n") == []
    marks = "<<<<<<< a\nx\n=======\ny\n>>>>>>> b\n"
    for block in (f"~~~\n{marks}~~~\n", *(re.sub("^", by, marks, flags=re.MULTILINE) for by in ("    ", "\t"))):
        assert find(Leftovers(), "a.md", f"a\n\n{block}") == [], block
    assert find(Leftovers(), "a.md", f"```\nx\n```\n{marks}") == [
        (4, "marks of a conflict or an edit were left in the file")
    ]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.py", "if a != 'user\u202e \u2066# only a user\u2069 \u2066':\n"),
        ("a.js", "/*\u202e } \u2066if (a)\u2069 \u2066 begin */\n"),
        ("Makefile", "all: \u2067x\u2069\n"),
        ("he.json", '{"a": "an unclosed \u202e mark"}\n'),
        ("README.md", "Hidden \U000e0049\U000e0067 text\n"),
    ],
)
def test_text_that_hides_is_found(path: str, text: str) -> None:
    assert [line for line, _ in find(HiddenText(), path, text)] == [1]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("AUTHORS", "A name \u202e\n"),
        ("README.md", "\u2067\u05e9\u05dc\u05d5\u05dd\u2069, world\n"),
        ("he.json", '{"a": "\u202b\u05e9\u202c"}\n'),
        ("a.py", "x = '\\u202e'  # \u05e9\u05dc\u05d5\u05dd \u200f\n"),
        ("flags.txt", "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f\n"),
    ],
)
def test_text_in_other_directions_is_right(path: str, text: str) -> None:
    assert find(HiddenText(), path, text) == []


def test_marks_of_direction_are_right_in_data_where_their_line_ends_them() -> None:
    for language in ("html", "xml", "json", "yaml", "python", "make"):
        data = language not in ("python", "make")
        for opening in "\u202a\u202b\u202d\u202e\u2066\u2067\u2068":
            for closing in "\u202c\u2069":
                file = SourceFile("a", language, f"a\n{opening}b{closing}\n")
                assert len(list(HiddenText().check([file]))) == (not data), language
            (fault,) = HiddenText().check([SourceFile("a", language, f"a\n{opening}b\nc")])
            assert (fault.line, fault.rule, fault.severity) == (2, "hidden-text", Severity.ERROR)
            assert f"the character U+{ord(opening):04X} is" in fault.message
    for language in ("markdown", "text"):
        assert list(HiddenText().check([SourceFile("a", language, "a\n\u202eb\n")])) == []
