"""The QA agent's Lambda function."""

import os

from qa_agent.agent import QaAgent
from shared.composition import Connections, Settings
from shared.functions import agent_function
from shared.models.messages import TestRequested


def _agent(connections: Connections, _: Settings) -> QaAgent:
    return QaAgent(connections.projects, connections.objects)


handler = agent_function(TestRequested, _agent, os.environ, Settings)
