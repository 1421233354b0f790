"""Compare what checkov finds in the stack with the findings that are refused, each for a reason."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

ROOT: Final = Path(__file__).parents[1]
REFUSED: Final = ROOT / "stack" / "refused_findings.yaml"
CHECKOV: Final = "checkov==3.3.30"


class Finding(NamedTuple):
    """A check, and the resource that does not pass it."""

    check: str
    resource: str


def main() -> int:
    """Print what differs; return 1 if anything does, 2 if checkov itself failed."""
    sys.path.insert(0, str(ROOT))
    from agenticai.stack.template import Template
    from tests.stack.transformed import transform_template

    transformed = transform_template(Template.load(), {})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "template.json"
        path.write_text(json.dumps(transformed), encoding="utf-8")
        finished = run_checkov(path, ROOT / "stack" / "deployer.yaml")
    try:
        found = read_findings(json.loads(finished.stdout))
    except (ValueError, KeyError):
        reason = next((line for line in reversed(finished.stderr.splitlines()) if line.strip()), "it gave no reason")
        sys.stdout.write(f"checkov could not be run: {reason}\n")
        return 2
    text, status = compare(found, read_refused(REFUSED.read_text("utf-8")))
    sys.stdout.write(text + "\n")
    return status


def run_checkov(*paths: Path) -> "subprocess.CompletedProcess[str]":
    """Run checkov, which reaches out for nothing but the packages that it is made of."""
    options = ("--framework", "cloudformation", "--output", "json", "--quiet", "--compact", "--skip-download")
    files = [option for path in paths for option in ("--file", str(path))]
    command = ["uv", "tool", "run", "--quiet", CHECKOV, *options, *files]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def read_findings(report: dict[str, Any]) -> Collection[Finding]:
    """Return what a report of checkov's says has failed."""
    failed = report["results"]["failed_checks"]
    return {Finding(each["check_id"], each["resource"].rpartition(".")[2]) for each in failed}


def read_refused(text: str) -> Collection[Finding]:
    """Return the findings that are refused."""
    refused: dict[str, Any] = yaml.safe_load(text)
    return {Finding(check, resource) for check, each in refused.items() for resource in each["resources"]}


def compare(found: Collection[Finding], refused: Collection[Finding]) -> tuple[str, int]:
    """Return what to print of two sets of findings, and the exit status."""
    lines = [f"New: {check} of {resource}" for check, resource in _missing(found, refused)]
    lines += [f"Not found any more: {check} of {resource}" for check, resource in _missing(refused, found)]
    status = 1 if lines else 0
    return "\n".join([*lines, f"{len(found)} findings, {len(refused)} refused."]), status


def _missing(some: Iterable[Finding], others: Collection[Finding]) -> list[Finding]:
    return sorted(finding for finding in some if finding not in others)


if __name__ == "__main__":
    sys.exit(main())
