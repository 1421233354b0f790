"""Chooses how the engine answers Gemini requests: by replaying, by the nearest reply, or by asking a model."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from agenticai.emulator.core.bench_records import Answers
from agenticai.emulator.gemini import MISSES, NEAREST, REPLAY, parse_model_name
from agenticai.emulator.gemini.canonical import CanonicalRequest
from agenticai.emulator.gemini.cassettes import CassetteStore
from agenticai.emulator.gemini.journal import Journal
from agenticai.emulator.gemini.later_replies import LaterReplies
from agenticai.emulator.gemini.routes import Unstored, build_gemini_app
from agenticai.emulator.gemini.use import ModelBook, build_model_routes
from agenticai.emulator.gemini.written_replies import WrittenReplies


class Gemini(NamedTuple):
    """The application that serves the Gemini API, and its routes of the control API."""

    app: Starlette
    control: list[Route]


def make_gemini(
    source: str,
    folder: Path,
    store: CassetteStore,
    run_dir: Path,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Gemini:
    """Return the application for `source`: `replay`, `nearest`, or the address of a model to forward requests to.

    `store` holds the cassettes of `folder`. Files are written below `run_dir`: requests without a reply to
    gemini-misses, all requests to gemini-requests, replies of the API to gemini-recordings. `now` returns engine time.
    """
    journal = Journal(now)
    empty_store = CassetteStore(())
    if source == REPLAY:
        misses = run_dir / MISSES
        replies = LaterReplies(folder, store, misses)
        return _build_gemini(
            store, replies, "stored", journal, replies.has, WrittenReplies(misses, folder, replies.has)
        )
    if source == NEAREST:
        from agenticai.emulator.gemini.rekey import NearestReplies

        requests = run_dir / "gemini-requests"
        return _build_gemini(empty_store, NearestReplies(store, requests), "nearest", journal)
    # Imported here: they import an HTTP client, which other ways to answer do not need.
    from agenticai.emulator.gemini.recording import Recorder
    from agenticai.emulator.gemini.upstreams import choose_upstream

    model = parse_model_name(source)
    recorder = Recorder(choose_upstream(source), run_dir / "gemini-recordings")
    return _build_gemini(empty_store, recorder, "compatible" if model else "live", journal, model=model)


def _build_gemini(
    store: CassetteStore,
    unstored: Unstored,
    answers: Answers,
    journal: Journal,
    is_stored: Callable[[CanonicalRequest], bool] = lambda _: False,
    written: WrittenReplies | None = None,
    model: str = "",
) -> Gemini:
    book = ModelBook(answers, model)

    def count_call(request: CanonicalRequest, answer: Response, seconds: float) -> None:
        book.count(journal.record(request, answer, seconds))

    return Gemini(build_gemini_app(store, unstored, count_call), build_model_routes(book, journal, is_stored, written))
