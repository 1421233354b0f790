"""The Ops agent's Lambda function."""

import os

from ops_agent.agent import OpsAgent
from shared.composition import RunningSettings, connect_runner
from shared.functions import make_agent_function
from shared.models.messages import DeployRequested

handler = make_agent_function(
    DeployRequested,
    lambda connections, settings: OpsAgent(connections.projects, connections.objects, connect_runner(settings)),
    os.environ,
    RunningSettings,
)
