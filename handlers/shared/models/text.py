"""Text that people write: what of it is taken, and what is refused."""

import re
from typing import Annotated, Final

from pydantic import AfterValidator, Field, StringConstraints

MAX_REQUIREMENTS: Final = 20_000
"""Characters of a request's requirements."""

# Controls, marks that turn the direction of text, line separators, and the mark of a byte that was lost; written so
# that JSON Schema's dialect of regular expressions and Python's read it alike.
_UNSEEN: Final = (
    r"\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u200b\u2060-\u2064"
    r"\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb\ufffd-\uffff"
)
_LINE: Final = rf"\t\n\r{_UNSEEN}"


class _Visible:
    """Refuses text with characters of a class, and text that shows nothing."""

    def __init__(self, refused: str) -> None:
        self.pattern = rf"^[^{refused}]*[^\s{refused}][^{refused}]*$"
        self._refused = re.compile(f"[{refused}]")

    def __call__(self, text: str) -> str:
        found = self._refused.search(text)
        if found:
            raise ValueError(f"must not contain the character U+{ord(found[0]):04X}")
        if not text.strip():
            raise ValueError("must not be blank")
        return text.strip()


_name, _text = _Visible(_LINE), _Visible(_UNSEEN)

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
