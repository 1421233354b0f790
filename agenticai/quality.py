"""Checks the verdicts of QA, the runner and Ops on stored software of known quality: `make quality`."""

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict
from rich.table import Column

from agenticai.display.console import Display, format_count, make_figure_columns, make_grid
from agenticai.emulator.core.documents import parse_yaml
from agenticai.emulator.core.home import find_home, make_home
from agenticai.stack.private_files import open_for_owner
from ops_agent.deployment import write_additions
from ops_agent.project_type import detect
from ops_agent.proof import prove
from qa_agent.analysis import analyse
from qa_agent.evidence import Evidence, run_tests
from runner.running import Runner
from shared.models.project import Revision
from shared.source_files import is_test

CASES: Final = Path(__file__).resolve().parent / "scenarios" / "quality"
HISTORY: Final = Path("quality") / "history.jsonl"
_NOBODY: Final = "0" * 26


class Case(BaseModel):
    """Software as a model could have written it, with its true quality; only good software may pass."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    truth: Literal["good", "wrong", "evil"]
    files: dict[str, str]
    planned: tuple[str, ...] = ()
    language: str = ""


@dataclass(frozen=True)
class JudgedCase:
    """A case with its verdict: whether it passed, and the first reason if not."""

    case: Case
    passed: bool
    reason: str

    @property
    def right(self) -> bool:
        """Whether the verdict is correct."""
        return self.passed == (self.case.truth == "good")


def load_cases(folder: Path = CASES) -> tuple[Case, ...]:
    """Return the stored cases; a case without a language has that of its file."""
    return tuple(
        Case.model_validate({"language": path.stem, **document})
        for path in sorted(folder.glob("*.yaml"))
        for document in parse_yaml(path.read_text("utf-8"))
    )


def judge(case: Case, runner: Runner) -> JudgedCase:
    """Let QA test the files as a first revision, and Ops try the package of what passes."""
    contents = {path: text.encode() for path, text in case.files.items()}
    planned = frozenset(case.planned) | {path for path in case.files if is_test(path)}
    evidence = Evidence(run_tests(runner, _NOBODY, contents), planned)
    report = analyse(Revision(build=1), case.files, evidence)
    if not report.passed:
        return JudgedCase(case, passed=False, reason=(*report.reasons, "QA did not pass it")[0])
    detected = detect(case.files)
    if not detected.functions:
        return JudgedCase(case, passed=True, reason="")
    proof = prove(runner, _NOBODY, contents | write_additions(case.files, detected), detected)
    return JudgedCase(case, passed=proof.passed is not False, reason=proof.summary)


def show(folder: Path = CASES) -> int:
    """Judge all cases, print the table, and store the figures; return 1 if a verdict is wrong."""
    screen, runner, judged = Display(), Runner(), []
    cases = load_cases(folder)
    with screen.status("") as status:
        for number, case in enumerate(cases, start=1):
            status.update(f"{number} of {len(cases)}: {case.name}")
            judged.append(judge(case, runner))
    _print_verdicts(screen, judged)
    home = find_home()
    make_home(home)
    _store_figures(screen, judged, home / HISTORY)
    return int(not all(result.right for result in judged))


def _print_verdicts(screen: Display, judged: Sequence[JudgedCase]) -> None:
    languages = list(dict.fromkeys(result.case.language for result in judged))
    columns = [Column("language"), *make_figure_columns("good", "passed", "wrong", "passed", "evil", "passed")]
    screen.show(make_grid(columns, [_make_row(judged, language) for language in languages], "Verdicts"))
    for title, right in (("False passes", "good"), ("False alarms", None)):
        wrong = [result for result in judged if not result.right and (result.case.truth == "good") == (right is None)]
        screen.say(f"{title}: {len(wrong)}")
        for result in wrong:
            screen.say(f"  {result.case.language}: {result.case.name}{f' ({result.reason})' if result.reason else ''}")


def _make_row(judged: Sequence[JudgedCase], language: str) -> tuple[str, ...]:
    figures_of: list[str] = []
    for truth in ("good", "wrong", "evil"):
        matching = [result for result in judged if result.case.language == language and result.case.truth == truth]
        figures_of += [str(len(matching)), str(sum(result.passed for result in matching))]
    return (language, *figures_of)


def _store_figures(screen: Display, judged: Sequence[JudgedCase], history: Path) -> None:
    """Add the figures to those of earlier runs, and show what changed since the last one."""
    wrong = {result.case.name for result in judged if not result.right}
    earlier = list(_read_history(history))
    history.parent.mkdir(mode=0o700, exist_ok=True)
    with open(history, "a", encoding="utf-8", opener=open_for_owner) as file:
        file.write(
            json.dumps({"at": datetime.now(UTC).isoformat(), "cases": len(judged), "wrong": sorted(wrong)}) + "\n"
        )
    if earlier:
        before = set(earlier[-1]["wrong"])
        screen.say(
            f"Since the last of {format_count(len(earlier), 'earlier run')}:"
            f" {format_count(len(before - wrong), 'verdict')} mended,"
            f" {format_count(len(wrong - before), 'verdict')} worse. All are in {history}."
        )


def _read_history(history: Path) -> Iterator[dict[str, list[str]]]:
    if history.exists():
        for line in history.read_text("utf-8").splitlines():
            yield json.loads(line)


if __name__ == "__main__":
    sys.exit(show())
