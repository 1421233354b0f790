"""A project's tests, and the number of checks in each, are read from its files."""

from pathlib import Path
from textwrap import dedent

import pytest

from runner.sandbox.runners.written_tests import (
    WrittenTest,
    find_python_files,
    find_test_files,
    list_tests,
    needs_pytest,
)


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, in which projects are found."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        path = folder / f"{name.replace('__in__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text))


def written() -> list[WrittenTest]:
    return [test for file in find_test_files() for test in list_tests(file)]


def test_python_files_are_found_in_order_and_not_among_what_is_installed(project: Path) -> None:
    write(project, b="", a="", z__in__c="", k__in__m__in__d="", node_modules__in__x="", venv__in__x="")
    write(project / ".git", x="")
    write(project / ".venv", x="")
    write(project / "__pycache__", x="")
    (project / "notes.txt").touch()
    assert list(find_python_files()) == ["a.py", "b.py", "k/m/d.py", "z/c.py"]


def test_files_of_tests_are_known_by_their_names(project: Path) -> None:
    write(project, test_a="", tests="", a_test="", contest="", a_tests="", attest="", sub__in__test_b="")
    assert [file.path for file in find_test_files()] == ["a_test.py", "test_a.py", "tests.py", "sub/test_b.py"]


def test_methods_of_test_cases_and_what_pytest_alone_runs_are_tests(project: Path) -> None:
    write(
        project,
        tests__in__test_it="""\
            import unittest

            def test_function(): pass
            def testimony(): pass
            async def test_coroutine(): pass
            def helper(): pass

            class Cases(unittest.IsolatedAsyncioTestCase):
                def testCamel(self): pass
                async def test_async(self): pass
                def setUp(self): pass

            class TestPlain:
                def test_it(self): pass

            class TestBase:
                def test_of_a_base(self): pass

            class TestDerived(TestBase):
                def test_derived(self): pass

            class Other:
                def test_of_no_test_class(self): pass
            """,
    )
    path = "tests/test_it.py"
    assert written() == [
        ("tests.test_it.test_function", path, 3, 0),
        ("tests.test_it.test_coroutine", path, 5, 0),
        ("tests.test_it.Cases.testCamel", path, 9, 0),
        ("tests.test_it.Cases.test_async", path, 10, 0),
        ("tests.test_it.TestPlain.test_it", path, 14, 0),
    ]


@pytest.mark.parametrize(
    ("body", "checks"),
    [
        ("pass", 0),
        ("compute(1)", 0),
        ("asserted = 1", 0),
        ("compute()()", 0),
        ("assert compute(1) == 1", 1),
        ("assert a\n    assert b", 2),
        ("raise AssertionError", 1),
        ("self.assertEqual(a, 1)", 1),
        ("self.fail()", 1),
        ("fail('no')", 1),
        ("with pytest.raises(KeyError): compute(1)", 1),
        ("with pytest.warns(UserWarning): compute(1)", 1),
        ("with pytest.deprecated_call(): compute(1)", 1),
        ("expect(a).to_be(1)", 1),
        ("verify(a)", 1),
        ("a.should_equal(1)", 1),
        ("_check_all(a)", 1),
        ("Verify(a)", 1),
        ("is_whole(a)", 1),
        ("a.is_right()", 1),
        ("self.is_complete()", 1),
        ("prepare(a)", 0),
        ("test_other()", 0),
    ],
)
def test_what_a_test_checks_is_counted(body: str, checks: int, project: Path) -> None:
    write(
        project,
        helping="""\
            def is_whole(a):
                assert a
            class Right:
                async def is_right(self):
                    self.assertTrue(self)
                def is_complete(self):
                    fail("no")
            def prepare(a):
                compute(a)
            """,
        test_it=f"def test_it():\n    {body}\ndef test_other():\n    assert True\n",
    )
    assert written()[0] == ("test_it.test_it", "test_it.py", 1, checks)


def test_what_cannot_be_parsed_or_read_has_no_tests(project: Path) -> None:
    write(project, test_broken="def test_it(:", test_good="def test_it(): assert True\n")
    (project / "test_nul.py").write_bytes(b"def test_it(): pass\0")
    (project / "test_lost.py").symlink_to("nowhere")
    assert written() == [("test_good.test_it", "test_good.py", 1, 1)]


CASE = "import unittest\nclass T(unittest.TestCase):\n    def test_it(self): pass\n"


@pytest.mark.parametrize(
    ("files", "needed"),
    [
        ({}, False),
        ({"test_it": CASE}, False),
        ({"tests__in____init__": "", "tests__in__test_it": CASE}, False),
        ({"tests__in__test_it": CASE}, True),
        ({"tests__in__unit____in____init__": "", "tests__in__unit____in__test_it": CASE}, True),
        ({"test_it": f"import pytest\n{CASE}"}, True),
        ({"test_it": f"import os, pytest.x\n{CASE}"}, True),
        ({"test_it": f"from pytest import raises\n{CASE}"}, True),
        ({"test_it": f"from . import pytest_like\nimport pytester\n{CASE}"}, False),
        ({"test_it": f"{CASE}def test_function(): pass\n"}, True),
        ({"test_it": f"{CASE}class TestPlain: pass\n"}, True),
        ({"test_it": f"{CASE}class Plain: pass\n"}, False),
        ({"test_it": f"{CASE}class TestMore(T): pass\n"}, False),
        ({"test_a": CASE, "test_b": "def test_function(): pass\n"}, True),
    ],
)
def test_pytest_is_needed_where_unittest_would_not_find_all(files: dict[str, str], needed: bool, project: Path) -> None:
    write(project, **files)
    assert needs_pytest(find_test_files()) is needed
