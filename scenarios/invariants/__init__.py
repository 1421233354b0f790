"""What must hold after every scenario, whatever went wrong in it: six invariants, checked on the stored data."""

from agenticai.scenarios.invariants.reading import read_denied, read_snapshot, read_state_before
from agenticai.scenarios.invariants.rules import Violation, check_stack, find_violations

__all__ = ["Violation", "check_stack", "find_violations", "read_denied", "read_snapshot", "read_state_before"]
