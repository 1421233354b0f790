"""The QA agent's Lambda function."""

import os

from qa_agent.agent import QaAgent
from shared.composition import Settings
from shared.functions import agent_function
from shared.models.messages import TestRequested

handler = agent_function(
    TestRequested,
    lambda connections, _: QaAgent(connections.projects, connections.objects),
    os.environ,
    Settings,
)
