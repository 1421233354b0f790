"""What holds after every scenario, whatever went wrong in it: the six invariants, checked on what is stored."""

from agenticai.scenarios.invariants.reading import look_before, read, read_denied
from agenticai.scenarios.invariants.rules import Violation, check_stack, find_violations

__all__ = ["Violation", "check_stack", "find_violations", "look_before", "read", "read_denied"]
