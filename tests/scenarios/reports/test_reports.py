"""The report of a run in all its formats: JSON, JUnit XML, a page, and lines in a terminal."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING, cast
from xml.etree.ElementTree import Element, fromstring

import pytest
from rich.text import Text

from agenticai.display import replays as console
from agenticai.display.console import Display
from agenticai.scenarios.replaying.replay import Result
from agenticai.scenarios.reports.document import RunReport, report_results
from agenticai.scenarios.reports.junit import render_junit
from agenticai.scenarios.reports.page import render_page
from tests.fakes.replayed import AT, FIRED, PROJECT, failed, result

if TYPE_CHECKING:
    from rich.status import Status

SKIPPED = "a target has no faults to offer"
VOID = {"meta", "br", "link", "img", "input", "hr"}


def run(*results: Result) -> RunReport:
    names = dict.fromkeys(ended.scenario.name for ended in results)
    return RunReport(
        started_at=AT, target="embedded", seed=3, repeat=1, wall_s=2.5, scenarios=report_results(results, names)
    )


def mixed() -> RunReport:
    skipped = Result(result("elsewhere").scenario, 3, skipped=SKIPPED)
    return run(result(), failed(), skipped, result("partly", left_out=("hello: there is no `node`",)))


def test_a_run_passes_if_something_passed_and_nothing_failed() -> None:
    assert run(result()).passed
    assert not mixed().passed
    assert not run(Result(result().scenario, 0, skipped=SKIPPED)).passed
    assert [mixed().count(outcome) for outcome in ("passed", "failed", "skipped")] == [2, 1, 1]


def test_the_document_is_read_back_as_it_was_written() -> None:
    report = mixed()
    written = report.model_dump_json()
    assert '"schema":"agenticai-run/1"' in written
    assert RunReport.model_validate_json(written) == report


def test_replays_that_are_not_alike_fail_but_for_the_first() -> None:
    other = result(projects={"hello": replace(PROJECT, events=())})
    first, same, different = run(result(), result(), other).scenarios
    assert (first.outcome, same.outcome, different.outcome) == ("passed", "passed", "failed")
    assert different.evidence[0].startswith("It took another course than the first time")


def parsed(report: RunReport) -> Element:
    return fromstring(render_junit(report))  # noqa: S314 - written a moment ago


def test_junit_counts_and_names_what_failed() -> None:
    root = parsed(mixed())
    (suite,) = root
    assert root.tag == "testsuites"
    for element in (root, suite):
        counts = {name: element.get(name) for name in ("tests", "failures", "errors", "skipped", "time")}
        assert counts == {"tests": "4", "failures": "1", "errors": "0", "skipped": "1", "time": "2.500"}
    cases = {case.get("name"): case for case in suite.iter("testcase")}
    assert list(cases) == ["greeting", "broken", "elsewhere", "partly"]
    failure = cases["broken"].find("failure")
    assert failure is not None
    assert failure.get("message") == "hello: a.py is missing.\N{REPLACEMENT CHARACTER}"
    assert "nothing vanishes: 01KK000000000000000000000A: it is [bold]TESTING</b> &" in (failure.text or "")
    skipped = cases["elsewhere"].find("skipped")
    assert skipped is not None
    assert skipped.get("message") == SKIPPED
    assert "left out: hello: there is no `node`" in (cases["partly"].findtext("system-out") or "")


def test_junit_has_the_figures_as_properties_and_the_course_as_output() -> None:
    case = next(parsed(run(result())).iter("testcase"))
    assert case.get("time") == "1.500"
    properties = {p.get("name"): p.get("value") for p in case.iter("property")}
    assert {"calls.dynamodb": "4", "calls.s3": "2", "gb_seconds": "1.300", "faults": "2"}.items() <= properties.items()
    assert "dev TASK#1.0#hello work failed, FAILED" in (case.findtext("system-out") or "")
    assert "fault 1: s3 PutObject: kill" in (case.findtext("system-out") or "")


class Page(HTMLParser):
    """Collects a page's texts and attributes, and whether all elements are closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.tags: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_the_page_is_whole_and_needs_nothing_from_elsewhere() -> None:
    text = render_page(mixed())
    read = Page(text)
    assert read.open == []
    assert read.tags.count("svg") == 3
    addresses = [value for name, value in read.attributes if name in {"src", "href"}]
    assert addresses
    assert all(address and address.startswith("#") for address in addresses)
    assert not re.search(r"url\(|@import|https?://", text)


def test_the_page_escapes_what_projects_and_messages_say() -> None:
    read = Page(render_page(mixed()))
    assert any("it is [bold]TESTING</b> & no queue has a message" in text for text in read.texts)
    assert any("planned 1 task: <hello>" in text for text in read.texts)
    assert "<x>" in read.texts
    assert not {"x", "hello"} & set(read.tags)


def test_the_page_names_faults_by_the_agent_of_their_function_or_queue() -> None:
    (faults,) = re.findall(r"<h4>Faults</h4><table>(.*?)</table>", render_page(run(result())), re.DOTALL)
    cells = re.findall(r"<td[^>]*>(.*?)</td>", faults)
    assert cells == ["12:00:00", "dev", "s3 PutObject: kill", "13:30:00", "dev queue", "delay 5"]


def test_every_row_of_the_page_leads_to_its_section() -> None:
    attributes = Page(render_page(run(result(), result("other"), failed()))).attributes
    ids = {f"#{value}" for name, value in attributes if name == "id"}
    links = [value for name, value in attributes if name == "href"]
    assert len(links) == 3
    assert set(links) <= ids


def test_the_chart_has_a_bar_for_all_work_and_a_name_for_who_cannot_see_it() -> None:
    (text,) = re.findall(r"<svg.*?</svg>", render_page(run(result())), re.DOTALL)
    svg = fromstring(text)  # noqa: S314 - written a moment ago
    classes = [element.get("class", "").split() for element in svg.iter("rect")]
    bars = [names[1] for names in classes if names[:1] == ["bar"]]
    assert sorted(bars) == sorted([*("waiting",) * 2, "done", "killed", "failed", "idle"])
    assert len([element for element in svg.iter("path") if element.get("class") == "fault"]) == len(FIRED)
    assert svg.findtext("title") == "Timeline of hello"
    assert {text.text for text in svg.iter("text")} >= {"dev queue", "dev", "pm queue", "pm", "90 min"}


@pytest.mark.parametrize(
    "report", [run(), run(Result(result().scenario, 0, skipped=SKIPPED))], ids=["empty", "skipped"]
)
def test_a_run_without_any_course_has_a_page_too(report: RunReport) -> None:
    assert Page(render_page(report)).open == []


def test_a_replay_is_a_line_below_its_columns() -> None:
    (scenario,) = run(result()).scenarios
    head, line = console.make_header(10).plain, console.format_line(scenario, 10).plain
    assert line == "✓ greeting     1.50 s    90 min      2      6    1.30   $0.00003  COMPLETED 1.0, scored 97.5"
    assert [head.index("projects"), head.index("took") + len("took")] == [line.index("COMP"), line.index(" s ") + 2]


def test_what_is_wrong_is_shown_as_it_is_said() -> None:
    scenario = mixed().scenarios[1]
    assert console.format_line(scenario, 6).plain.startswith("✗ broken")
    assert [said.plain for said in console.list_evidence(scenario)] == [
        e.replace("\0", r"\x00") for e in scenario.evidence
    ]
    assert "[bold]TESTING</b>" in scenario.evidence[1]


def test_the_totals_name_the_seed() -> None:
    assert console.format_totals(mixed()).plain == "2 passed, 1 failed, 1 skipped in 2.5 s, 4 h skipped; seed 3"


class FakeStatus:
    """Keeps the text that it showed last."""

    shown = Text()

    def update(self, text: Text) -> None:
        self.shown = text


def test_names_shorter_than_their_heading_stay_below_it(capsys: pytest.CaptureFixture[str]) -> None:
    status = cast("Status", FakeStatus())
    progress = console.ReplayProgress(Display(), status, [result("one").scenario], repeat=1)
    progress.show_result(result("one"))
    head, line, *_ = capsys.readouterr().out.splitlines()
    assert head.index("projects") == line.index("COMPLETED")


def test_progress_tells_how_many_have_ended_and_what_runs() -> None:
    status = FakeStatus()
    progress = console.ReplayProgress(Display(), cast("Status", status), [result("one").scenario], repeat=2)
    progress.show_work("one", "settle [1]")
    assert status.shown.plain == "0 of 2  one settle [1]"
    progress.show_result(result("one"))
    assert status.shown.plain.strip() == "1 of 2"
