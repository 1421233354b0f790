"""The QA agent's Lambda function."""

import os

from qa_agent.agent import QaAgent
from shared.composition import RunningSettings, connect_runner
from shared.functions import make_agent_function
from shared.models.messages import TestRequested

handler = make_agent_function(
    TestRequested,
    lambda connections, settings: QaAgent(connections.projects, connections.objects, connect_runner(settings)),
    os.environ,
    RunningSettings,
)
