"""Why a request changes nothing."""


class RequestRefused(Exception):
    """The root: a request that changes nothing.

    RequestRefused
    ├── NoSuchProject   there is none of that id
    ├── NotNow          the project's status has no place for it
    ├── VersionChanged  somebody else wrote first
    └── KeyReused       the Idempotency-Key stands for another request
    """


class NoSuchProject(RequestRefused):
    """There is no project of that id."""


class NotNow(RequestRefused):
    """The project's status has no place for the request; the message says which would."""


class VersionChanged(RequestRefused):
    """The project is no longer the version that the caller saw."""


class KeyReused(RequestRefused):
    """The Idempotency-Key came with another request before."""
