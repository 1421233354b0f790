"""A job, as it is sent to the process that creates the sandbox: a line of JSON, then the files' contents."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import IO

from runner.sandbox.inside.limits import Limits


@dataclass(frozen=True)
class Job:
    """A program, and everything of this machine that it can see.

    `shown` are real paths that can be read inside, and `hidden` are folders that are empty inside. `packages` are files
    and folders by import name, which can be read in the folder that `PYTHONPATH` names. `files` (content by path)
    become its working folder. What it writes to the descriptor `REPORT` arrives at the descriptor `report`. Without
    `contained`, it runs without a sandbox.
    """

    command: tuple[str, ...]
    environment: Mapping[str, str]
    shown: tuple[str, ...]
    files: Mapping[str, bytes]
    limits: Limits = field(default_factory=Limits)
    report: int = -1
    contained: bool = True
    hidden: tuple[str, ...] = ()
    packages: Mapping[str, str] = field(default_factory=dict)

    def encode(self) -> bytes:
        """Return the job as bytes, for `decode`."""
        sizes = [(path, len(content)) for path, content in self.files.items()]
        header = {**{name: getattr(self, name) for name in _HEAD}, "limits": asdict(self.limits), "files": sizes}
        return b"\n".join((json.dumps(header).encode(), b"".join(self.files.values())))

    @classmethod
    def decode(cls, stream: IO[bytes]) -> "Job":
        """Read a job that `encode` has written."""
        header = json.loads(stream.readline())
        files = {path: stream.read(size) for path, size in header.pop("files")}
        return cls(
            command=tuple(header.pop("command")),
            shown=tuple(header.pop("shown")),
            hidden=tuple(header.pop("hidden")),
            limits=Limits(**header.pop("limits")),
            files=files,
            **header,
        )


_HEAD = ("command", "environment", "shown", "report", "contained", "hidden", "packages")

REPORT = 3
"""The descriptor on which the program reports."""
