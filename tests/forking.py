"""Runs the product's commands in processes that are forked from one that has imported them, once for all tests."""

import atexit
import gc
import importlib
import json
import os
import pkgutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import IO, Final

from agenticai import __main__ as program
from agenticai.emulator.client import ControlClient
from agenticai.stack.target import Target

ROOT: Final = Path(__file__).parents[1]
LONGEST_SECONDS: Final = 300.0

_PROGRAM: Final = "import sys; sys.path.append(sys.argv[2]); from tests.forking import serve; serve(int(sys.argv[1]))"
_NOWHERE: Final = "http://127.0.0.1:9"
_PACKAGES: Final = ("command_line", "commands", "client", "stack", "scenarios.benches")
_SERVICES: Final = ("cloudformation", "cloudwatch", "dynamodb", "lambda", "logs", "s3", "sqs", "ssm", "sts")


def run_command(
    *arguments: str, cwd: Path, env: Mapping[str, str], stdin: str = ""
) -> "subprocess.CompletedProcess[str]":
    """Run a command as `python -m agenticai` does, and return its output.

    What happens before the program's first line is not tested: how Python finds modules and encodes streams. Raises
    TimeoutError.
    """
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        given.write(stdin.encode())
        given.seek(0)
        server = _server()
        _send(server, json.dumps([arguments, str(cwd), dict(env)]).encode())
        socket.send_fds(server, [b"."], [file.fileno() for file in (given, out, errors)])
        try:
            status = int(_receive(server))
        except TimeoutError:
            _server.cache_clear()  # nobody waits for its later answers
            raise
        return subprocess.CompletedProcess(["agenticai", *arguments], status, _text(out), _text(errors))


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode()


@cache
def _server() -> socket.socket:
    """Start the forking process, which ends with this one."""
    here, there = socket.socketpair()
    here.settimeout(LONGEST_SECONDS)
    command = [sys.executable, "-P", "-c", _PROGRAM, str(there.fileno()), str(ROOT)]
    with there:
        process = subprocess.Popen(command, pass_fds=[there.fileno()], stdin=subprocess.DEVNULL, start_new_session=True)

    def end() -> None:
        here.close()
        process.wait()

    atexit.register(end)
    return here


def serve(descriptor: int) -> None:
    """Run one command after another, until the other side closes."""
    _prepare()
    with socket.socket(fileno=descriptor) as client:
        while asked := _receive(client):
            arguments, cwd, environ = json.loads(asked)
            _, streams, _, _ = socket.recv_fds(client, 1, 3)
            child = os.fork()
            if not child:
                client.close()
                _become(arguments, cwd, environ, streams)
                program.main()
                return
            for stream in streams:
                os.close(stream)
            _, status = os.waitpid(child, 0)
            _send(client, str(os.waitstatus_to_exitcode(status)).encode())


def _prepare() -> None:
    """Import all commands, and load AWS's service descriptions that they use."""
    sys.argv[0] = str(program.__file__)
    sys.path.insert(0, program.HANDLERS)
    for name in _PACKAGES:
        package = importlib.import_module(f"agenticai.{name}")
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    sys.path.remove(program.HANDLERS)
    target = Target.embedded(_NOWHERE)
    for service in _SERVICES:
        target.client(service)
    ControlClient(_NOWHERE).close()
    gc.freeze()  # so that forks share this memory


def _become(arguments: list[str], cwd: str, environ: dict[str, str], streams: list[int]) -> None:
    """Continue as the process of a command."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w")  # noqa: SIM115 - for as long as it lives
    sys.argv[1:] = arguments
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environ)


def _send(connection: socket.socket, message: bytes) -> None:
    connection.sendall(len(message).to_bytes(4, "big") + message)


def _receive(connection: socket.socket) -> bytes:
    """Receive a message; return nothing if the other side has ended."""
    length = int.from_bytes(_receive_exactly(connection, 4), "big")
    return _receive_exactly(connection, length)


def _receive_exactly(connection: socket.socket, length: int) -> bytes:
    received = b""
    while len(received) < length and (part := connection.recv(length - len(received))):
        received += part
    return received
