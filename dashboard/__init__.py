"""The dashboard: queues, dead letters, projects, scores and cost of a stack, in a browser."""

import sys
from pathlib import Path

HANDLERS = Path(__file__).resolve().parents[1] / "handlers"
if str(HANDLERS) not in sys.path:
    sys.path.insert(0, str(HANDLERS))  # the source root of the Lambda code, whose models are shared
