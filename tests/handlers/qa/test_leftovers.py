"""Leftovers of an answer are found in files that no parser reads, and real files of those kinds have none."""

import pytest

from qa_agent.analysers.hidden_text import HiddenText
from qa_agent.analysers.leftovers import Leftovers
from qa_agent.analysers.port import Analyser, SourceFile
from shared.source_files import language_of

EDIT = "<<<<<<< SEARCH\nflask==2.0\n=======\nflask==3.0\n>>>>>>> REPLACE\n"
MERGE = "all:\n<<<<<<< HEAD\n\tmake a\n=======\n\tmake b\n>>>>>>> feature/x\n"
DIFF = "--- a/style.css\n+++ b/style.css\n@@ -1,2 +1,2 @@\n-a { color: red }\n+a { color: blue }\n"


def find(analyser: Analyser, path: str, text: str) -> list[tuple[int, str]]:
    file = SourceFile(path, language_of(path, text), text)
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
