"""The errors of this package; each message is one sentence that says what to do next."""


class ScenarioError(Exception):
    """Root of the tree.

    ScenarioError
     ├─ InvalidScenario  the file is not a scenario
     ├─ StepFailed       a step of a scenario failed
     ├─ NotRecorded      a scenario's replies were not recorded, or not re-keyed
     ├─ FolderInUse      another process writes to the folder that a run would empty
     └─ BenchLost        a job on a bench failed, and its bench is lost
    """


class InvalidScenario(ScenarioError):
    """The file is not a scenario; the message names what is wrong in it."""


class StepFailed(ScenarioError):
    """A step of a scenario failed; the message says why, and the scenario fails."""


class NotRecorded(ScenarioError):
    """A scenario's replies were not recorded or re-keyed; the message says why, and stored replies are unchanged."""


class FolderInUse(ScenarioError):
    """Another process writes to the folder that a run would empty; the message names it."""


class BenchLost(ScenarioError):
    """A job on a bench raised; the message is the cause's, and `crashed` says whether the engine has ended."""

    def __init__(self, message: str, *, crashed: bool) -> None:
        super().__init__(message)
        self.crashed = crashed
