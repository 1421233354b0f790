"""A runner that runs nothing: it returns what a test sets, and keeps the requests."""

from collections.abc import Callable, Mapping

from shared.models.runs import TestedTest, TestsRequested, TestsRun
from shared.packed_files import unpack

Answers = Callable[[Mapping[str, bytes]], TestsRun]
"""Returns the results for the tests in these files."""


def passing(files: Mapping[str, bytes]) -> TestsRun:
    """Return one passed test for each test file."""
    paths = [path for path in files if path.rpartition("/")[2].startswith("test")]
    ids = [f"{path} {name}" for path in paths for name in (("imports", "answers") if "proof" in path else ("",))]
    tests = tuple(TestedTest(id=id_.strip(), outcome="passed", path=id_.split()[0], checks=1) for id_ in ids)
    return TestsRun(language="python", tests=tests, collected=len(tests), written=tuple(paths))


class FakeRunner:
    """Returns the result of `answers` for the files; raises it if it is an exception."""

    def __init__(self, answers: Answers = passing) -> None:
        self._answers = answers
        self.asked: list[TestsRequested] = []

    def run(self, request: TestsRequested) -> TestsRun:
        self.asked.append(request)
        return self._answers(unpack(request.files))
