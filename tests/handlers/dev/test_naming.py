"""Which of the expected files a line names, and which lines look like a name at all."""

import pytest

from dev_agent.naming import Names, is_named, looks_like_a_path, split_words

EXPECTED = ("src/app.py", "src/b.js", "bin/run", "Makefile", "XMLReader.java")


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ("src/app.py", "src/app.py"),
        ("app.py", "src/app.py"),
        ("./src/app.py", "src/app.py"),
        ("project/src/app.py", "src/app.py"),
        ("Makefile", "Makefile"),
        ("New file name: `src/b.js`:", "src/b.js"),
        ("filename: src/b.js", "src/b.js"),
        ("- 1. **bin/run**", "bin/run"),
        ("path: app.py " + " " * 387, "src/app.py"),
        ("path: app.py " + " " * 388, None),
        ("run", None),
        ("py", None),
        ("other.py", None),
        ("rc/app.py", None),
        ("src/app.py and src/b.js", None),
        ("", None),
    ],
)
def test_a_line_that_is_only_a_name_names_a_file(line: str, path: str | None) -> None:
    assert Names(EXPECTED).find_alone(line) == path


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ('"""src/app.py"""', "src/app.py"),
        ("'''src/app.py'''", "src/app.py"),
        ("<!-- src/app.py -->", "src/app.py"),
        ("<!--- src/app.py --->", "src/app.py"),
        ("/* src/app.py */", "src/app.py"),
        ("/** src/app.py */", "src/app.py"),
        ("//! src/app.py", "src/app.py"),
        ("//XMLReader.java", "XMLReader.java"),
        ("# src/app.py", "src/app.py"),
        ("#!src/app.py", "src/app.py"),
        ("-- src/app.py", "src/app.py"),
        ("; src/app.py", "src/app.py"),
        ("  # src/app.py  ", "src/app.py"),
        ("src/app.py", "src/app.py"),
        ("!src/app.py", None),
        ("src/app.py-->", None),
        ("% src/app.py", None),
        ("# see src/app.py", None),
    ],
)
def test_a_comment_that_is_only_a_name_names_a_file(line: str, path: str | None) -> None:
    assert Names(["src/app.py", "XMLReader.java"]).find_alone_in_comment(line) == path


@pytest.mark.parametrize(
    ("info", "path"),
    [
        ("python src/app.py", "src/app.py"),
        ("python src/app.py file=src/app.py", "src/app.py"),
        ("python src/app.py src/b.js", None),
        ("python", None),
        ("", None),
        ("python " + " " * 387 + "app.py", "src/app.py"),
        ("python " + " " * 388 + "app.py", None),
        *((f"python{mark}app.py{mark}", "src/app.py") for mark in " \"'`*=:{},;<>|()[]"),
    ],
)
def test_a_word_of_an_info_string_names_a_file(info: str, path: str | None) -> None:
    assert Names(EXPECTED).find_in_info(info) == path


def test_a_file_that_is_expected_twice_is_one() -> None:
    assert Names(["a/x.py", "a/x.py"]).expected == ("a/x.py",)
    assert Names(["a/x.py", "b/x.py"]).find_alone("x.py") is None


def test_a_name_from_the_root_is_that_of_one_file() -> None:
    assert Names(["x.py", "a/x.py"]).find_alone("./a/x.py") == "a/x.py"
    assert Names(["x.py", "a/x.py"]).find_alone("a/x.py") == "a/x.py"
    assert Names(["x.py", "a/x.py"]).find_alone("b/a/x.py") is None


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("other.py", True),
        ("**src/other.py**:", True),
        ("// other.js", True),
        ("File: other.py", True),
        ("notes.txt", False),
        ("src/notes", False),
        ("Makefile", False),
        ("see other.py", False),
        ("x = 1", False),
        ("", False),
    ],
)
def test_the_name_of_any_source_file_is_recognised(line: str, named: bool) -> None:
    assert is_named(line) is named


@pytest.mark.parametrize(
    ("word", "path"),
    [("a.c", True), ("a/b", True), (".env", True), ("/", True), ("run", False), ("end.", False), ("", False)],
)
def test_a_path_is_told_by_a_slash_or_an_inner_dot(word: str, path: bool) -> None:
    assert looks_like_a_path(word) is path


def test_an_info_string_is_split_at_its_punctuation() -> None:
    assert split_words('{.python title="src/app.py"}') == [".python", "title", "src/app.py"]
    assert split_words("") == []
