"""The Dev agent's Lambda function."""

import os

from dev_agent.agent import DevAgent
from shared.composition import Connections, connect_model
from shared.functions import agent_function
from shared.models.messages import TaskReady


def _agent(connections: Connections) -> DevAgent:
    return DevAgent(connections.projects, connections.objects, connect_model(os.environ))


handler = agent_function(TaskReady, _agent, os.environ)
