"""Prints the looks of MiniStack's parts, and those that the engine replaces: `python -m tests.emulator.ministack_parts`

It is a program because MiniStack keeps its state in its modules: in a new process, nothing is replaced yet.
"""

import hashlib
import inspect
import json
import os
import pkgutil
import sys
import tempfile
from collections.abc import Hashable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from agenticai.emulator.core.clock import Clock
from agenticai.emulator.engines.activity import Activity
from agenticai.emulator.engines.ministack import LambdaHost, MiniStack, build_settings
from agenticai.emulator.engines.ministack.patches import PATCHES
from agenticai.emulator.faults.schedule import FaultBook
from agenticai.emulator.meter.ledger import Ledger
from agenticai.emulator.spool.file import Spool
from agenticai.emulator.spool.shelf import Shelf


def part(name: str) -> Any:
    """Return the part with a name. Raises AttributeError if MiniStack has none."""
    module, _, attribute = f"ministack.{name}".rpartition(".")
    return getattr(import_module(module), attribute)


def look(value: Any) -> str:
    """Return a part's look: a digest of its source, or of the source of its functions, or else its type."""
    sources = [one for one in (value.values() if isinstance(value, dict) else [value]) if is_source(one)]
    if sources:
        source = "".join(sorted(map(inspect.getsource, sources)))
        return hashlib.sha256(source.encode()).hexdigest()[:16]
    return type(value).__qualname__


def is_source(value: Any) -> bool:
    """Return whether it is a function or class of MiniStack's own."""
    return (inspect.isfunction(value) or inspect.isclass(value)) and value.__module__.startswith("ministack")


def looks() -> dict[str, str]:
    """Return the looks of all parts in the patch set; "absent" for a missing one."""
    found = {}
    for name in (name for patch in PATCHES for name in patch.parts):
        try:
            found[name] = look(part(name))
        except (AttributeError, ImportError):
            found[name] = "absent"
    return found


def identity(value: Any) -> Hashable:
    """Return what differs if a value, an entry of it, or its container is replaced."""
    if isinstance(value, dict):
        return id(value), tuple((key, identity(entry)) for key, entry in value.items())
    if inspect.isclass(value) and value.__module__.startswith("ministack"):
        return id(value), len(vars(value))
    return id(value), id(getattr(value, "_data", None)), value if isinstance(value, bool | str) else None


def everything() -> Iterator[tuple[str, Any]]:
    """Yield all attributes of all modules of MiniStack, with their names below `ministack`."""
    for name, module in list(sys.modules.items()):
        if name.startswith("ministack."):
            yield from ((f"{name[10:]}.{key}", value) for key, value in vars(module).items() if key[:2] != "__")


def exchanged() -> list[str]:
    """Create an engine; return the names of everything that it replaces, or why there is none."""
    before = {name: identity(value) for name, value in everything()}
    folder = Path(tempfile.mkdtemp())
    spool, clock = Spool(folder), Clock()
    ledger = Ledger(Shelf(spool, held=1))
    host = LambdaHost("http://engine", "http://model", Path(sys.executable), folder, ledger, clock, Activity())
    try:
        MiniStack(host, FaultBook(clock.now), 1, spool, folder)
    except (AttributeError, ImportError, KeyError) as error:
        return [f"The engine does not start: {error}"]
    return sorted(name for name, value in everything() if before.get(name) != identity(value))


def main() -> None:
    """Print both as one JSON document."""
    os.environ.update(build_settings(1))
    for module in pkgutil.walk_packages(import_module("ministack").__path__, "ministack."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    sys.stdout.write(json.dumps({"looks": looks(), "exchanged": exchanged()}, indent=2) + "\n")


if __name__ == "__main__":
    main()
