"""The settings, all from environment variables of LocalStack's process."""

import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self


@dataclass(frozen=True)
class Settings:
    """The interpreters of functions, their endpoint for AWS, and the observer; empty settings are not used."""

    python: str = sys.executable
    node: str = "node"
    aws_endpoint_url: str = ""
    caller_url: str = ""
    observer_url: str = ""
    observer_token: str = field(default="", repr=False)
    observer_token_file: str = ""

    @classmethod
    def read(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """Return the settings in these variables."""
        return cls(
            python=environ.get("LAMBDA_LOCAL_PYTHON") or sys.executable,
            node=environ.get("LAMBDA_LOCAL_NODE") or shutil.which("node") or "node",
            aws_endpoint_url=environ.get("LAMBDA_LOCAL_AWS_ENDPOINT_URL", ""),
            caller_url=environ.get("LAMBDA_LOCAL_CALLER_URL", ""),
            observer_url=environ.get("LAMBDA_LOCAL_OBSERVER_URL", ""),
            observer_token=environ.get("LAMBDA_LOCAL_OBSERVER_TOKEN", ""),
            observer_token_file=environ.get("LAMBDA_LOCAL_OBSERVER_TOKEN_FILE", ""),
        )
