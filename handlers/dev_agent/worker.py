"""The Dev agent's Lambda function."""

import os

from dev_agent.agent import DevAgent
from shared.composition import AskingSettings, connect_model
from shared.functions import make_agent_function
from shared.models.messages import TaskReady

handler = make_agent_function(
    TaskReady,
    lambda connections, settings: DevAgent(connections.projects, connections.objects, connect_model(settings)),
    os.environ,
    AskingSettings,
)
