"""Re-keys cassettes after a prompt's wording changed: the nearest authored ones answer, then get the new requests."""

from pathlib import Path
from typing import Final

import yaml
from starlette.requests import Request
from starlette.responses import Response

from agenticai.emulator.core.errors import NotRekeyed
from agenticai.emulator.gemini.answers import replay
from agenticai.emulator.gemini.canonical import CanonicalRequest
from agenticai.emulator.gemini.cassettes import CassetteStore, FoundReply, StoredCassette, read_cassette, to_yaml
from agenticai.emulator.gemini.misses import store_missed_request, store_request
from agenticai.emulator.gemini.nearest import compare

LEAST_LIKENESS: Final = 0.5
"""The minimum similarity; a request below it is not the result of a change of wording."""


class NearestReplies:
    """Answers requests with the reply of the nearest authored cassette, and stores all requests below `asked`."""

    def __init__(self, store: CassetteStore, requests: Path) -> None:
        self._store = store
        self._requests = requests

    async def __call__(self, http: Request, request: CanonicalRequest) -> Response:
        ranked = _rank(self._store, request)
        if not ranked:
            return store_missed_request(request, self._store, self._requests)
        store_request(request, self._requests)
        stored = ranked[0][1]
        return replay(request, FoundReply(stored, request.bind_values(stored.cassette.bind)[1]))


def rekey(cassettes: Path, requests: Path) -> list[Path]:
    """Replace the requests of cassettes by the sent ones to which they are nearest; the rest of the files stays.

    `requests` holds all requests of a run, so that a cassette that still matches its own request is not used for
    another. Return the changed files. Recorded cassettes are not changed, as their requests were really sent. Raises
    NotRekeyed and InvalidCassette without having changed anything.
    """
    store = CassetteStore.load(cassettes)
    matched: dict[Path, tuple[StoredCassette, StoredCassette]] = {}
    for sent in (read_cassette(path) for path in sorted(requests.glob("*.yaml"))):
        near = _match(store, sent)
        if other := matched.get(near.path):
            raise NotRekeyed(f"{near.path} is the nearest to {sent.path} and to {other[1].path}: write a reply to one.")
        matched[near.path] = near, sent
    changed = [
        path
        for path, (near, sent) in matched.items()
        if _bind(sent, near).compute_digest() != near.request.compute_digest()
    ]
    for path in changed:
        path.write_text(
            replace_request_lines(path.read_text("utf-8"), matched[path][1].cassette.request), encoding="utf-8"
        )
    return changed


def _match(store: CassetteStore, sent: StoredCassette) -> StoredCassette:
    """Return the cassette whose request the sent one replaces. Raises NotRekeyed."""
    ranked = [pair for pair in _rank(store, sent.cassette.request) if pair[0] >= LEAST_LIKENESS]
    if not ranked:
        raise NotRekeyed(f"No stored request is like {sent.path}: write a reply there, and move it to the cassettes.")
    (highest, near), *others = ranked
    if others and others[0][0] == highest:
        raise NotRekeyed(f"{near.path} and {others[0][1].path} are equally near to {sent.path}: choose one by hand.")
    if unfound := near.cassette.bind.keys() - sent.cassette.request.bind_values(near.cassette.bind)[1].keys():
        raise NotRekeyed(f"`bind` of {near.path} finds no {', '.join(unfound)} in {sent.path}: correct its pattern.")
    return near


def _bind(sent: StoredCassette, near: StoredCassette) -> CanonicalRequest:
    return sent.cassette.request.bind_values(near.cassette.bind)[0]


def _rank(store: CassetteStore, request: CanonicalRequest) -> list[tuple[float, StoredCassette]]:
    """Return the authored cassettes with their similarity, the nearest first."""
    authored = [stored for stored in store.cassettes if stored.cassette.origin == "authored"]
    return sorted(((compare(request, stored), stored) for stored in authored), key=lambda pair: -pair[0])


def replace_request_lines(text: str, request: CanonicalRequest) -> str:
    """Return the cassette's text with the lines of its `request` replaced."""
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    keys = [key for key, _ in node.value] if isinstance(node, yaml.MappingNode) else []
    starts = [key.start_mark.line for key in keys] + [len(text.splitlines())]
    position = next(i for i, key in enumerate(keys) if key.value == "request")
    lines = text.splitlines(keepends=True)
    before, after = lines[: starts[position]], lines[starts[position + 1] :]
    return "".join([*before, to_yaml({"request": request.to_document()}), *after])
