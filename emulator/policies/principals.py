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


class Naming(IntEnum):
    """How closely a principal names a caller; a higher value is closer."""

    NOT = 0
    ACCOUNT = 1
    ROLE = 2
    """The caller's role, or everybody: a permissions boundary still applies."""
    ITSELF = 3
    """The caller's session or user: a permissions boundary does not limit what a resource policy allows to these."""


def naming(statement: Statement, caller: str, service: str | None = None) -> Naming:
    """Return how closely a statement names a caller, given by its ARN, or a calling service, whose ARN is `*`."""
    if statement.not_principal is not None:
        return Naming.NOT if _excepts(statement.not_principal, caller, service) else Naming.ROLE
    return max((naming for naming in _namings(statement.principal, caller, service)), default=Naming.NOT)


def _excepts(principal: Any, caller: str, service: str | None) -> bool:
    """Return whether a NotPrincipal excludes a caller: it has to name the account, the role and the session."""
    found = set(_namings(principal, caller, service))
    if SESSION.fullmatch(caller):
        return found >= {Naming.ACCOUNT, Naming.ROLE, Naming.ITSELF}
    return bool(found) and (service is not None or Naming.ACCOUNT in found or caller.endswith(":root"))


def _namings(principal: Any, caller: str, service: str | None) -> Iterator[Naming]:
    named = principal if isinstance(principal, Mapping) else {"AWS": principal}
    for one in as_list(named.get("AWS")):
        how = Naming.ROLE if one == "*" else _how(one, caller)
        if how:
            yield how
    if service and service.lower() in [each.lower() for each in as_list(named.get("Service"))]:
        yield Naming.ITSELF


def _how(one: str, caller: str) -> Naming:
    """Return how closely an ARN or account names a caller; wildcards in it are literal."""
    account, session, role = ACCOUNT.fullmatch(one), SESSION.fullmatch(caller), ROLE.fullmatch(one)
    if one == caller:
        return Naming.ITSELF
    if account:
        return Naming.ACCOUNT if f":{account[1]}:" in caller else Naming.NOT
    same = session and role and session.groups() == role.groups()
    return Naming.ROLE if same else Naming.NOT
