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


EXTENSIONS = {
    "python": "py pyi", "javascript": "js mjs cjs jsx", "typescript": "ts tsx mts cts", "html": "html htm",
    "css": "css",
    "json": "json", "yaml": "yaml yml", "toml": "toml", "bash": "sh bash zsh", "sql": "sql", "go": "go", "java": "java",
    "rust": "rs", "c": "c h", "cpp": "cc cpp cxx hh hpp hxx", "markdown": "md markdown", "ruby": "rb", "kotlin": "kt",
    "csharp": "cs", "php": "php", "xml": "xml svg", "ini": "ini cfg", "scss": "scss", "less": "less", "vue": "vue",
    "svelte": "svelte", "swift": "swift", "scala": "scala", "dart": "dart", "lua": "lua", "perl": "pl", "r": "r",
    "elixir": "ex exs", "haskell": "hs", "powershell": "ps1", "batch": "bat cmd", "terraform": "tf",
    "protobuf": "proto", "graphql": "graphql", "mermaid": "mmd", "diff": "diff patch", TEXT: "txt",
}  # fmt: skip


@pytest.mark.parametrize("language", EXTENSIONS)
def test_each_extension_is_of_one_language(language: str) -> None:
    assert {language_of(f"a.{extension}") for extension in EXTENSIONS[language].split()} == {language}
    assert language_named(language) == language


@pytest.mark.parametrize(
    ("word", "language"),
    [("py", "python"), ("Python3", "python"), ("js", "javascript"), ("golang", "go"), ("C++", "cpp"),
     ("console", "bash"), ("Dockerfile", "dockerfile"), ("text", TEXT), ("Code", None), ("", None)],
)  # fmt: skip
def test_the_language_that_a_word_stands_for(word: str, language: str | None) -> None:
    assert language_named(word) == language
