"""The errors of this package; each message is one sentence that says what to do next."""


class ScenarioError(Exception):
    """Root of the tree.

    ScenarioError
     ├─ InvalidScenario  the file is not a scenario
     ├─ ApiError         the API did not answer as asked
     └─ DemoFailed       the demo did not end as it must
    """


class InvalidScenario(ScenarioError):
    """The file is not a scenario; the message names what is wrong in it."""


class ApiError(ScenarioError):
    """The API refused, failed or did not answer; the message holds its own reason."""


class DemoFailed(ScenarioError):
    """The demo's project did not become software that passes its tests."""
