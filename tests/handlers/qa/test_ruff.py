"""Ruff on Python: which rules are errors, where rules are ignored, and that a project cannot configure it."""

import pytest

from qa_agent.analysers.port import Fault, SourceFile
from qa_agent.analysers.ruff import Ruff
from shared.models.severity import Severity
from shared.paths import UnsafePath


def check(**files: str) -> list[Fault]:
    """Check files; names stand for paths: `a__b` is a/b.py."""
    sources = [SourceFile(f"{name.replace('__', '/')}.py", "python", text) for name, text in files.items()]
    return list(Ruff().check(sources))


def rules(**files: str) -> set[tuple[str, int, str, Severity]]:
    return {(fault.path, fault.line, fault.rule, fault.severity) for fault in check(**files)}


def test_findings_name_file_line_rule_and_severity() -> None:
    assert rules(a="import os\n", b__c="x = 1\nprint(undefined)\n", d="eval(input())\n") == {
        ("a.py", 1, "F401", Severity.WARNING),
        ("b/c.py", 2, "F821", Severity.ERROR),
        ("d.py", 1, "S307", Severity.ERROR),
    }


def test_a_complex_function_is_a_warning() -> None:
    branches = "".join(f"    if a == {number}:\n        return {number}\n" for number in range(11))
    assert rules(a=f"def f(a):\n{branches}") == {("a.py", 1, "C901", Severity.WARNING)}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("test_a", "def test_a():\n    assert f() == 1\n    return {'password': 'x1'}\n\n\ndef f(): ...\n"),
        ("a", "import subprocess\n\nsubprocess.run(['ls'], check=True)\n"),
        ("a/__init__", "from a.b import c\n"),
        ("a", "def broken(:\n"),
    ],
)
def test_what_is_no_finding(path: str, text: str) -> None:
    source = SourceFile(f"{path}.py", "python", text)
    assert list(Ruff().check([source])) == []


def test_no_comment_and_no_configuration_silences_it() -> None:
    configuration = SourceFile("ruff.toml", "python", 'lint.select = []\nextend-exclude = ["*"]\n')
    source = SourceFile("a.py", "python", "# ruff: noqa\nimport os  # noqa: F401\n")
    assert [fault.rule for fault in Ruff().check([source, configuration]) if fault.path == "a.py"] == ["F401"]


def test_folders_that_tools_pass_over_are_read() -> None:
    assert rules(build__node_modules__a="import os\n") == {("build/node_modules/a.py", 1, "F401", Severity.WARNING)}


@pytest.mark.parametrize("path", ["../a.py", "/a.py", "-r.py/../../x.py"])
def test_an_unsafe_path_is_never_written(path: str) -> None:
    with pytest.raises(UnsafePath):
        list(Ruff().check([SourceFile(path, "python", "import os\n")]))


def test_a_path_is_never_taken_for_an_option() -> None:
    source = SourceFile("--fix.py", "python", "import os\n")
    assert [(fault.path, fault.rule) for fault in Ruff().check([source])] == [("--fix.py", "F401")]
