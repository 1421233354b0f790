"""Commands do not fail because of any text that they write to any stream."""

import os
import subprocess
import sys

import pytest

from agenticai.display.streams import replace_with_ascii

WRITE = """
import sys
from agenticai.display.streams import flush_streams, prepare_streams
prepare_streams()
for _ in range(int(sys.argv[2])):
    sys.stdout.write(sys.argv[1] + chr(10))
sys.stderr.write(sys.argv[1])
flush_streams()
"""


def write(text: str, encoding: str, lines: int = 1, **options: int) -> "subprocess.Popen[bytes]":
    environ = {"PATH": os.defpath, "PYTHONIOENCODING": encoding}
    command = [sys.executable, "-c", WRITE, text, str(lines)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    return subprocess.Popen(command, env=environ, **pipes)  # type: ignore[call-overload, no-any-return]


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [
        ("ascii", rb"+ a -> b... caf\xe9 \u4e2d"),
        ("latin-1", b"+ a -> b... caf\xe9 \\u4e2d"),
        ("utf-8", "✓ a → b… café 中".encode()),
    ],
)
def test_what_an_encoding_lacks_is_written_in_ascii(encoding: str, expected: bytes) -> None:
    with write("✓ a → b… café 中", encoding) as process:
        out, err = process.communicate(timeout=300)
    assert (out, err) == (expected + b"\n", expected)


def test_bytes_of_an_argument_that_are_no_text_are_escaped() -> None:
    with write("\udcff", "utf-8") as process:
        out, _ = process.communicate(timeout=300)
    assert out == b"\\udcff\n"


def test_a_reader_who_has_left_is_no_error() -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    with write("a line", "utf-8", stdout=theirs) as process:
        os.close(theirs)
        _, err = process.communicate(timeout=300)
    assert (process.returncode, err) == (0, b"a line")


def test_a_closed_stream_is_no_error() -> None:
    command = [sys.executable, "-c", WRITE, "text", "1"]
    shell = ["sh", "-c", '"$@" >&- 2>&-', "sh", *command]
    assert subprocess.run(shell, check=False, timeout=300).returncode == 0


def test_other_errors_of_codecs_stay_errors() -> None:
    with pytest.raises(UnicodeDecodeError):
        replace_with_ascii(UnicodeDecodeError("ascii", b"\xff", 0, 1, "not ASCII"))
