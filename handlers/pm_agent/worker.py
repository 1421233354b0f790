"""The PM agent's Lambda function."""

import os

from pm_agent.agent import PmAgent
from shared.composition import AskingSettings, Connections, connect_model
from shared.functions import agent_function
from shared.models.messages import PlanRequested


def _agent(connections: Connections, settings: AskingSettings) -> PmAgent:
    return PmAgent(connections.projects, connections.objects, connect_model(settings))


handler = agent_function(PlanRequested, _agent, os.environ, AskingSettings)
