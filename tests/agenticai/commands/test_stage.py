"""If there is drift, a comparison ends with a sentence that names it, or says why it is not known."""

import pytest

from agenticai.commands.stage import Difference, refuse_drift
from agenticai.stack.changes import Change
from agenticai.stack.drift import DriftedResource
from agenticai.stack.errors import DriftError

CHANGE = Change("Modify", "PmQueue", "AWS::SQS::Queue", "False")
DRIFTED = DriftedResource("PmQueue", "AWS::SQS::Queue", "MODIFIED", ("/VisibilityTimeout",))


def test_changes_alone_are_no_drift() -> None:
    refuse_drift("prod", Difference((CHANGE,), (), ""))


def test_drift_is_refused_by_name() -> None:
    with pytest.raises(DriftError, match=r"agenticai-prod has drifted \(PmQueue\): undo these changes"):
        refuse_drift("prod", Difference((), (DRIFTED,), ""))


def test_drift_that_is_not_known_is_refused_with_the_reason() -> None:
    with pytest.raises(DriftError, match="no drift here"):
        refuse_drift("prod", Difference((), (), "no drift here"))
