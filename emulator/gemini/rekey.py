"""When a prompt's wording changed: give the nearest authored cassette of each miss the request that was really sent."""

import sys
from pathlib import Path

import yaml

from emulator.errors import EngineError
from emulator.gemini.canonical import CanonicalRequest
from emulator.gemini.cassettes import CassetteStore, read_cassette, to_yaml
from emulator.gemini.nearest import nearest


def rekey(cassettes: Path, misses: Path) -> list[Path]:
    """Rewrite the `request` of cassettes in place, all else in the file untouched; return the files changed.

    Recorded cassettes are left alone: their requests were really sent. Raises InvalidCassette.
    """
    store = CassetteStore.load(cassettes)
    authored = CassetteStore(tuple(stored for stored in store.cassettes if stored.cassette.origin == "authored"))
    changed = []
    for miss in sorted(misses.glob("*.yaml")):
        request = read_cassette(miss).cassette.request
        if (near := nearest(authored, request)) is not None:
            near.stored.path.write_text(with_request(near.stored.path.read_text("utf-8"), request), encoding="utf-8")
            changed.append(near.stored.path)
    return changed


def with_request(text: str, request: CanonicalRequest) -> str:
    """The cassette's text with the lines of its `request` exchanged."""
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    keys = [key for key, _ in node.value] if isinstance(node, yaml.MappingNode) else []
    starts = [key.start_mark.line for key in keys] + [len(text.splitlines())]
    position = next(i for i, key in enumerate(keys) if key.value == "request")
    lines = text.splitlines(keepends=True)
    before, after = lines[: starts[position]], lines[starts[position + 1] :]
    return "".join([*before, to_yaml({"request": request.document()}), *after])


def main() -> None:
    """`python -m emulator.gemini.rekey CASSETTES MISSES`."""
    if len(sys.argv) != 3:
        sys.exit("Usage: python -m emulator.gemini.rekey CASSETTES MISSES")
    try:
        for path in rekey(Path(sys.argv[1]), Path(sys.argv[2])):
            sys.stdout.write(f"{path}\n")
    except EngineError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
