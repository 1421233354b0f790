"""Accepts presigned S3 URLs with any credentials, as all other requests.

The engine accepts any access key and secret, so it cannot verify most URLs. It verifies signatures of version 4 if it
knows the secret: for users and sessions whose keys it issued, and for URLs that its functions create. All URLs expire
as on AWS: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ShareObjectPreSignedURL.html,
and for version 2 https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html.
"""

import time
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import replace
from typing import Any

ANY = "any secret"
WEEK_S = 604_800


class PresignedLinks:
    """Has MiniStack accept presigned URLs whose secret is unknown.

    `own_tokens` are the session tokens of the functions' environments, whose secret the engine has set.
    """

    def __init__(self, s3: Any, own_tokens: Container[str]) -> None:
        self._own_tokens = own_tokens
        self._resolve: Callable[..., Any] = s3.resolve_credential
        self._sign: Callable[..., str] = s3.calculate_signature
        self._match: Callable[[str, str], bool] = s3.signatures_match
        self._error: Callable[..., Any] = s3._error
        self._verify: Callable[..., Any] = s3._verify_presigned_sigv4
        s3.resolve_credential = self._resolve_key
        s3.calculate_signature = self._sign_scope
        s3.signatures_match = self._match_signatures
        s3._verify_presigned_sigv4 = self._verify_expiry

    def _verify_expiry(
        self, method: str, path: str, headers: Mapping[str, str], query: Mapping[str, str | Sequence[str]]
    ) -> Any:
        """Refuse URLs that have expired or are valid for too long; MiniStack checks expiry of version 4 only."""
        parameters = {name: value if isinstance(value, str) else value[0] for name, value in query.items()}
        if "Signature" in parameters and 0 < parse_seconds(parameters.get("Expires", "")) < time.time():
            return self._error("AccessDenied", "Request has expired", 403, path)
        if "X-Amz-Signature" in parameters and parse_seconds(parameters.get("X-Amz-Expires", "")) > WEEK_S:
            reason = f"X-Amz-Expires must be less than a week (in seconds), which are {WEEK_S}."
            return self._error("AuthorizationQueryParametersError", reason, 400, path)
        return self._verify(method, path, headers, query)

    def _resolve_key(self, key: str, account: str, token: str = "") -> Any:
        """Resolve an access key as MiniStack does if it issued it, else to the account, with any secret."""
        from ministack.core.iam_evaluator import find_iam_access_key_account
        from ministack.services import sts

        credentials = self._resolve("", account)
        if token in self._own_tokens:
            return credentials
        if find_iam_access_key_account(key) or key in sts._sessions:
            return self._resolve(key, account, token)
        return replace(credentials, secret_access_key=ANY)

    def _sign_scope(self, secret: str, *scope: str) -> str:
        return ANY if secret == ANY else self._sign(secret, *scope)

    def _match_signatures(self, computed: str, signature: str) -> bool:
        return computed == ANY or self._match(computed, signature)


def parse_seconds(text: str) -> int:
    """Return a parameter as a number; 0 if it is not one."""
    return int(text) if text.isascii() and text.isdigit() else 0
