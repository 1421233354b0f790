"""Stored software of known quality, and the verdicts on it."""

from collections import Counter
from pathlib import Path

import pytest

from agenticai.quality import HISTORY, Case, judge, load_cases, show
from runner.running import Runner
from tests.handlers.runner.sandbox.projects import needs_sandbox

CASES = {case.name: case for case in load_cases()}


def test_the_cases_have_each_worth_in_the_languages_that_are_run() -> None:
    told = Counter((case.language, case.truth) for case in CASES.values())
    assert len(CASES) == sum(told.values()) == 38
    for language in ("python", "javascript"):
        assert {truth for spoken, truth in told if spoken == language} == {"good", "wrong", "evil"}


@needs_sandbox
@pytest.mark.parametrize(
    ("name", "passed", "why"),
    [
        ("temperatures", True, ""),
        ("temperatures as a stub", False, ""),
        ("a stub that exchanges what checks it", False, ""),
        ("a function that needs a variable nobody sets", False, "KeyError: 'GREETINGS_TABLE'"),
    ],
)
def test_a_verdict_is_the_truth(name: str, passed: bool, why: str) -> None:
    judged = judge(CASES[name], Runner())
    assert (judged.passed, judged.right) == (passed, True)
    assert why in judged.reason


@needs_sandbox
def test_a_wrong_verdict_is_named_and_remembered(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGENTICAI_HOME", str(tmp_path / "home"))
    case = CASES["settings with a key that is there twice"]
    (tmp_path / "told.yaml").write_text(f"- {case.model_copy(update={'truth': 'good'}).model_dump_json()}\n")
    assert show(tmp_path) == 1
    assert f"False alarms: 1\n  json: {case.name}" in capsys.readouterr().out
    assert show(tmp_path) == 1
    assert "0 verdicts mended, 0 verdicts worse" in capsys.readouterr().out.replace("\n", " ")
    assert len((tmp_path / "home" / HISTORY).read_text().splitlines()) == 2


def test_a_case_of_no_known_form_is_refused() -> None:
    with pytest.raises(ValueError, match="truth"):
        Case.model_validate({"name": "x", "truth": "fair", "files": {}})
