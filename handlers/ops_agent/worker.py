"""The Ops agent's Lambda function."""

import os

from ops_agent.agent import OpsAgent
from shared.composition import Settings
from shared.functions import agent_function
from shared.models.messages import DeployRequested

handler = agent_function(
    DeployRequested,
    lambda connections, _: OpsAgent(connections.projects, connections.objects),
    os.environ,
    Settings,
)
