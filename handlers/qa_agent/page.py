"""The quality report as a page for people."""

from html import escape

from shared.models.quality import Finding, QualityReport, ScorePart

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.4rem;border-bottom:1px solid #8884}"
    "pre{background:#8882;padding:.6rem;overflow:auto}:root{color-scheme:light dark}"
)


def render(project_name: str, report: QualityReport) -> str:
    """A self-contained HTML page."""
    verdict = "passed" if report.passed else "not passed"
    title = f"{escape(project_name)}, revision {report.revision}: {report.score:g} of 100, {verdict}"
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style>'
        f"<h1>{title}</h1><h2>How the score adds up</h2><table><tr><th>Part<th>Points<th>Of<th>Why</tr>"
        f"{''.join(map(_part, report.parts))}</table>"
        f"<h2>Findings</h2>{''.join(map(_finding, report.findings)) or '<p>None.</p>'}"
        f"<h2>Not measured</h2><p>{escape(', '.join(report.not_measured)) or 'Every file was measured.'}</p></html>"
    )


def _part(part: ScorePart) -> str:
    points = f"{part.points:g}" if part.measured else "not measured"
    return f"<tr><td>{escape(part.name)}<td>{points}<td>{part.weight:g}<td>{escape(part.explanation)}</tr>"


def _finding(finding: Finding) -> str:
    place = f"{escape(finding.path)}:{finding.line}"
    lines = escape("\n".join(finding.lines))
    return (
        f"<h3>{place} <small>{escape(finding.severity)}, {escape(finding.rule)}</small></h3>"
        f"<p>{escape(finding.message)}</p><pre>{lines}</pre>"
    )
