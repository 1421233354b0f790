"""A file's language by its path and content, and the language for a word after a code fence."""

import pytest

from shared.source_files import TEXT, detect_language, find_content_type, find_language, is_test


@pytest.mark.parametrize(
    ("path", "content", "language"),
    [
        ("a.py", "", "python"),
        ("A.PY", "", "python"),
        ("src/Dockerfile", "", "dockerfile"),
        ("tool", "#!/usr/bin/env -S LANG=C python3.11 -u\n", "python"),
        ("tool", "#!/bin/sh\n", "bash"),
        ("tool", "#! /usr/bin/env node", "javascript"),
        ("tool", "#!/usr/bin/env\n", TEXT),
        ("tool", "#!/usr/bin/env unknown\npython\n", TEXT),
        ("tool", "#!/usr/bin/env -S\npython\n", TEXT),
        ("tool", "#!/bin/pythonX\n", TEXT),
        ("tool", "#!" + "python".rjust(198), "python"),
        ("tool", "#!" + "python".rjust(199), TEXT),
        ("tool", "#!/usr/bin/env A=B -i node\n", "javascript"),
        ("page", "<html".rjust(200), "html"),
        ("page", "<html".rjust(201), TEXT),
        ("page", "\t\r\n<html>", "html"),
        ("page", "X<html>", TEXT),
        ("tool", " #!/bin/sh\n", TEXT),
        ("tool", "// #!/bin/sh\n", TEXT),
        ("Makefile", "", "make"),
        ("src/go.mod", "", "go-module"),
        ("requirements.txt", "", TEXT),
        ("index", "\n<!DOCTYPE HTML>\n", "html"),
        ("feed", "<?xml version='1.0'?>\n", "xml"),
        ("page", "\ufeff <HTML>\n", "html"),
        ("page", "<?php echo 1;", "php"),
        ("page", "text <html>", TEXT),
        ("a.h", "/* the class of x */\nint x(void);\n", "c"),
        ("a.h", "template <typename T>\nclass A {};\n", "cpp"),
        ("a.h", "namespace a {\n}\n", "cpp"),
        ("a.h", "std::string s();\n", "cpp"),
        ("a.h", "class A;\n", "cpp"),
        ("a.h", "  public:\n", "cpp"),
        ("a.h", "int private: 1;\n", "c"),
        ("a.h", "/* public: */\n", "c"),
        ("a.c", "class A {};\n", "c"),
        ("notes", "#!\n", TEXT),
        ("a.unknown", "x", TEXT),
        ("", "", TEXT),
    ],
)
def test_the_language_of_a_file(path: str, content: str, language: str) -> None:
    assert detect_language(path, content) == language


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
    assert {detect_language(f"a.{extension}") for extension in EXTENSIONS[language].split()} == {language}
    assert find_language(language) == language


@pytest.mark.parametrize(
    ("word", "language"),
    [("py", "python"), ("Python3", "python"), ("js", "javascript"), ("golang", "go"), ("C++", "cpp"),
     ("console", "bash"), ("Dockerfile", "dockerfile"), ("text", TEXT), ("Code", None), ("", None),
     ("c#", "csharp"), ("Shell", "bash"), ("terminal", "bash"), ("shellsession", "bash"), ("jsonc", "json"),
     ("json5", "json"), ("docker", "dockerfile"), ("makefile", "make"), ("plaintext", TEXT), ("conf", "ini"),
     ("properties", "ini"), ("hcl", "terraform"), ("node", "javascript"), ("sh", "bash"), ("python3.11", "python"),
     ("go-module", "go-module"), ("ps1", "powershell"), (".py", None), ("make", "make"), ("dash", "bash")],
)  # fmt: skip
def test_the_language_that_a_word_stands_for(word: str, language: str | None) -> None:
    assert find_language(word) == language


@pytest.mark.parametrize(
    ("language", "programs"),
    [("python", "python python3"), ("javascript", "node"), ("bash", "bash sh zsh dash"), ("ruby", "ruby"),
     ("perl", "perl perl5.36"), ("php", "php"), ("lua", "lua"), ("make", "make")],
)  # fmt: skip
def test_the_interpreter_of_a_script_tells_its_language(language: str, programs: str) -> None:
    assert {detect_language("tool", f"#!/usr/bin/{program} -x\n") for program in programs.split()} == {language}
    assert {find_language(program) for program in programs.split()} == {language}


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("a.html", "text/html"),
        ("a.json", "application/json"),
        ("a.png", "image/png"),
        ("a.unknown", "text/plain; charset=utf-8"),
        ("Dockerfile", "text/plain; charset=utf-8"),
    ],
)
def test_a_file_is_stored_under_the_media_type_of_its_extension(path: str, kind: str) -> None:
    assert find_content_type(path) == kind


@pytest.mark.parametrize(
    "path",
    [
        "test_a.py", "src/TEST_A.py", "a_test.go", "a_tests.py", "a.test.js", "a.spec.ts", "test/a.py",
        "src/tests/a.py", "__tests__/a.js", "spec/a.rb", "src/Tests/deep/a.py",
    ],
)  # fmt: skip
def test_a_file_of_tests_is_known_by_its_name_or_folder(path: str) -> None:
    assert is_test(path)


@pytest.mark.parametrize(
    "path",
    ["a.py", "testing.py", "contest_a.py", "latest.js", "a_testy.py", "tests.py", "tests", "specs/a.py", "a.test"],
)
def test_any_other_file_is_none(path: str) -> None:
    assert not is_test(path)
