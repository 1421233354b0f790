"""Two workers process the same message at once, and get different results from running the project."""

from collections.abc import Callable, Mapping

import pytest

from shared.models.messages import AnyMessage, DeployRequested, TestRequested
from shared.models.project import StoredObject
from shared.models.runs import TestsRun
from shared.storage.objects import read_named
from shared.worker import WorkOutcome
from tests.fakes.factory import Factory
from tests.fakes.runner import passing
from tests.handlers.test_unproven import failing_package, writing_a_handler


class Interrupted:
    """Results that differ: each run takes longer, and the second package fails.

    While the first result of a kind is awaited, another worker processes the message.
    """

    def __init__(self, kind: type[AnyMessage], is_meant: Callable[[Mapping[str, bytes]], bool]) -> None:
        self._kind, self._is_meant = kind, is_meant
        self.factory = Factory(writing_a_handler, answers=self.answer)
        self.message: AnyMessage | None = None
        self.asked = 0
        self.other: WorkOutcome | None = None

    def answer(self, files: Mapping[str, bytes]) -> TestsRun:
        if self._is_meant(files):
            self.asked += 1
        turn = self.asked
        if self._is_meant(files) and turn == 1 and self.message:
            self.other = self.factory.deliver(self.message)
        run = failing_package(files) if turn > 1 else passing(files)
        tests = tuple(test.model_copy(update={"seconds": float(turn)}) for test in run.tests)
        return run.model_copy(update={"tests": tests})

    def run(self) -> str:
        """Complete a project; return its id."""
        project_id = self.factory.post("A library that greets people by name, with tests.").id
        while messages := self.factory.sent.take():
            for message in messages:
                self.message = message if isinstance(message, self._kind) else self.message
                self.factory.deliver(message)
        return project_id


@pytest.mark.parametrize(("kind", "of_a_package"), [(TestRequested, False), (DeployRequested, True)])
def test_what_an_item_names_is_what_is_stored(kind: type[AnyMessage], of_a_package: bool) -> None:
    twice = Interrupted(kind, lambda files: ("test_package_proof.py" in files) is of_a_package)
    project_id = twice.run()
    projects, objects = twice.factory.projects, twice.factory.objects
    assert twice.other is WorkOutcome.DONE
    assert twice.asked > 1
    (test,), (deployment,) = projects.list_tests(project_id), projects.list_deployments(project_id)
    for named in (test.report, test.page, test.manifest, deployment.package, deployment.instructions):
        assert isinstance(named, StoredObject)
        assert read_named(objects, named)
