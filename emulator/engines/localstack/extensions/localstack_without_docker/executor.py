"""The runtime executor: runs LocalStack's execution environments as local processes."""

import tempfile
from pathlib import Path
from typing import Any

from localstack import config
from localstack.services.lambda_.invocation.lambda_models import FunctionVersion, InvocationResult
from localstack.services.lambda_.invocation.runtime_executor import RuntimeExecutor

from .environment import Environment, Function
from .layers import merge
from .observer import Observer
from .settings import Settings


class LocalExecutor(RuntimeExecutor):  # type: ignore[misc] # LocalStack is not installed where types are checked
    """One execution environment, to which LocalStack sends one invocation at a time."""

    def __init__(self, id: str, function_version: FunctionVersion) -> None:
        super().__init__(id, function_version)
        settings = Settings.read()
        observer = Observer(settings.observer_url, settings.observer_token, settings.observer_token_file)
        self._environment = Environment(id, read_function(function_version), settings, observer)

    def start(self, env_vars: dict[str, Any]) -> None:
        """Start the process; the first invocation waits for its init."""
        self._environment.start({name: str(value) for name, value in env_vars.items()})

    def stop(self) -> None:
        """End the process and everything that it started."""
        self._environment.stop()

    def invoke(self, payload: dict[str, str]) -> InvocationResult:
        """Invoke the function."""
        done = self._environment.invoke(
            payload["invoke-id"], payload["payload"], payload["invoked-function-arn"], payload.get("trace-id", "")
        )
        return InvocationResult(payload["invoke-id"], done.payload, done.error_type is not None, done.log)

    def get_address(self) -> str:
        """Return the address of the process."""
        return "127.0.0.1"

    def get_endpoint_from_executor(self) -> str:
        """Return the address at which the process reaches LocalStack."""
        return "127.0.0.1"

    def get_runtime_endpoint(self) -> str:
        """Return the URL for LocalStack's own init, which a local process does not have."""
        return f"http://127.0.0.1:{config.GATEWAY_LISTEN[0].port}/_localstack_lambda/{self.id}"

    def get_logs(self) -> str:
        """Return the output since the last invocation."""
        return self._environment.take_log()

    @classmethod
    def prepare_version(cls, function_version: FunctionVersion) -> None:
        """Unpack the code and the layers."""
        for code in list_code_archives(function_version):
            code.prepare_for_execution()

    @classmethod
    def cleanup_version(cls, function_version: FunctionVersion) -> None:
        """Keep the unpacked code: LocalStack removes it with the function."""


def list_code_archives(version: FunctionVersion) -> list[Any]:
    """Return a function's code archives: its layers' in order, then its own."""
    layers = [layer.code for layer in version.config.layers]
    return [*layers, version.config.code] if version.config.code else layers


def read_function(version: FunctionVersion) -> Function:
    """Return what an environment needs to know of a function, with its layers merged into one folder."""
    settings = version.config
    folders = [Path(layer.code.get_unzipped_code_location()) for layer in settings.layers]
    return Function(
        name=version.id.function_name,
        version=version.id.qualifier,
        runtime=settings.runtime or "",
        memory_mb=settings.memory_size,
        timeout_s=settings.timeout,
        task_root=Path(settings.code.get_unzipped_code_location()),
        opt=merge(folders, Path(tempfile.gettempdir()) / "lambda" / "opt"),
    )
