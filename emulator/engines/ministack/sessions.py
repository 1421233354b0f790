"""Session tokens that identify functions that MiniStack itself runs: in Node.js or a custom runtime."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import Any

from agenticai.emulator.engines.function import SECRET_KEY
from agenticai.emulator.engines.ministack.roles import Caller


class Sessions:
    """Creates and reads the tokens; they are signed, so that no function can impersonate another."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes()

    def issue_credentials(self, config: Mapping[str, Any]) -> dict[str, str]:
        """Return the credentials of a function's environment; replaces `execution_credentials`."""
        caller = Caller(config["FunctionName"], config["Role"])
        return {
            "AWS_ACCESS_KEY_ID": config["FunctionArn"].split(":")[4],  # MiniStack uses it as the account
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_SESSION_TOKEN": self._sign_token(caller),
        }

    def find_caller(self, token: str) -> Caller | None:
        """Return the function that a token identifies; None for other tokens."""
        function, _, rest = token.partition(".")
        role, _, _ = rest.partition(".")
        caller = Caller(_decode(function), _decode(role))
        return caller if hmac.compare_digest(self._sign_token(caller).encode(), token.encode()) else None

    def _sign_token(self, caller: Caller) -> str:
        claims = f"{_encode(caller.function)}.{_encode(caller.role)}"
        return f"{claims}.{hmac.new(self._key, claims.encode(), hashlib.sha256).hexdigest()}"


def _encode(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


def _decode(text: str) -> str:
    try:
        return base64.urlsafe_b64decode(text).decode()
    except ValueError:
        return ""
