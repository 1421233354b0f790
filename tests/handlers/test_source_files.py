"""What a file is, by its path and content, and what a word after a code fence stands for."""

import pytest

from shared.source_files import TEXT, language_named, language_of


@pytest.mark.parametrize(
    ("path", "content", "language"),
    [
        ("a.py", "", "python"),
        ("A.PY", "", "python"),
        ("src/Dockerfile", "", "dockerfile"),
        ("tool", "#!/usr/bin/env -S LANG=C python3.11 -u\n", "python"),
        ("tool", "#!/bin/sh\n", "bash"),
        ("index", "\n<!DOCTYPE HTML>\n", "html"),
        ("feed", "<?xml version='1.0'?>\n", "xml"),
        ("a.h", "/* the class of x */\nint x(void);\n", "c"),
        ("a.h", "template <typename T>\nclass A {};\n", "cpp"),
        ("a.h", "namespace a {\n}\n", "cpp"),
        ("a.h", "std::string s();\n", "cpp"),
        ("notes", "#!\n", TEXT),
        ("a.unknown", "x", TEXT),
        ("", "", TEXT),
    ],
)
def test_the_language_of_a_file(path: str, content: str, language: str) -> None:
    assert language_of(path, content) == language


@pytest.mark.parametrize(
    ("word", "language"),
    [("py", "python"), ("Python3", "python"), ("js", "javascript"), ("golang", "go"), ("C++", "cpp"),
     ("console", "bash"), ("Dockerfile", "dockerfile"), ("text", TEXT), ("Code", None), ("", None)],
)  # fmt: skip
def test_the_language_that_a_word_stands_for(word: str, language: str | None) -> None:
    assert language_named(word) == language
