"""The whole analysis: findings, a score that is the sum of its parts, and no pass for unread or failed files."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from qa_agent.agent import QaAgent
from qa_agent.analysers.complexity import Complexity
from qa_agent.analysers.isolation import make_jobs
from qa_agent.analysers.port import SourceFile
from qa_agent.analysis import ANALYSERS, analyse
from qa_agent.evidence import Evidence
from qa_agent.scoring import PASSING_SCORE, WEIGHTS
from shared.models.messages import TestRequested
from shared.models.project import Revision
from shared.models.quality import QualityReport, ScorePart, Severity
from tests.fakes import replies
from tests.fakes.factory import Factory
from tests.fakes.runner import FakeRunner
from tests.handlers.qa.breaking import Breaking
from tests.handlers.qa.test_secrets import KEY

REVISION = Revision(build=1)
CODE = "def add(a, b):\n    return a + b\n"
TESTS = "from add import add\n\n\ndef test_add():\n    assert add(1, 2) == 3\n"
README = "# Add\n\nA library that adds two numbers, with tests, and no more.\n"
GOOD = {"add.py": CODE, "test_add.py": TESTS, "README.md": README}


def parts(report: QualityReport) -> dict[str, ScorePart]:
    return {part.name: part for part in report.parts}


def test_a_good_project_has_full_points() -> None:
    report = analyse(REVISION, GOOD)
    assert (report.score, report.passed, report.reasons, report.findings) == (100.0, True, (), ())
    assert report.measured == ("add.py", "test_add.py")
    assert report.not_measured == ("README.md",)


def test_the_same_files_make_the_same_report() -> None:
    files = {**GOOD, "bad.py": "import os\nimport sys\n", "a.js": "let a = ;\n", "b.go": "package"}
    assert analyse(REVISION, files) == analyse(REVISION, dict(reversed(files.items()))).model_copy(
        update={"measured": analyse(REVISION, files).measured, "not_measured": ("README.md",)}
    )


@pytest.mark.parametrize(
    "files",
    [
        GOOD,
        {"add.py": CODE + "import os\n" * 3, "main.rb": "puts 1\n"},
        {"index.html": "<h1>a</h1>", "style.css": "a {"},
        {"app.js": "const a = 1\n", "README": "short"},
        {"a.txt": "only words"},
    ],
)
def test_the_parts_add_up_to_the_score(files: dict[str, str]) -> None:
    report = analyse(REVISION, files)
    counted = [part for part in report.parts if part.measured]
    assert {part.name: part.weight for part in report.parts} == WEIGHTS
    assert all(part.points == 0 for part in report.parts if not part.measured)
    assert report.score == round(100 * sum(part.points for part in counted) / sum(part.weight for part in counted), 1)


def test_a_project_in_a_language_that_nothing_reads_does_not_pass() -> None:
    files = {
        "main.zig": "const x = 1;\n" * 30,
        "lib.rb": "x = 1\n",
        "test/main_test.rb": "y = 1\n" * 40,
        "README.md": README,
    }
    report = analyse(REVISION, files)
    assert parts(report)["syntax"].points == 0
    assert report.score <= 60 < PASSING_SCORE
    assert report.reasons == (f"the score of {report.score:g} is under 70",)
    assert set(report.not_measured) == set(files)


def test_what_is_in_doubt_is_not_measured_and_not_good() -> None:
    doubted = "#include <config.h>\nint f (GL_UNUSED (size_t) ignored) GL_PURE;\nWEIRD x y z;\n"
    report = analyse(REVISION, {**GOOD, "a.c": doubted})
    assert "a.c" in report.not_measured
    assert parts(report)["syntax"].points < WEIGHTS["syntax"]


def test_one_broken_file_keeps_a_project_from_passing() -> None:
    report = analyse(REVISION, {**GOOD, "broken.py": "def f(:\n"})
    assert not report.passed
    assert report.reasons == ("1 finding of severity error must be repaired",)
    finding = report.findings[0]
    assert (finding.path, finding.line, finding.rule, finding.lines) == (
        "broken.py",
        1,
        "syntax",
        ("1: def f(:", "2: "),
    )


def test_a_failed_analyser_is_an_error_and_not_a_pass() -> None:
    report = analyse(REVISION, {"a.py": "raise", "b.py": "x = 1\n"}, analysers=[Breaking()])
    failed = [(f.path, f.rule, f.severity, f.message) for f in report.findings if f.severity is Severity.ERROR]
    message = "could not be checked by breaking: ValueError: no"
    assert failed == [("a.py", "breaking-failed", Severity.ERROR, message)]
    assert not report.passed


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("deep.py", "x = " + "-" * 200_000 + "1"),
        ("deep.json", "[" * 200_000),
        ("deep.toml", "a=" + "[" * 200_000),
        ("deep.js", "(" * 50_000),
        ("deep.rs", "fn a() {" * 20_000),
        ("deep.c", "int a() {" + "{" * 50_000),
        ("deep.xml", "<a>" * 50_000),
    ],
)
def test_a_hostile_file_neither_passes_nor_stops_the_others(path: str, text: str) -> None:
    report = analyse(REVISION, {path: text, "z.json": "{"})
    assert {(finding.path, finding.severity) for finding in report.findings} >= {(path, "error"), ("z.json", "error")}


def test_no_secret_is_in_the_report() -> None:
    report = analyse(REVISION, {"settings.py": f'A = "{KEY}"\nB = undefined\npassword = "hG7#kd92_Lq0zP"\n'})
    assert {finding.rule for finding in report.findings} >= {"secret", "F821"}
    assert not re.search(f"{KEY}|kd92", report.model_dump_json())


def test_long_lines_and_many_findings_are_cut_but_counted() -> None:
    report = analyse(
        REVISION, {"a.py": "import os" + " " * 5000 + "\n" + "import sys # " + "x" * 5000 + "\n" + "import re\n" * 600}
    )
    assert len(report.findings) == 500
    assert report.omitted > 0
    assert report.omitted_errors == 0
    wrong = analyse(REVISION, {"a.py": "".join(f"print(undefined_{number})\n" for number in range(600))})
    assert (len(wrong.findings), wrong.omitted_errors) == (500, 100)
    assert max(len(line) for finding in report.findings for line in finding.lines) <= 170
    assert parts(report)["lint"].points == 0


def test_a_complex_function_costs_points_in_any_language() -> None:
    branches = "".join(f"  if (a === {number}) return {number};\n" for number in range(20))
    report = analyse(REVISION, {"a.js": f"function f(a) {{\n{branches}}}\n"})
    (finding,) = report.findings
    assert (finding.rule, finding.line, finding.severity) == ("complexity", 1, Severity.WARNING)
    assert parts(report)["complexity"].points == 9.0


def test_nothing_at_all_does_not_pass() -> None:
    report = analyse(REVISION, {})
    assert (report.score, report.passed) == (0.0, False)


def test_every_analyser_has_its_name_and_some_see_all_files_at_once() -> None:
    kinds = {"py": "python", "js": "javascript", "html": "html", "css": "css"}
    files = [SourceFile(f"{name}.{ending}", language, "") for name in "ab" for ending, language in kinds.items()]
    jobs = list(make_jobs(ANALYSERS, files))
    alone = {"syntax", "lizard", "secrets", "hidden-text", "leftovers", "javascript-security"}
    together = {"ruff", "python-links", "javascript-links", "html-links"}
    assert {job.analyser.name for job in jobs} == alone | together
    assert {job.analyser.name for job in jobs if len(job.files) > 1} == together


def test_complexity_is_measured_in_every_language_that_lizard_reads_but_python() -> None:
    for language in "javascript typescript go java rust c cpp ruby kotlin csharp php".split():  # noqa: SIM905 - a list of names
        assert Complexity().reads(SourceFile("a", language, "")), language
        assert not Complexity().reads(SourceFile("tests/a", language, "")), language
    for language in ("python", "html", "text"):
        assert not Complexity().reads(SourceFile("a", language, "")), language


def test_a_function_is_too_complex_above_fifteen() -> None:
    for branches, found in ((14, []), (15, ["f has a cyclomatic complexity of 16 (> 15)"])):
        text = "\nfunction f(a) {\n" + "  if (a) b();\n" * branches + "}\n"
        faults = list(Complexity().check([SourceFile("a.js", "javascript", text)]))
        assert [fault.message for fault in faults] == found
        assert {(fault.path, fault.line, fault.rule, fault.severity) for fault in faults} <= {
            ("a.js", 2, "complexity", Severity.WARNING)
        }


def test_lines_are_shown_around_a_finding_and_a_long_message_is_cut() -> None:
    text = "a = 1\nb = 2\nc = 3\nprint(undefined)\nd = 4  \ne = 5\nf = 6\n"
    (finding,) = [each for each in analyse(REVISION, {"a.py": text}).findings if each.rule == "F821"]
    assert finding.lines == ("2: b = 2", "3: c = 3", "4: print(undefined)", "5: d = 4", "6: e = 5")
    for length in (160, 161):
        line = f"print(undefined)  # {'x' * (length - 20)}"
        (finding,) = [each for each in analyse(REVISION, {"a.py": line}).findings if each.rule == "F821"]
        assert finding.lines == (f"1: {line}" if length == 160 else f"1: {line[:159]}…",)


def test_a_revision_without_a_plan_lacks_no_planned_test() -> None:
    factory, seen = Factory(replies.good), list[Evidence]()
    project = factory.post("Nothing is planned of it.")

    def look(revision: Revision, files: Mapping[str, str], evidence: Evidence) -> QualityReport:
        seen.append(evidence)
        return analyse(revision, files, evidence)

    message = TestRequested(project_id=project.id, correlation_id="c", revision=REVISION)
    delivery: Any = None
    tested = QaAgent(factory.projects, factory.objects, FakeRunner(), look).work(message, project, delivery)
    assert seen == [Evidence(runs=(), planned=frozenset(), earlier=())]
    assert tested.report == analyse(REVISION, {})


def test_errors_that_are_not_listed_count_and_tests_that_fail_do_not() -> None:
    factory = Factory(replies.good)
    project = factory.post("Its report is made up.")
    agent = QaAgent(factory.projects, factory.objects, FakeRunner())
    message = TestRequested(project_id=project.id, correlation_id="c", revision=REVISION)
    delivery: Any = None
    tested = agent.work(message, project, delivery)
    (finding,) = analyse(REVISION, {"a.py": "def f(:\n"}).findings
    findings = (
        finding,
        finding.model_copy(update={"rule": "test"}),
        finding.model_copy(update={"severity": "warning"}),
    )
    report = tested.report.model_copy(update={"findings": findings, "omitted_errors": 7})
    fields = agent.conclude(message, project, replace(tested, report=report)).fields
    assert fields["errors"] == 1 + 7
    assert {name: fields[name] for name in ("score", "passed", "passing")} == {
        "score": 0,
        "passed": False,
        "passing": 0,
    }
    assert [fields[name]["key"].rpartition("/")[2] for name in ("report", "page", "manifest")] == [
        "report.json", "report.html", "manifest.json"
    ]  # fmt: skip
