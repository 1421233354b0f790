"""Renders the quality report as an HTML page: one file, no scripts, accessible by eye, keyboard and screen reader."""

from html import escape
from importlib import resources
from itertools import groupby
from string import Template
from typing import Final

from shared.models.quality import Finding, QualityReport, ScorePart, Severity

OPEN: Final = 10
"""How many files are shown with their findings unfolded, beginning with those that have errors."""


def render(project_name: str, report: QualityReport) -> str:
    """Return a self-contained HTML page. All text from the project is escaped."""
    page = Template(resources.files(__package__).joinpath("page.html").read_text(encoding="utf-8"))
    return page.substitute(
        name=escape(project_name),
        revision=escape(str(report.revision)),
        score=f"{report.score:g}",
        verdict="passed" if report.passed else "not passed",
        reasons="".join(f"<p>{escape(reason)}</p>" for reason in report.reasons),
        parts="".join(map(_render_part, report.parts)),
        sum=_render_total(report),
        counts=_describe_counts(report),
        findings=_render_findings(report),
        unread=_render_paths(report.not_measured, "Every file was read by a parser."),
        read=_render_paths(report.measured, "No file was."),
        read_count=len(report.measured),
        unread_count=len(report.not_measured),
    )


def _render_part(part: ScorePart) -> str:
    points = f"{part.points:g}" if part.measured else "not measured"
    weight = f"{part.weight:g}" if part.measured else f"({part.weight:g})"
    return (
        f'<tr><th scope="row">{escape(part.name)}</th><td class="n">{points}</td><td class="n">{weight}</td>'
        f"<td>{escape(part.explanation)}</td></tr>"
    )


def _render_total(report: QualityReport) -> str:
    measured = [part for part in report.parts if part.measured]
    points, weight = sum(part.points for part in measured), sum(part.weight for part in measured)
    return (
        f'<tr><th scope="row">together</th><td class="n">{points:g}</td><td class="n">{weight:g}</td>'
        f"<td>100 &times; {points:g} / {weight:g} = {report.score:g}</td></tr>"
    )


def _describe_counts(report: QualityReport) -> str:
    if not report.findings:
        return "None."
    counts = [(sum(f.severity is severity for f in report.findings), severity.value) for severity in Severity]
    summary = ", ".join(f"{count} of severity {name}" for count, name in counts if count)
    return summary + (f", and {report.omitted} more that are not listed." if report.omitted else ".")


def _render_findings(report: QualityReport) -> str:
    """Return the findings by file, in the order of the report: the files with errors first."""
    order = {finding.path: None for finding in report.findings}
    rank = {path: index for index, path in enumerate(order)}
    by_file = groupby(sorted(report.findings, key=lambda finding: rank[finding.path]), lambda finding: finding.path)
    return "".join(_render_file(path, list(findings), unfolded=rank[path] < OPEN) for path, findings in by_file)


def _render_file(path: str, findings: list[Finding], *, unfolded: bool) -> str:
    state = " open" if unfolded else ""
    errors = sum(finding.severity is Severity.ERROR for finding in findings)
    note = f", {errors} to repair" if errors else ""
    return (
        f"<details{state}><summary><code>{escape(path)}</code> {len(findings)} found{note}</summary>"
        f"<ul>{''.join(map(_render_finding, findings))}</ul></details>"
    )


def _render_finding(finding: Finding) -> str:
    lines = escape("\n".join(finding.lines))
    return (
        f'<li><p><span class="{escape(finding.severity)}">{escape(finding.severity)}</span> line {finding.line}: '
        f"{escape(finding.message)} <code>{escape(finding.rule)}</code></p>"
        + (f"<pre tabindex=0>{lines}</pre></li>" if lines else "</li>")
    )


def _render_paths(paths: tuple[str, ...], fallback: str) -> str:
    if not paths:
        return f"<p>{fallback}</p>"
    return f"<ul>{''.join(f'<li><code>{escape(path)}</code></li>' for path in paths)}</ul>"
