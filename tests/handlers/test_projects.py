"""Reading projects: records that the table sorts as text are returned in numerical order."""

from shared.items import put_pending
from shared.models.messages import DeployRequested, TestRequested
from shared.models.project import Revision
from shared.models.records import DeploymentRecord, TestRecord
from shared.projects import Projects
from tests.fakes.table import InMemoryTable

PROJECT_ID = "0" * 26
UNSORTED = [Revision(build=10, round=1), Revision(build=2), Revision(build=10), Revision(build=1)]
SORTED = ["1.0", "2.0", "10.0", "10.1"]


def test_tests_come_in_the_order_of_their_builds_and_rounds() -> None:
    table = InMemoryTable()
    for revision in UNSORTED:
        message = TestRequested(project_id=PROJECT_ID, correlation_id="request-1", revision=revision)
        table.write(put_pending(message, TestRecord))
    assert [str(test.revision) for test in Projects(table).tests(PROJECT_ID)] == SORTED


def test_deployments_come_in_the_order_of_their_builds_and_rounds() -> None:
    table = InMemoryTable()
    for revision in UNSORTED:
        message = DeployRequested(project_id=PROJECT_ID, correlation_id="request-1", revision=revision)
        table.write(put_pending(message, DeploymentRecord))
    assert [str(deployment.revision) for deployment in Projects(table).deployments(PROJECT_ID)] == SORTED
