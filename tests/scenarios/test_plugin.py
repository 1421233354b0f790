"""pytest collects scenario files, and reports faults in them without a traceback."""

import subprocess
import sys
from pathlib import Path

CONFTEST = (Path(__file__).parents[2] / "scenarios" / "conftest.py").read_text("utf-8")


def collected(folder: Path) -> str:
    """Return the output of pytest when it collects a folder."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--collect-only",
        "-q",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(folder),
    ]
    return subprocess.run([*command, str(folder)], capture_output=True, text=True, check=False, timeout=300).stdout


def test_the_files_of_a_library_are_tests_and_one_that_is_no_scenario_says_why(tmp_path: Path) -> None:
    library = tmp_path / "library"
    library.mkdir()
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "other.yaml").write_text("name: other\n")
    good = "name: good\ndescription: It is read.\nprojects: {a: {name: A, requirements: A program.}}\n"
    (library / "good.yaml").write_text(good)
    (library / "bad.yaml").write_text(good.replace("good", "bad") + "expect: {fired: some}\n")
    printed = collected(tmp_path)
    assert "library/good.yaml::good" in printed
    assert "bad.yaml:4: expect.fired: Input should be 'all'" in printed
    assert "Traceback" not in printed
    assert "other" not in printed
