"""The report as a page: self-contained, escaped, and complete."""

import re
from html.parser import HTMLParser

from qa_agent.analysers.port import SourceFile
from qa_agent.analysers.syntax import Syntax
from qa_agent.analysis import analyse
from qa_agent.page import OPEN, render
from shared.models.project import Revision

HOSTILE = "<script>alert(1)</script>"


class Elements(HTMLParser):
    """Collects the elements of a page and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


def page(name: str = "demo") -> str:
    files = {f"file{number}.js": f"let a = ; // {HOSTILE}\n" for number in range(OPEN + 5)}
    return render(name, analyse(Revision(build=1), {**files, f"{HOSTILE}.unknown": "x"}))


def test_nothing_of_the_project_becomes_markup() -> None:
    elements = Elements(page(f"{HOSTILE}${{score}}"))
    assert "script" not in elements.names
    assert elements.text.count(HOSTILE) > OPEN


def test_it_loads_nothing() -> None:
    names = {name for name, _ in Elements(page()).attributes}
    assert not names & {"src", "href", "onclick"}


def test_it_is_itself_right_html() -> None:
    assert list(Syntax().check([SourceFile("page.html", "html", page())])) == []


def test_tables_headings_and_language_are_marked_for_screen_readers() -> None:
    elements = Elements(page())
    assert ("lang", "en") in elements.attributes
    assert elements.names.count("h1") == 1
    assert {("scope", "col"), ("scope", "row")} <= set(elements.attributes)
    assert "caption" in elements.names


def test_many_files_are_folded() -> None:
    elements = Elements(page())
    assert [name for name, _ in elements.attributes].count("open") == OPEN
    assert elements.names.count("details") == OPEN + 5 + 1


def test_the_sum_and_the_reasons_are_told() -> None:
    text = Elements(page()).text
    assert "together" in text
    assert "15 findings of severity error must be repaired" in text


def test_each_part_is_told_with_its_points_and_weight() -> None:
    shown = render("demo", analyse(Revision(build=1), {"a.js": "export const a = 1;\n"}))
    assert '<th scope="row">syntax</th><td class="n">40</td><td class="n">40</td>' in shown
    assert '<th scope="row">tests</th><td class="n">0</td><td class="n">15</td>' in shown
    prose = render("demo", analyse(Revision(build=1), {"README.md": "word " * 10}))
    assert '<th scope="row">syntax</th><td class="n">not measured</td><td class="n">(40)</td>' in prose
    assert '<th scope="row">together</th><td class="n">5</td><td class="n">5</td>' in prose
    assert "<td>100 &times; 5 / 5 = 100</td>" in prose


def test_nothing_stands_between_the_rows_the_files_and_their_findings() -> None:
    files = {f"{name}.js": "let a = ;\nlet b = ;\n" for name in "ab"}
    shown = render("demo", analyse(Revision(build=1), files | {"c.go": "package c\n", "d.go": "package d\n"}))
    assert re.findall(r"</(?:tr|details|li)>([^<>\n]+)<(?:tr|details|li)\b", shown) == []
    for closing, opening, count in (("</tr>", "<tr>", 6), ("</details>", "<details", 1), ("</li>", "<li>", 3)):
        assert shown.count(f"{closing}{opening}") >= count, closing
