"""What holds after every scenario, whatever went wrong in it: the five invariants, checked on what is stored."""

from agenticai.scenarios.invariants.reading import newest_project, read
from agenticai.scenarios.invariants.rules import Violation, broken, violations

__all__ = ["Violation", "broken", "newest_project", "read", "violations"]
