"""What holds after every scenario, whatever went wrong in it: the five invariants, checked on what is stored."""

from agenticai.scenarios.invariants.reading import newest_project, read
from agenticai.scenarios.invariants.rules import Violation, check_stack, find_violations

__all__ = ["Violation", "check_stack", "find_violations", "newest_project", "read"]
