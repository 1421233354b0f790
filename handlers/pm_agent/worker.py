"""The PM agent's Lambda function."""

import os

from pm_agent.agent import PmAgent
from shared.composition import Connections, connect_model
from shared.functions import agent_function
from shared.models.messages import PlanRequested


def _agent(connections: Connections) -> PmAgent:
    return PmAgent(connections.projects, connections.objects, connect_model(os.environ))


handler = agent_function(PlanRequested, _agent, os.environ)
