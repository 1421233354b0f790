"""The mutation run: its changes, how it detects whether tests notice, and how it reports surviving mutants."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from coverage import CoverageData

ROOT = Path(__file__).parents[1]
ACCEPTED = yaml.safe_load((ROOT / ".ci" / "accepted_mutants.yaml").read_text("utf-8"))

CODE = '''"""Says whether somebody is of age."""

ADULT = 18


def is_adult(age: int | None) -> bool:
    return age is not None and age >= ADULT
'''


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Return a function that imports a module of the run."""
    monkeypatch.syspath_prepend(ROOT / ".ci" / "mutants")
    before = {*sys.modules}
    yield importlib.import_module
    for name in {*sys.modules}.difference(before):
        if (getattr(sys.modules[name], "__file__", None) or "").startswith(str(ROOT / ".ci")):
            del sys.modules[name]


def changes(mutations: ModuleType, folder: Path, code: str, count: int | None, seed: int = 1) -> list[str]:
    (folder / "a.py").write_text(code, encoding="utf-8")
    return [mutant.now for mutant, _ in mutations.choose(folder, ["a.py"], count, seed)]


def test_code_is_changed_and_neither_words_nor_types_are(load: Any, tmp_path: Path) -> None:
    found = changes(load("mutations"), tmp_path, f'{CODE}T = TypeVar("T")\nRead = Callable[[], str]\n', None)
    assert {"ADULT = 19", "return age is not None or age >= ADULT", "return age is not None and age > ADULT"} <= {
        *found
    }
    assert not [line for line in found if "Says" in line or "def " in line or line.startswith(("T =", "Read ="))]


def test_a_seed_chooses_the_same_places_though_others_are_edited(load: Any, tmp_path: Path) -> None:
    mutations = load("mutations")
    every = changes(mutations, tmp_path, CODE, None)
    chosen = changes(mutations, tmp_path, CODE, 2)
    assert len(chosen) == 2 < len(every)
    moved = CODE.replace("\n\nADULT", '\n\n# In most countries.\n\nNAME = "x"\nADULT')
    assert [line for line in changes(mutations, tmp_path, moved, 20) if line in chosen] == chosen
    assert changes(mutations, tmp_path, CODE, 2, seed=5) != chosen


@pytest.mark.parametrize(
    ("line", "in_function", "tests"),
    [
        (3, False, ["values.py::test", "near.py::test", "far.py::test"]),
        (6, True, ["values.py::test", "near.py::test", "far.py::test"]),
        (7, True, ["near.py::test"]),
    ],
)
def test_what_runs_at_import_is_tried_with_the_tests_that_use_or_import_it(
    load: Any, tmp_path: Path, line: int, in_function: bool, tests: list[str]
) -> None:
    (tmp_path / "a.py").write_text(CODE, encoding="utf-8")
    for name, code in (("near", ""), ("values", "from agenticai.a import ADULT\n"), ("far", "import agenticai\n")):
        (tmp_path / f"{name}.py").write_text(code, encoding="utf-8")
    (tmp_path / ".durations.json").write_text(
        '{"far.py::test": 1, "near.py::test": 3, "values.py::test": 2, "other.py::test": 1}', encoding="utf-8"
    )
    (tmp_path / "other.py").touch()
    recorded = CoverageData(str(tmp_path / ".coverage"))
    for context, lines in (("far.py|import", [3, 6]), ("near.py::test|run", [7])):
        recorded.set_context(context)
        recorded.add_lines({str(tmp_path / "a.py"): lines})
    recorded.write()
    mutant = load("mutations").Mutant("a.py", line, line, "", "", in_function)
    assert load("covering").Covering(tmp_path, ["a.py"]).tests(mutant) == tests


class FakeCovering:
    """Has two tests, of a second each."""

    def tests(self, mutant: object) -> list[str]:
        return ["tests/test_age.py"]

    def seconds(self, tests: list[str]) -> float:
        return float(len(tests))


@pytest.mark.parametrize(
    ("now", "fate"), [("age >= 19", "killed"), ("age <= 18", "survived"), ("None.age", "killed"), ("(", "killed")]
)
def test_a_mutant_is_killed_by_a_test_that_fails_with_it(load: Any, tmp_path: Path, now: str, fate: str) -> None:
    trial, mutations = load("trial"), load("mutations")
    (tmp_path / ".venv").symlink_to(sys.prefix)
    (tmp_path / "handlers").mkdir()
    (tmp_path / "tests").mkdir()
    source = tmp_path / "handlers" / "grown.py"
    source.write_text(CODE, encoding="utf-8")
    (tmp_path / "tests" / "test_age.py").write_text(
        "from handlers.grown import is_adult\n\n\ndef test_age():\n    assert is_adult(18)\n", encoding="utf-8"
    )
    tests = trial.Tests(tmp_path)
    mutant = mutations.Mutant("handlers/grown.py", 7, 7, "", "", True)
    assert tests.decide(mutant, CODE.replace("age >= ADULT", now), FakeCovering()) == fate
    assert source.read_text("utf-8") == CODE
    tests.close()


def test_what_a_test_leaves_behind_is_ended(load: Any, tmp_path: Path) -> None:
    trial = load("trial")
    (tmp_path / ".venv").symlink_to(sys.prefix)
    (tmp_path / "test_left.py").write_text(
        "import pathlib\nimport subprocess\n\n\ndef test_left():\n"
        "    left = subprocess.Popen(['sleep', '9999'], start_new_session=True)\n"
        "    pathlib.Path('left').write_text(str(left.pid))\n    left.returncode = 0\n",
        encoding="utf-8",
    )
    tests = trial.Tests(tmp_path)
    assert tests.run(["test_left.py"], 1.0) is None
    assert not Path("/proc", (tmp_path / "left").read_text("utf-8")).exists()
    tests.close()


@pytest.mark.parametrize(
    ("killed", "accepted", "status", "words"),
    [
        (9, True, 0, "1 survivors are accepted; 0 are not"),
        (9, False, 1, "0 survivors are accepted; 1 are not:\na.py:3\n    - x = 1\n    + x = 2"),
        (8, True, 1, "Fewer than 90% were found."),
    ],
)
def test_a_run_fails_for_a_new_survivor_and_for_too_many(
    load: Any, killed: int, accepted: bool, status: int, words: str
) -> None:
    trial, mutations, run = load("trial"), load("mutations"), load("run")
    survivor = mutations.Mutant("a.py", 3, 3, "x = 1", "x = 2", True)
    fates = {"shared": [(survivor, trial.Fate.KILLED)] * killed + [(survivor, trial.Fate.SURVIVED)]}
    text, ended = run.summary(fates, {("a.py", "x = 1", "x = 2")} if accepted else set())
    assert ended == status
    assert words in text


@pytest.mark.parametrize("accepted", ACCEPTED, ids=lambda accepted: accepted["path"])
def test_what_may_survive_is_still_there_and_has_a_reason(accepted: dict[str, str]) -> None:
    lines = (ROOT / accepted["path"]).read_text("utf-8").splitlines()
    assert accepted["was"].split() == [] or accepted["was"] in " ".join(line.strip() for line in lines)
    assert accepted["why"]
    assert accepted["now"] != accepted["was"]
