"""A project's own tests prove something only if there are some and all pass."""

import shutil
from pathlib import Path

import pytest

from agenticai.scenarios.proof import run_node_tests, run_tests

PYTHON = "import unittest\n\nclass T(unittest.TestCase):\n    def test_it(self):\n        self.assertEqual(1, {})\n"
NODE = 'import {{ test }} from "node:test";\ntest("it", () => {{ if (1 !== {}) throw new Error("not equal"); }});\n'


def test_unittest_tests_are_counted_and_judged(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(PYTHON.format(1))
    assert (run_tests(tmp_path).passed, run_tests(tmp_path).ran) == (True, 1)
    (tmp_path / "test_other.py").write_text(PYTHON.format(2))
    failed = run_tests(tmp_path)
    assert (failed.passed, failed.ran) == (False, 2)
    assert "AssertionError: 1 != 2" in failed.output


def test_no_tests_prove_nothing(tmp_path: Path) -> None:
    none = run_tests(tmp_path)
    assert (none.passed, none.ran, none.output) == (False, 0, "There are none.")


def test_our_packages_are_not_there_for_a_projects_tests(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text("import pydantic\n" + PYTHON.format(1))
    assert "No module named 'pydantic'" in run_tests(tmp_path).output


def test_node_tests_are_counted_and_judged(tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no `node` on the PATH")
    assert not run_node_tests(tmp_path, node).passed
    (tmp_path / "it.test.mjs").write_text(NODE.format(1))
    assert (run_node_tests(tmp_path, node).passed, run_node_tests(tmp_path, node).ran) == (True, 1)
    (tmp_path / "other.test.mjs").write_text(NODE.format(2))
    failed = run_node_tests(tmp_path, node)
    assert (failed.passed, failed.ran) == (False, 2)
    assert "not equal" in failed.output
