"""How each part gets its points, according to docs/quality-score.md."""

from collections.abc import Sequence
from typing import Any

import pytest

from qa_agent.analysers.port import Fault, SourceFile
from qa_agent.scoring import calculate_total, find_reasons_against, make_failures, score_parts
from shared.models.quality import ScorePart, Severity
from shared.models.runs import Emptied, TestedTest, TestsRun


def source(path: str = "a.py", lines: int = 100, language: str = "python") -> SourceFile:
    return SourceFile(path, language, "x = 1\n\n" * lines)


def fault(rule: str, severity: Severity = Severity.ERROR, path: str = "a.py") -> Fault:
    return Fault(path, 1, rule, severity, "m")


def score(
    *files: SourceFile, faults: Sequence[Fault] = (), runs: Sequence[TestsRun] = (), unread: Sequence[str] = ()
) -> dict[str, ScorePart]:
    measured = {file.path for file in files}.difference(unread)
    return {part.name: part for part in score_parts(files, faults, measured, runs)}


def lost(parts: dict[str, ScorePart]) -> set[str]:
    """Return the parts that lost points to findings."""
    return {name for name in ("security", "lint", "complexity") if parts[name].points < parts[name].weight}


def run(*tests: TestedTest, emptied: Sequence[Emptied] = (), **more: Any) -> TestsRun:
    return TestsRun(language="python", tests=tests, emptied=tuple(emptied), **more)


def ended(outcome: Any = "passed", checks: int | None = 1) -> TestedTest:
    return TestedTest(id=f"{outcome} {checks}", outcome=outcome, checks=checks)


@pytest.mark.parametrize(
    ("analyser", "parts"),
    [
        ("ruff", {"security", "lint", "complexity"}),
        ("secrets", {"security"}),
        ("javascript-security", {"security"}),
        ("hidden-text", {"security"}),
        ("python-links", {"lint"}),
        ("javascript-links", {"lint"}),
        ("html-links", {"lint"}),
        ("leftovers", {"lint"}),
        ("lizard", {"complexity"}),
        ("syntax", set()),
    ],
)
def test_where_an_analyser_failed_its_parts_have_no_points(analyser: str, parts: set[str]) -> None:
    scored = score(source(), faults=make_failures(analyser, [source()], "it ended"))
    assert lost(scored) == parts
    assert {(scored[name].points, scored[name].explanation) for name in parts} <= {(0.0, "1 checks failed")}


@pytest.mark.parametrize(
    ("rules", "part"),
    [
        (["S101", "secret", "hidden-text", "code-injection", "sql-injection", "command-injection"], "security"),
        (["unchecked-certificate", "weak-hash", "weak-random"], "security"),
        (["F821", "B006", "import", "call", "undeclared-dependency"], "lint"),
        (["undefined-name", "reference", "leftover", "empty-catch"], "lint"),
        (["C901", "complexity"], "complexity"),
    ],
)
def test_each_rule_costs_points_of_one_part(rules: list[str], part: str) -> None:
    for rule in rules:
        assert lost(score(source(), faults=[fault(rule, Severity.WARNING)])) == {part}, rule


@pytest.mark.parametrize(
    ("lines", "severity", "share"),
    [
        (100, Severity.ERROR, 0.5),
        (200, Severity.ERROR, 0.5),
        (400, Severity.ERROR, 0.75),
        (100, Severity.WARNING, 0.9),
        (100, Severity.INFO, 1.0),
    ],
)
def test_a_finding_costs_less_the_more_lines_there_are(lines: int, severity: Severity, share: float) -> None:
    part = score(source(lines=lines), faults=[fault("secret", severity)])["security"]
    assert part.points == 20 * share
    penalty = {Severity.ERROR: 5, Severity.WARNING: 1, Severity.INFO: 0}[severity]
    assert part.explanation == f"1 findings in {lines} lines, with penalties of {penalty}"


def test_no_part_has_less_than_no_points() -> None:
    assert score(source(), faults=[fault("secret")] * 3)["security"].points == 0


def test_syntax_is_the_share_of_lines_in_files_that_parse() -> None:
    files = source("a.py", 60), source("b.py", 30), source("c.xyz", 10, "text")
    part = score(*files, faults=[fault("syntax", path="b.py"), fault("F821")], unread=["c.xyz"])["syntax"]
    assert (part.points, part.measured) == (24.0, True)
    assert part.explanation == "1 of 3 files parse, 60 of 100 lines; 1 could not be read"
    assert score(*files)["syntax"].explanation == "3 of 3 files parse, 100 of 100 lines"


def test_files_without_a_line_parse_all_or_not() -> None:
    empty = SourceFile("a.py", "python", "\n"), SourceFile("b.py", "python", "")
    assert score(*empty)["syntax"].points == 40
    assert score(*empty, unread=["b.py"])["syntax"].points == 0


def test_what_people_read_is_not_measured() -> None:
    prose = [SourceFile(path, "text", "words\n" * 20) for path in ("LICENSE", "notes.txt", "A.CSV", ".env.example")]
    parts = score(*prose, SourceFile("NOTES.md", "markdown", "words"))
    assert {name for name, part in parts.items() if part.measured} == {"documentation"}
    assert parts["syntax"].explanation == "there is nothing to parse"
    assert parts["security"].explanation == "there is no file in a language that is measured"
    assert score(SourceFile("a.unheard", "text", "?"))["syntax"].measured


def test_only_some_languages_have_lint_and_tests_have_no_complexity() -> None:
    parts = score(source("a.go", language="go"), source("test_a.py"))
    assert [parts[name].explanation for name in ("lint", "complexity")] == [
        "0 findings in 100 lines, with penalties of 0"
    ] * 2
    assert not score(source("test_a.py"))["complexity"].measured
    assert not score(source("a.go", language="go"))["lint"].measured


TESTED = source("a.py", 100), source("test_a.py", 50)


@pytest.mark.parametrize(
    ("runs", "points"),
    [
        ([run(ended())], 15.0),
        ([run(ended(checks=None))], 15.0),
        ([run(ended(), ended(checks=0))], 7.5),
        ([run(ended(), ended("failed"), ended("error"))], 5.0),
        ([run(ended(), ended("skipped"))], 15.0),
        ([run(ended(), trouble="it ended")], 0.0),
        ([run()], 15.0),
        ([run(ended(), not_run="no runner"), run(ended())], 15.0),
    ],
    ids=["pass", "checks unknown", "one checks nothing", "failures", "skipped", "void", "none", "one language"],
)
def test_tests_count_as_far_as_they_pass_and_check_something(runs: list[TestsRun], points: float) -> None:
    assert score(*TESTED, runs=runs)["tests"].points == points


@pytest.mark.parametrize(("lines", "points"), [(50, 15.0), (25, 7.5), (60, 15.0)])
def test_there_should_be_a_line_of_tests_for_two_of_code(lines: int, points: float) -> None:
    part = score(source("a.py", 100), source("test_a.py", lines), runs=[run(ended())])["tests"]
    assert part.points == points
    assert part.explanation == f"1 of 1 tests pass and check something, {lines} lines of them for 100 lines of code"


def test_lines_of_other_languages_need_no_tests_in_this_one() -> None:
    files = *TESTED, source("b.go", 500, "go"), source("b_test.go", 500, "go"), source("c.json", 500, "json")
    part = score(*files, runs=[run(ended())])["tests"]
    assert part.explanation.endswith("50 lines of them for 100 lines of code")


def test_an_emptied_function_that_no_test_notices_costs_points() -> None:
    emptied = [
        Emptied(path="a.py", line=1, name=name, called=called, noticed=noticed)
        for name, called, noticed in (("f", True, True), ("g", True, False), ("h", False, False))
    ]
    part = score(*TESTED, runs=[run(ended(), emptied=emptied)])["tests"]
    assert part.points == 7.5
    assert part.explanation.endswith("; 1 of 2 emptied functions were noticed")


@pytest.mark.parametrize(
    ("files", "runs", "measured", "explanation"),
    [
        ([source("test_a.py")], [], False, "there is no code to test"),
        ([source("c.json", language="json")], [], False, "there is no code to test"),
        ([source("a.py")], [], True, "there are no tests"),
        (TESTED, [], False, "the tests were not run: nothing here runs their language"),
        (TESTED, [run(not_run="no runner")], False, "the tests were not run: python: no runner"),
    ],
)
def test_tests_that_were_not_run_say_why(
    files: Sequence[SourceFile], runs: list[TestsRun], measured: bool, explanation: str
) -> None:
    part = score(*files, runs=runs)["tests"]
    assert (part.points, part.measured, part.explanation) == (0.0, measured, explanation)


@pytest.mark.parametrize(
    ("path", "words", "points"), [("README.md", 10, 5.0), ("readme", 10, 5.0), ("README.md", 9, 0.0), ("a.md", 10, 0.0)]
)
def test_a_readme_of_ten_words_is_documentation(path: str, words: int, points: float) -> None:
    assert score(SourceFile(path, "markdown", "word " * words))["documentation"].points == points


def part(weight: float, points: float, measured: bool = True) -> ScorePart:
    return ScorePart(name="p", weight=weight, points=points, measured=measured, explanation="")


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([part(40, 40), part(20, 10), part(15, 0, measured=False)], 83.3),
        ([part(15, 0, measured=False)], 0.0),
        ([], 0.0),
    ],
)
def test_the_score_is_the_share_of_what_was_measured(parts: list[ScorePart], expected: float) -> None:
    assert calculate_total(parts) == expected


@pytest.mark.parametrize(
    ("reached", "faults", "reasons"),
    [
        (70, [], ()),
        (69.9, [], ("the score of 69.9 is under 70",)),
        (70, [fault("x", Severity.WARNING)], ()),
        (70, [fault("x")], ("1 finding of severity error must be repaired",)),
        (
            10,
            [fault("x"), fault("y")],
            ("2 findings of severity error must be repaired", "the score of 10 is under 70"),
        ),
    ],
)
def test_a_low_score_or_an_error_is_a_reason_against(
    reached: float, faults: list[Fault], reasons: tuple[str, ...]
) -> None:
    assert find_reasons_against(reached, faults) == reasons


def test_for_what_people_and_tools_of_their_own_read_no_parser_is_expected() -> None:
    for suffix in (
        "", ".txt", ".rst", ".adoc", ".csv", ".tsv", ".log", ".lock", ".sum", ".env", ".example", ".sample", ".conf",
        ".properties", ".editorconfig", ".svg", ".ico", ".map", ".pem", ".typed", ".in", ".tpl", ".tmpl", ".mod",
        ".work", ".local",
    ):  # fmt: skip
        for path in (f"A{suffix}", f"A{suffix.upper()}"):
            assert not score(source(path, language="text"))["syntax"].measured, path
        assert score(source(f"a{suffix}", language="go"))["syntax"].measured
    for language in ("markdown", "ini", "make", "dockerfile", "go-module", "mermaid", "diff"):
        assert not score(source("a.x", language=language))["syntax"].measured, language
    for language in ("text", "ruby", "json"):
        assert score(source("a.x", language=language))["syntax"].measured, language


def test_data_needs_no_tests_and_programs_do() -> None:
    for language in ("json", "yaml", "toml", "xml", "html", "css", "sql"):
        assert score(source(language=language))["tests"].explanation == "there is no code to test", language
    for language in ("python", "javascript", "go", "ruby"):
        assert score(source(language=language))["tests"].explanation == "there are no tests", language


def test_links_and_leftovers_are_lint_of_the_languages_that_have_them() -> None:
    for language, measured in (
        ("python", True), ("javascript", True), ("typescript", True), ("html", True), ("go", False), ("css", False)
    ):  # fmt: skip
        assert score(source(language=language))["lint"].measured is measured, language
