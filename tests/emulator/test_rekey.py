"""After a change of a prompt's wording, the nearest authored cassettes are re-keyed, or a reason is given."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import httpx2
import pytest
from starlette.applications import Starlette

from agenticai.emulator.core.errors import NotRekeyed
from agenticai.emulator.gemini.cassettes import CassetteStore, to_yaml
from agenticai.emulator.gemini.rekey import NearestReplies, rekey
from agenticai.emulator.gemini.routes import build_gemini_app

PLAN = ["Plan the software.", "A clock.", "Use the mark <m-11>.", "Answer with JSON."]
TASK = ["Write the files.", "A clock.", "Use the mark <m-22>.", "Answer with code."]
RETRY = [*TASK, "Your last answer could not be taken:", "it was empty."]


def written(path: Path, lines: Sequence[str], *, origin: str = "authored") -> Path:
    """Write a cassette with a request that has these lines."""
    document = {
        "origin": origin,
        "request": {"model": "m", "contents": [{"text": "\n".join(lines)}]},
        "bind": {"mark": "<(m-[0-9]+)>"},
        "reply": {"text": f"<${{mark}}> {path.stem}"},
    }
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"# By hand.\n{to_yaml(document)}", encoding="utf-8")
    return path


@pytest.fixture
def cassettes(tmp_path: Path) -> Path:
    folder = tmp_path / "cassettes"
    for name, lines in (("plan", PLAN), ("task", TASK), ("retry", RETRY)):
        written(folder / f"{name}.yaml", lines)
    return folder


def texts(app: Starlette, requests: Sequence[Sequence[str]]) -> list[str]:
    """Return the endpoint's answers to these requests."""

    async def ask() -> list[str]:
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://gemini") as client:
            answers = [
                await client.post(
                    "/v1/models/m:generateContent",
                    json={"contents": [{"parts": [{"text": "\n".join(lines)}]}]},
                    headers={"x-goog-api-key": "any"},
                )
                for lines in requests
            ]
        return [
            answer.json()["candidates"][0]["content"]["parts"][0]["text"]
            if answer.is_success
            else answer.json()["error"]["status"]
            for answer in answers
        ]

    return asyncio.run(ask())


def asked(cassettes: Path, *requests: Sequence[str]) -> Path:
    """Request the nearest replies; return the folder with the requests."""
    kept = cassettes.parent / "asked"
    store = CassetteStore.load(cassettes)
    texts(build_gemini_app(CassetteStore(()), NearestReplies(store, kept)), requests)
    return kept


def reworded(lines: Sequence[str]) -> list[str]:
    return [line.replace("the mark", "this mark").replace("Write", "Create") for line in lines]


def test_the_nearest_reply_is_given_with_what_the_request_binds(cassettes: Path, tmp_path: Path) -> None:
    app = build_gemini_app(CassetteStore(()), NearestReplies(CassetteStore.load(cassettes), tmp_path))
    changed = [line.replace("m-22", "m-77") for line in reworded(TASK)]
    assert texts(app, [PLAN, changed, reworded(RETRY)]) == ["<m-11> plan", "<m-77> task", "<m-22> retry"]


def test_without_any_cassette_a_request_is_refused(tmp_path: Path) -> None:
    app = build_gemini_app(CassetteStore(()), NearestReplies(CassetteStore(()), tmp_path))
    assert texts(app, [PLAN]) == ["NOT_FOUND"]


def test_only_the_requests_that_changed_are_exchanged_and_all_are_found_again(cassettes: Path) -> None:
    before = {path.name: path.read_text("utf-8") for path in cassettes.iterdir()}
    changed = rekey(cassettes, asked(cassettes, PLAN, reworded(TASK), reworded(RETRY)))
    assert sorted(path.name for path in changed) == ["retry.yaml", "task.yaml"]
    assert (cassettes / "plan.yaml").read_text("utf-8") == before["plan.yaml"]
    task = (cassettes / "task.yaml").read_text("utf-8")
    assert "Create the files." in task
    assert task.startswith("# By hand.\norigin: authored\n")
    assert task[task.index("bind:") :] == before["task.yaml"][before["task.yaml"].index("bind:") :]
    replayed = build_gemini_app(
        CassetteStore.load(cassettes), NearestReplies(CassetteStore(()), cassettes.parent / "misses")
    )
    assert texts(replayed, [PLAN, reworded(TASK), reworded(RETRY)]) == ["<m-11> plan", "<m-22> task", "<m-22> retry"]


def test_recorded_cassettes_are_left_alone(cassettes: Path) -> None:
    recorded = written(cassettes / "task.yaml", TASK, origin="recorded").read_text("utf-8")
    rekey(cassettes, asked(cassettes, reworded(TASK)))
    assert (cassettes / "task.yaml").read_text("utf-8") == recorded


class TestRefused:
    @pytest.fixture(autouse=True)
    def unchanged(self, cassettes: Path) -> None:
        """Nothing is written if one request is ambiguous."""
        self.before = {path: path.read_text("utf-8") for path in cassettes.iterdir()}

    def refuse(self, cassettes: Path, match: str, *requests: Sequence[str]) -> None:
        folder = asked(cassettes, *requests)
        with pytest.raises(NotRekeyed, match=match):
            rekey(cassettes, folder)
        assert {path: path.read_text("utf-8") for path in self.before} == self.before

    def test_a_request_that_is_like_no_other(self, cassettes: Path) -> None:
        self.refuse(cassettes, "No stored request is like", reworded(TASK), ["Sing.", "A song.", "<m-1>"])

    def test_a_request_between_two_cassettes(self, cassettes: Path) -> None:
        written(cassettes / "other.yaml", [*RETRY[:-1], "it was cut off."])
        self.before = {path: path.read_text("utf-8") for path in cassettes.iterdir()}
        self.refuse(cassettes, "equally near", [*RETRY[:-1], "it had no end."])

    def test_two_requests_for_one_cassette_even_if_it_still_answers_its_own(self, cassettes: Path) -> None:
        self.refuse(cassettes, r"plan\.yaml is the nearest to .* and to ", PLAN, [*PLAN[:3], "Answer with YAML."])

    def test_a_pattern_that_finds_nothing_any_more(self, cassettes: Path) -> None:
        self.refuse(cassettes, r"`bind` of .*plan\.yaml finds no mark", [*PLAN[:2], "Use <11>.", PLAN[3]])
