"""The Dev agent's Lambda function."""

import os

from dev_agent.agent import DevAgent
from shared.composition import AskingSettings, Connections, connect_model
from shared.functions import agent_function
from shared.models.messages import TaskReady


def _agent(connections: Connections, settings: AskingSettings) -> DevAgent:
    return DevAgent(connections.projects, connections.objects, connect_model(settings))


handler = agent_function(TaskReady, _agent, os.environ, AskingSettings)
