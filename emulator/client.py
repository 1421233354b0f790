"""The typed client of a running engine's control API."""

from types import TracebackType
from typing import Self, TypeVar

import httpx2
from pydantic import TypeAdapter, ValidationError

from emulator.errors import ControlError
from emulator.meter.records import FinishedInvocation, Health, Usage

T = TypeVar("T")


class ControlClient:
    """Asks a running engine for its health and for what was used.

    `endpoint_url` is the engine's, such as `http://127.0.0.1:4566`. Every method raises ControlError.
    """

    def __init__(self, endpoint_url: str, timeout_s: float = 10.0) -> None:
        self._http = httpx2.Client(base_url=f"{endpoint_url}/_harness/", timeout=timeout_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def health(self) -> Health:
        """Whether the engine serves."""
        return self._get("health", TypeAdapter(Health))

    def usage(self, project_id: str | None = None) -> Usage:
        """AWS calls and Lambda use of one project, or of all and none together when it is None."""
        return self._get("usage", TypeAdapter(Usage), {"project_id": project_id} if project_id else {})

    def invocations(self) -> tuple[FinishedInvocation, ...]:
        """The latest 1,000 invocations that ended, the oldest first."""
        return self._get("invocations", TypeAdapter(tuple[FinishedInvocation, ...]))

    def start_ahead(self) -> None:
        """Have one environment of every aliased function started, in the background and one at a time."""
        try:
            self._http.post("start-ahead").raise_for_status()
        except httpx2.HTTPError as error:
            raise ControlError(f"The engine at {self._http.base_url} did not start environments: {error}") from error

    def _get(self, path: str, kind: TypeAdapter[T], parameters: dict[str, str] | None = None) -> T:
        try:
            response = self._http.get(path, params=parameters)
            return kind.validate_json(response.raise_for_status().content)
        except (httpx2.HTTPError, ValidationError) as error:
            raise ControlError(f"The engine at {self._http.base_url} did not answer {path}: {error}") from error
