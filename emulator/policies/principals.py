"""Decides how the principals of resource policies name a caller.

See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html and …_notprincipal.html.
"""

import re
from collections.abc import Iterator, Mapping
from enum import IntEnum
from typing import Any, Final

from agenticai.emulator.policies.statements import Statement, as_list

SESSION: Final = re.compile(r"arn:([^:]+):sts::(\d{12}):assumed-role/([^/]+)/.+")
ACCOUNT: Final = re.compile(r"(?:arn:[^:]+:iam::)?(\d{12})(?::root)?")
ROLE: Final = re.compile(r"arn:([^:]+):iam::(\d{12}):role/(?:.+/)?([^/]+)")


class PrincipalMatch(IntEnum):
    """How closely a principal names a caller; a higher value is closer."""

    NOT = 0
    ACCOUNT = 1
    ROLE = 2
    """The caller's role, or everybody: a permissions boundary still applies."""
    ITSELF = 3
    """The caller's session or user: a permissions boundary does not limit what a resource policy allows to these."""


def match_principal(statement: Statement, caller: str, service: str | None = None) -> PrincipalMatch:
    """Return how closely a statement names a caller, given by its ARN, or a calling service, whose ARN is `*`."""
    if statement.not_principal is not None:
        return PrincipalMatch.NOT if _excepts(statement.not_principal, caller, service) else PrincipalMatch.ROLE
    return max((naming for naming in _list_matches(statement.principal, caller, service)), default=PrincipalMatch.NOT)


def _excepts(principal: Any, caller: str, service: str | None) -> bool:
    """Return whether a NotPrincipal excludes a caller: it has to name the account, the role and the session."""
    matches = set(_list_matches(principal, caller, service))
    if SESSION.fullmatch(caller):
        return matches >= {PrincipalMatch.ACCOUNT, PrincipalMatch.ROLE, PrincipalMatch.ITSELF}
    return bool(matches) and (service is not None or PrincipalMatch.ACCOUNT in matches or caller.endswith(":root"))


def _list_matches(principal: Any, caller: str, service: str | None) -> Iterator[PrincipalMatch]:
    principals = principal if isinstance(principal, Mapping) else {"AWS": principal}
    for identifier in as_list(principals.get("AWS")):
        match = PrincipalMatch.ROLE if identifier == "*" else _match_identifier(identifier, caller)
        if match:
            yield match
    if service and service.lower() in [each.lower() for each in as_list(principals.get("Service"))]:
        yield PrincipalMatch.ITSELF


def _match_identifier(identifier: str, caller: str) -> PrincipalMatch:
    """Return how closely an ARN or account names a caller; wildcards in it are literal."""
    account, session, role = ACCOUNT.fullmatch(identifier), SESSION.fullmatch(caller), ROLE.fullmatch(identifier)
    if identifier == caller:
        return PrincipalMatch.ITSELF
    if account:
        return PrincipalMatch.ACCOUNT if f":{account[1]}:" in caller else PrincipalMatch.NOT
    same_role = session and role and session.groups() == role.groups()
    return PrincipalMatch.ROLE if same_role else PrincipalMatch.NOT
