"""Both redactions of keys, the agents' port and the engine's recorder, know the same forms."""

import json
import urllib.parse
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable

import pytest

from agenticai.emulator.gemini import key_forms as recorders
from shared.language_model import key_forms as agents

KEY = 'AIzaSy/marked+key="0123456789-abcdefghij?>~'
Forms = Callable[[str], tuple[str, ...]]
both = pytest.mark.parametrize(
    "forms_of", [agents.list_key_forms, recorders.list_key_forms], ids=["agents", "recorder"]
)


@both
@pytest.mark.parametrize(
    "written",
    [
        KEY,
        urllib.parse.quote(KEY, safe=""),
        urllib.parse.quote_plus(KEY),
        "".join(f"%{byte:02X}" for byte in KEY.encode()),
        json.dumps({"key": KEY}),
        KEY.encode().hex(),
        KEY.encode().hex().upper(),
        *(
            encode(f"{before}{KEY}{after}".encode()).decode()
            for encode in (b64encode, urlsafe_b64encode)
            for before in ("", "u", "u:", "user:")
            for after in ("", "!", "!!", "!!!")
        ),
    ],
)
def test_a_key_is_found_however_it_is_written(forms_of: Forms, written: str) -> None:
    left = written
    for form in forms_of(KEY):
        left = left.replace(form, "")
    assert len(left) <= len(written) - len(KEY)
    assert len(left) < 20


@both
def test_the_longest_form_comes_first_and_a_short_key_has_none(forms_of: Forms) -> None:
    forms = forms_of(KEY)
    assert list(forms) == sorted(forms, key=len, reverse=True)
    assert forms_of("a key") == ()
