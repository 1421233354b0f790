"""A run as JUnit XML, for CI services: a suite for the run, a test case for each replay."""

import re
from collections.abc import Mapping
from typing import Final
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from agenticai.scenarios.reports.document import RunReport, ScenarioReport

_NOT_XML: Final = re.compile(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")
"""The characters that XML 1.0 does not allow, even escaped: https://www.w3.org/TR/xml/#charsets"""


def render_junit(report: RunReport) -> str:
    """Return the XML document; times are in seconds, and properties hold the seed and the figures."""
    totals = {
        "tests": str(len(report.scenarios)),
        "failures": str(report.count("failed")),
        "errors": "0",
        "skipped": str(report.count("skipped")),
        "time": f"{report.wall_s:.3f}",
    }
    root = Element("testsuites", {"name": "agenticai replay", **totals})
    started_at = report.started_at.isoformat(timespec="seconds")
    suite = SubElement(root, "testsuite", {"name": "scenarios", "timestamp": started_at, **totals})
    _add_properties(suite, {"seed": report.seed, "repeat": report.repeat, "target": report.target})
    for scenario in report.scenarios:
        _add_case(suite, scenario)
    indent(root)
    return tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _add_case(suite: Element, scenario: ScenarioReport) -> None:
    case = SubElement(suite, "testcase", classname="scenarios", name=scenario.name, time=f"{scenario.wall_s:.3f}")
    figures = {f"calls.{service}": count for service, count in scenario.calls_by_service.items()}
    cost = {"gb_seconds": f"{scenario.gb_seconds:.3f}", "cost_usd": f"{scenario.cost_usd:.6f}"}
    _add_properties(case, {**figures, **cost, "skipped_s": f"{scenario.skipped_s:.3f}", "faults": len(scenario.fired)})
    if scenario.outcome == "skipped":
        SubElement(case, "skipped", message=_clean_text(scenario.skipped))
    if scenario.outcome == "failed":
        first_line = scenario.evidence[0].partition("\n")[0]
        failure = SubElement(case, "failure", type="scenario", message=_clean_text(first_line))
        failure.text = _clean_text("\n".join(scenario.evidence))
    left_out = (f"left out: {part}" for part in scenario.left_out)
    SubElement(case, "system-out").text = _clean_text("\n".join((scenario.description, *left_out, *scenario.course)))


def _add_properties(parent: Element, values: Mapping[str, object]) -> None:
    properties = SubElement(parent, "properties")
    for name, value in values.items():
        SubElement(properties, "property", name=name, value=_clean_text(str(value)))


def _clean_text(text: str) -> str:
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
