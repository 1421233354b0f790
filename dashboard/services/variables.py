"""The environment variables with which `agenticai dashboard` configures the dashboard's process."""

from typing import Final

ENDPOINT: Final = "DASHBOARD_ENDPOINT"
STAGE: Final = "DASHBOARD_STAGE"
START: Final = "DASHBOARD_START"
"""The command that starts a stack where this dashboard looks for one."""

LOG: Final = "DASHBOARD_LOG"
"""The log file of the dashboard's process, for as long as it runs."""
