"""Updates of a stack in use: no request fails, no message is lost, and both versions are seen at work."""

import shutil
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from agenticai.emulator.core.home import find_home
from agenticai.scenarios.benches.deployed import Bench
from agenticai.scenarios.benches.deployment import STAGE, deploy_prepared, prepare
from agenticai.scenarios.benches.embedded import bench
from agenticai.scenarios.format.scenario import LIBRARY, load
from agenticai.stack.secrets import Secrets
from agenticai.stack.template import TEMPLATE
from shared.models.views import ProjectView
from shared.models.workflow import ProjectStatus
from tests.integration.cloud import eventually

ROOT = TEMPLATE.parents[1]
GREETING = load(LIBRARY / "greeting.yaml").first
READERS = 2
PACE_SECONDS = 0.08
"""The pause between a reader's requests: together they use half of the stage's 50 requests per second."""
BEFORE, AFTER = 3, 3
"""Projects posted before an update begins and after it ended; during it, as many as time allows."""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with bench(run_dir=tmp_path_factory.mktemp("updated") / "run") as deployed:
        yield deployed


def copy_sources(folder: Path) -> Path:
    """Copy the deployed files, to be changed; return the copy's template."""
    for room in ("stack", "handlers"):
        shutil.copytree(ROOT / room, folder / room, ignore=shutil.ignore_patterns("__pycache__"))
    return folder / "stack" / TEMPLATE.name


def change_handler(template: Path) -> None:
    worker = template.parents[1] / "handlers" / "pm_agent" / "worker.py"
    worker.write_text(worker.read_text("utf-8") + "\nCHANGED = True\n", encoding="utf-8")


def change_layer(template: Path) -> None:
    (template.parents[1] / "handlers" / "shared" / "changed.py").write_text('"""Changed."""\n', encoding="utf-8")


def change_queue(template: Path) -> None:
    text = template.read_text("utf-8")
    assert text.count("VisibilityTimeout: 1800") > 1
    template.write_text(text.replace("VisibilityTimeout: 1800", "VisibilityTimeout: 1860"), encoding="utf-8")


class Load:
    """Repeated requests to a stack from several threads, and the answers."""

    def __init__(self, stack: Bench) -> None:
        self._stack = stack
        self._stopping = threading.Event()
        self.answers: Counter[str] = Counter()
        self.posted: list[str] = []

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """Read and post projects during the block; some before it begins, and some after it ends."""
        with ThreadPoolExecutor(READERS + 1) as pool:
            working: list[Future[None]] = [pool.submit(self._read) for _ in range(READERS)]
            working.append(pool.submit(self._post))
            try:
                eventually(lambda: len(self.posted) >= BEFORE)
                yield
                seen = len(self.posted)
                eventually(lambda: len(self.posted) >= seen + AFTER)
            finally:
                self._stopping.set()
            for future in working:
                future.result()

    def _read(self) -> None:
        with self._client() as http:
            while not self._stopping.wait(PACE_SECONDS):
                self._note("GET", http.get("/api/projects?limit=1"))

    def _post(self) -> None:
        """Post projects one after another, each when the previous one is done, so messages are always in transit."""
        body = {"name": GREETING.name, "requirements": GREETING.requirements}
        with self._client() as http, self._stack.api() as api:
            while not self._stopping.is_set():
                answer = http.post("/api/projects", json=body)
                self._note("POST", answer)
                self.posted.append(str(answer.json()["id"]))
                eventually(lambda: api.get(self.posted[-1]).status is not ProjectStatus.CREATED)

    def _note(self, method: str, answer: httpx2.Response) -> None:
        self.answers[f"{method} {answer.status_code}"] += 1

    def _client(self) -> httpx2.Client:
        headers = {"Authorization": f"Bearer {self._stack.token}"}
        return httpx2.Client(base_url=self._stack.outputs.api_url, headers=headers, timeout=60, trust_env=False)


def update_under_load(running: Bench, folder: Path, change: Callable[[Path], None]) -> None:
    """Deploy a change during requests; check that all were answered well, and that all projects are completed."""
    sources = copy_sources(folder)
    change(sources)
    prepared = prepare(find_home(folder=ROOT) / "cache", lambda _: None, sources, running.target.functions_on)
    load = Load(running)
    with load.going_on():
        deploy_prepared(running.target, STAGE, prepared, Secrets(), lambda _: None)
    assert set(load.answers) == {"GET 200", "POST 201"}
    with running.api() as api:
        for project in load.posted:
            eventually(lambda id_=project: is_done(api.get(id_)))  # type: ignore[misc]


# By day, the change that swaps versions; the others use the same mechanism with another resource.
BY_NIGHT = [pytest.param(change, marks=pytest.mark.nightly) for change in (change_layer, change_queue)]


@pytest.mark.parametrize("change", [change_handler, *BY_NIGHT])
def test_an_update_fails_no_request_and_loses_no_message(
    running: Bench, tmp_path: Path, change: Callable[[Path], None]
) -> None:
    before = versions_at_work(running)
    update_under_load(running, tmp_path, change)
    if change is not change_queue:
        assert versions_at_work(running) > before


def is_done(project: ProjectView) -> bool:
    assert project.status is not ProjectStatus.FAILED, project.failure
    return project.status is ProjectStatus.COMPLETED


def versions_at_work(stack: Bench) -> set[str]:
    """Return the versions of PM that have logged something, from the names of its log streams."""
    group = f"/aws/lambda/{stack.outputs.function_names['pm']}"
    pages = stack.target.client("logs").get_paginator("describe_log_streams").paginate(logGroupName=group)
    names = [stream["logStreamName"] for page in pages for stream in page["logStreams"]]
    return {name.split("[")[1].split("]")[0] for name in names}
