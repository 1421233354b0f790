"""Records replies of a model, and re-keys written replies to prompts whose wording has changed."""

import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from agenticai.client.api import ProjectsApi
from agenticai.client.follow import follow
from agenticai.emulator.gemini import NEAREST
from agenticai.emulator.gemini.canonical import CanonicalRequest
from agenticai.emulator.gemini.cassettes import CassetteStore, StoredCassette, read_cassette, to_yaml
from agenticai.emulator.gemini.recording import bind_patterns, build_document
from agenticai.emulator.gemini.rekey import rekey
from agenticai.scenarios.benches.deployed import TellProgress
from agenticai.scenarios.benches.embedded import bench
from agenticai.scenarios.benches.run_folders import lock_empty_folder
from agenticai.scenarios.format.errors import NotRecorded
from agenticai.scenarios.format.scenario import CASSETTES, Scenario
from agenticai.scenarios.format.script import Create, Modify, Settle, Step
from agenticai.scenarios.replaying.replay import replay
from agenticai.stack.private_files import make_private, write_private
from shared.models.events import TimelineEvent
from shared.models.workflow import FINAL, ProjectStatus

BIND: Final[Mapping[str, str]] = {"tag": r'<file-([0-9a-f]{8}) path="the/path'}
"""What a reply repeats from its request: the tag of a developer's files, which depends on the whole plan."""

RECORDINGS: Final = "recordings"
"""The folder in the state folder for these runs, with a subfolder for each scenario."""

OnEvent = Callable[[TimelineEvent], None]

_TITLE: Final = re.compile(r"^# Your task: (.+)$", re.MULTILINE)


def record(
    scenario: Scenario,
    gemini: str,
    key: str | None,
    *,
    runs: Path,
    cassettes: Path = CASSETTES,
    report: TellProgress = lambda _: None,
    on_event: OnEvent = lambda _: None,
) -> list[Path]:
    """Run the scenario against a model, in real time, and store its replies in the folder of the scenario's name.

    `gemini` is the model's address, as in `emulator.gemini`, and `key` its key. The previous files of that folder are
    replaced; the new ones are returned. The engine keeps its records below `runs`. Raises `NotRecorded`, after which
    the replies are only there, and the errors of `emulator` and `stack`.
    """
    refuse_unrecordable(scenario)
    with lock_empty_folder(runs / scenario.name) as run_dir:
        recorded = _record(scenario, gemini, key, run_dir, report, on_event)
        return _store_cassettes(recorded, cassettes, cassettes / scenario.name)


def _record(
    scenario: Scenario, gemini: str, key: str | None, run_dir: Path, report: TellProgress, on_event: OnEvent
) -> list[StoredCassette]:
    """Run the scenario against the model, and return what the engine recorded in `run_dir`."""
    with (
        tempfile.TemporaryDirectory() as empty_folder,
        bench(
            cassettes=Path(empty_folder),
            run_dir=run_dir,
            gemini=gemini,
            gemini_api_key=key,
            report=report,
        ) as running,
        running.api() as api,
    ):
        session = _Session(api, scenario, on_event)
        for step in scenario.script:
            session.take(step)
    return [read_cassette(path) for path in sorted((run_dir / "gemini-recordings").glob("*.yaml"))]


def rekey_scenario(
    scenario: Scenario, *, runs: Path, cassettes: Path = CASSETTES, report: TellProgress = lambda _: None
) -> list[Path]:
    """Replay the scenario with its nearest written replies, and store them under the requests that were really sent.

    Return the changed files. Raises `NotRecorded` if it has no replies, and `NotRekeyed` if it is ambiguous which reply
    belongs to which request; the requests are then kept below `runs`.
    """
    own = list_own_cassettes(scenario, cassettes)
    if not own:
        raise NotRecorded(f"The projects of {scenario.name} have no stored replies: record or write them first.")
    with lock_empty_folder(runs / scenario.name) as run_dir:
        copies = _copy_cassettes(own, cassettes, run_dir / "cassettes")
        with bench(cassettes=copies, run_dir=run_dir, gemini=NEAREST, report=report) as running:
            replay(running, scenario)
        changed = [path.relative_to(copies) for path in rekey(copies, run_dir / "gemini-requests")]
        for path in changed:
            shutil.copyfile(copies / path, cassettes / path)
    return [cassettes / path for path in changed]


def list_own_cassettes(scenario: Scenario, cassettes: Path) -> list[StoredCassette]:
    """Return a scenario's cassettes: those in the folder of its name, and those whose request has its requirements."""
    requirements = [
        _collapse_spaces(project.requirements) for project in scenario.projects.values() if project.requirements
    ]
    return [
        stored
        for stored in CassetteStore.load(cassettes).cassettes
        if stored.path.parent.name == scenario.name
        or any(text in _collapse_spaces(stored.cassette.request.text) for text in requirements)
    ]


def refuse_unrecordable(scenario: Scenario) -> None:
    """Raise `NotRecorded` unless the scenario only creates projects, changes them, and waits for their ends."""
    for step in scenario.script:
        if not isinstance(step, Create | Modify | Settle):
            (name,) = step.model_dump()
            raise NotRecorded(f"{scenario.name} has the step `{name}`, which is for replays only: {_INSTEAD}")
    if scenario.faults:
        raise NotRecorded(f"{scenario.name} has faults, which are for replays only: {_INSTEAD}")


_INSTEAD: Final = "record a scenario that creates and changes its projects and does nothing else."


class _Session:
    """The scenario's projects, followed while they are worked on; only one of each, however many copies there are."""

    def __init__(self, api: ProjectsApi, scenario: Scenario, on_event: OnEvent) -> None:
        self._api = api
        self._scenario = scenario
        self._on_event = on_event
        self._ids: dict[str, str] = {}
        self._seen: dict[str, list[TimelineEvent]] = {}

    def take(self, step: Step) -> None:
        match step:
            case Create(create=key):
                project = self._scenario.projects[key]
                self._ids[key] = self._api.create(project.name, project.requirements, project.template).id
                self._seen[key] = []
            case Modify(modify=change):
                self._api.modify(self._ids[change.project], change.requirements)
            case _:
                for key in self._ids:
                    self._follow_to_end(key)

    def _follow_to_end(self, key: str) -> None:
        """Follow a project to its end. Raises `NotRecorded` if that is not the end that the scenario expects."""
        if self._api.get(self._ids[key]).status not in FINAL:
            for event in filter(None, follow(self._api, self._ids[key], after=self._seen[key])):
                self._seen[key].append(event)
                self._on_event(event)
                if event.status is ProjectStatus.WAITING_FOR_QUOTA:
                    raise NotRecorded("The key's quota for today is spent: try again tomorrow. Nothing was stored.")
        project = self._api.get(self._ids[key])
        expected = self._scenario.find_expected(key)
        if project.status is not expected.status or (project.failure and not expected.failure):
            reason = f" ({project.failure.reason})" if project.failure else ""
            outcome = f"{key} ended as {project.status}{reason} and not as {expected.status}"
            raise NotRecorded(f"{outcome}: nothing was stored.")


def _store_cassettes(recorded: Sequence[StoredCassette], cassettes: Path, folder: Path) -> list[Path]:
    """Replace the cassettes in the folder by the recorded ones. Raises `NotRecorded`."""
    others = CassetteStore(
        tuple(stored for stored in CassetteStore.load(cassettes).cassettes if stored.path.parent != folder)
    )
    for stored in recorded:
        if found := others.find(stored.cassette.request):
            raise NotRecorded(
                f"{found.stored.path} answers what {folder.name} asks, too: record the scenario"
                f" {found.stored.path.parent.name}, whose replies both use."
            )
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.yaml"):
        old.unlink()
    return list(_write_cassettes(recorded, folder))


def _write_cassettes(recorded: Sequence[StoredCassette], folder: Path) -> Iterator[Path]:
    by_request = {stored.cassette.request.compute_digest(): bind_patterns(stored.cassette, BIND) for stored in recorded}
    for number, cassette in enumerate(by_request.values(), start=1):
        path = folder / f"{number}-{_make_name(cassette.request)}.yaml"
        text = to_yaml(build_document(cassette))
        path.write_text(f"# What {cassette.request.model} answered.\n{text}", encoding="utf-8")
        yield path


def _make_name(request: CanonicalRequest) -> str:
    """Return a file name for a request, from the title of its task, or for a plan."""
    title = _TITLE.search(request.text)
    return re.sub("[^a-z0-9]+", "-", title[1].lower()).strip("-")[:40] if title else "plan"


def _copy_cassettes(own: Sequence[StoredCassette], cassettes: Path, folder: Path) -> Path:
    for stored in own:
        copy = folder / stored.path.relative_to(cassettes)
        make_private(copy.parent)
        write_private(copy, stored.path.read_text("utf-8"))
    return folder


def _collapse_spaces(text: str) -> str:
    return " ".join(text.split())
