"""boto3 sessions that share the descriptions of AWS's services, as reading these takes far longer than most calls."""

from typing import Final

import boto3
import botocore.session
from botocore.loaders import create_loader

_DESCRIPTIONS: Final = create_loader()
ACCOUNT: Final = "000000000000"
REGION: Final = "us-east-1"


def new_session(key: str = ACCOUNT, secret: str | None = None, token: str | None = None) -> boto3.Session:
    """Return a session with these credentials, or with ones that any engine accepts, in the region of all tests."""
    session = botocore.session.Session()
    session.register_component("data_loader", _DESCRIPTIONS)
    return boto3.Session(key, secret or "any", token, REGION, session)
