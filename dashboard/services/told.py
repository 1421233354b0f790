"""What the dashboard's process is told by the command that starts it, each in an environment variable."""

from typing import Final

ENDPOINT: Final = "DASHBOARD_ENDPOINT"
STAGE: Final = "DASHBOARD_STAGE"
START: Final = "DASHBOARD_START"
"""The command that starts a stack where this dashboard looks for one."""

LOG: Final = "DASHBOARD_LOG"
"""The file with what the dashboard's process says, for as long as it runs."""
