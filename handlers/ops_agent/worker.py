"""The Ops agent's Lambda function."""

import os

from ops_agent.agent import OpsAgent
from shared.composition import Connections, Settings
from shared.functions import agent_function
from shared.models.messages import DeployRequested


def _agent(connections: Connections, _: Settings) -> OpsAgent:
    return OpsAgent(connections.projects, connections.objects)


handler = agent_function(DeployRequested, _agent, os.environ, Settings)
