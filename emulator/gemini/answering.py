"""How the engine answers as the Gemini API: by replaying, by what is nearest, or by asking the API itself."""

from pathlib import Path

from starlette.applications import Starlette

from agenticai.emulator.gemini import MISSES, NEAREST, REPLAY
from agenticai.emulator.gemini.cassettes import CassetteStore
from agenticai.emulator.gemini.later_replies import LaterReplies
from agenticai.emulator.gemini.routes import gemini_app


def answering(how: str, folder: Path, store: CassetteStore, run_dir: Path) -> Starlette:
    """The application for a way to answer: `replay`, `nearest`, or the URL of an API to pass requests on to.

    `store` is what was read from `folder`. What it keeps is in `run_dir`: requests without a reply in gemini-misses,
    all requests in gemini-requests, the replies of the API in gemini-recordings.
    """
    nothing = CassetteStore(())
    if how == REPLAY:
        misses = run_dir / MISSES
        return gemini_app(store, misses, LaterReplies(folder, store, misses))
    if how == NEAREST:
        from agenticai.emulator.gemini.rekey import NearestReplies

        asked = run_dir / "gemini-requests"
        return gemini_app(nothing, asked, NearestReplies(store, asked))
    from agenticai.emulator.gemini.recording import Recorder  # an HTTP client, for which no other engine need wait

    return gemini_app(nothing, run_dir / MISSES, Recorder(how, run_dir / "gemini-recordings"))
