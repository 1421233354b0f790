"""Every analyser there is."""

from typing import Final

from qa_agent.analysers.complexity import Complexity
from qa_agent.analysers.port import Analyser
from qa_agent.analysers.ruff import Ruff
from qa_agent.analysers.secrets import Secrets
from qa_agent.analysers.syntax import Syntax

ANALYSERS: Final[tuple[Analyser, ...]] = (Syntax(), Ruff(), Complexity(), Secrets())
