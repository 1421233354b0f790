"""The PM agent's Lambda function."""

import os

from pm_agent.agent import PmAgent
from shared.composition import AskingSettings, connect_model
from shared.functions import make_agent_function
from shared.models.messages import PlanRequested

handler = make_agent_function(
    PlanRequested,
    lambda connections, settings: PmAgent(connections.projects, connections.objects, connect_model(settings)),
    os.environ,
    AskingSettings,
)
