"""Links to S3 that are signed in their address: good with any credentials, as every other request is.

The engine takes any access key and secret, so it cannot know what most links were signed with. It checks the signatures
whose secret it knows: those of IAM users and roles that it issued keys to, and those that its functions make. All links
expire as on AWS: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ShareObjectPreSignedURL.html
"""

from collections.abc import Callable, Container
from dataclasses import replace
from typing import Any

ANY = "any secret"


class PresignedLinks:
    """Has MiniStack take a link of an unknown secret for one that is signed well.

    `own_tokens` are the session tokens of the functions' environments, whose secret the engine gave them.
    """

    def __init__(self, s3: Any, own_tokens: Container[str]) -> None:
        self._own_tokens = own_tokens
        self._resolve: Callable[..., Any] = s3.resolve_credential
        self._sign: Callable[..., str] = s3.calculate_signature
        self._match: Callable[[str, str], bool] = s3.signatures_match
        s3.resolve_credential = self._resolved
        s3.calculate_signature = self._signed
        s3.signatures_match = self._matching

    def _resolved(self, key: str, account: str, token: str = "") -> Any:
        """Resolve a key that the engine issued as MiniStack does, and any other to the account with any secret."""
        from ministack.core.iam_evaluator import find_iam_access_key_account

        if find_iam_access_key_account(key):
            return self._resolve(key, account, token)
        own = self._resolve("", account)
        return own if token in self._own_tokens else replace(own, secret_access_key=ANY)

    def _signed(self, secret: str, *scope: str) -> str:
        return ANY if secret == ANY else self._sign(secret, *scope)

    def _matching(self, computed: str, signature: str) -> bool:
        return computed == ANY or self._match(computed, signature)
