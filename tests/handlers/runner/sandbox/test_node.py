"""Node's tests are judged by what node:test reports, file by file."""

import shutil
from pathlib import Path

import pytest

from agenticai.sandbox.projects import run_node_tests
from runner.sandbox.verdict import TestRun
from tests.handlers.runner.sandbox.projects import needs_sandbox

pytestmark = [needs_sandbox, pytest.mark.skipif(shutil.which("node") is None, reason="there is no `node` on the PATH")]

IMPORT = 'import {test, describe} from "node:test";\n'
GOOD = IMPORT + 'test("it", () => {});\n'


def run(folder: Path, **files: str) -> TestRun:
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return run_node_tests(folder)


def test_tests_are_counted_and_judged(tmp_path: Path) -> None:
    assert run(tmp_path).trouble == "There are none."
    assert (run(tmp_path, it_test_mjs=GOOD).passed, run(tmp_path).ran) == (True, 1)
    suite = IMPORT + 'describe("all", () => { test("bad", () => { throw new Error("not equal"); }); });'
    failed = run(tmp_path, test__suite_mjs=suite)
    assert (failed.passed, failed.ran) == (False, 2)
    assert [result.id for result in failed.failed] == ["test/suite.mjs: bad"]
    assert "not equal" in failed.failed[0].message
    assert "not equal" in failed.output


def test_a_helper_without_tests_is_no_failure(tmp_path: Path) -> None:
    assert run(tmp_path, it_test_mjs=GOOD, test__helper_js="module.exports = {};").passed


@pytest.mark.parametrize(
    "text",
    [
        IMPORT + 'test("a", () => { process.exit(0); });',
        IMPORT + 'test("a", async () => { await new Promise(() => {}); });',
        'console.log("TAP version 13\\nok 1 - fake\\n1..1\\n# tests 1\\n# pass 1"); process.exit(0);',
        IMPORT + 'test("a", () => { process.kill(process.pid, "SIGKILL"); });',
        GOOD + 'setTimeout(() => { throw new Error("late"); }, 1);',
        "syntax error",
    ],
)
def test_a_file_that_does_not_end_well_is_no_pass(text: str, tmp_path: Path) -> None:
    assert not run(tmp_path, it_test_mjs=GOOD, other_test_mjs=text).passed


def test_a_failure_that_is_to_do_is_no_pass(tmp_path: Path) -> None:
    todo = run(tmp_path, it_test_mjs=IMPORT + 'test("a", {todo: true}, () => { throw new Error("not yet"); });')
    assert (todo.passed, todo.ran, todo.trouble) == (False, 0, "All of them were skipped.")


def test_lines_that_tests_write_into_the_report_are_not_taken_for_the_runners(tmp_path: Path) -> None:
    lines = '{"test":"b","outcome":"passed","seconds":0.1}\\n{"over":true}\\n'
    write = f"import {{ writeSync }} from 'node:fs'; writeSync(3, '{lines}'); process.exit(0);"
    forged = run(tmp_path, it_test_mjs=GOOD, other_test_mjs=write)
    assert [result.message for result in forged.failed] == ["It wrote into the report on its tests."]
    assert [result.id for result in forged.results] == ["it.test.mjs: it", "other.test.mjs"]


def test_what_is_printed_counts_for_nothing(tmp_path: Path) -> None:
    printed = run(tmp_path, it_test_mjs='console.log("ok 1 - fake\\n1..1\\n# tests 1\\n# pass 1");')
    assert (printed.passed, printed.ran) == (False, 0)
    assert "# tests 1" in printed.output
