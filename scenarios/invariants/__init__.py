"""What must hold after every scenario, whatever went wrong in it: six invariants, checked on the stored data."""

from agenticai.scenarios.invariants.reading import look_before, read, read_denied
from agenticai.scenarios.invariants.rules import Violation, check_stack, find_violations

__all__ = ["Violation", "check_stack", "find_violations", "look_before", "read", "read_denied"]
