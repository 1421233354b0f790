"""Text that people write: which of it is accepted, and which is refused."""

import re
from typing import Annotated, Final

from pydantic import AfterValidator, Field, StringConstraints

MAX_REQUIREMENTS: Final = 20_000
"""Maximum characters of a request's requirements."""

# Controls, bidirectional marks, invisible operators and tags, and the replacement for a lost byte; written so that
# JSON Schema's dialect of regular expressions and Python's read it alike.
_REFUSED: Final = (
    r"\u0000-\u0008\u000b\u000e-\u001f\u007f-\u009f\u2061-\u2064"
    r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufff9-\ufffb\ufffd-\uffff"
    "\U000e0000-\U000e007f"
)
# What editors and word processors may insert: form feeds, line separators, soft hyphens, zero-width spaces.
_UNSEEN: Final = r"\u000c\u00ad\u200b\u2028\u2029\u2060\ufeff"
_MARK: Final = "\ufeff"


class _Visible:
    """Refuses text with characters of a class, and text in which all characters are white space or `unseen`."""

    def __init__(self, refused: str, unseen: str = "") -> None:
        self.pattern = rf"^[^{refused}]*[^\s{refused}{unseen}][^{refused}]*$"
        self._refused = re.compile(f"[{refused}]")
        self._visible = re.compile(rf"[^\s{refused}{unseen}]")

    def __call__(self, text: str) -> str:
        match = self._refused.search(text)
        if match:
            raise ValueError(f"must not contain the character U+{ord(match[0]):04X}")
        if not self._visible.search(text):
            raise ValueError("must not be blank")
        return text.strip().strip(_MARK).strip()


_name, _text = _Visible(rf"\t\n\r{_REFUSED}{_UNSEEN}"), _Visible(_REFUSED, _UNSEEN)

Name = Annotated[
    str,
    StringConstraints(min_length=1, max_length=100),
    AfterValidator(_name),
    Field(json_schema_extra={"pattern": _name.pattern}, examples=["To-do service"]),
]
Requirements = Annotated[
    str,
    StringConstraints(min_length=10, max_length=MAX_REQUIREMENTS),
    AfterValidator(_text),
    Field(
        json_schema_extra={"pattern": _text.pattern},
        examples=["A REST service for to-do lists in Python, with tests."],
    ),
]
