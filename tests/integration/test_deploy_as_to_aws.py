"""A deployment as to AWS, with the embedded engine in its place: what it prints before, asks, and prints after."""

import pytest

from agenticai.commands.deploy import Deployment, StageLocation, deploy
from agenticai.commands.stage import destroy
from agenticai.emulator.process import Engine
from agenticai.stack.errors import DeclinedError, DeployError
from agenticai.stack.target import Target


class AsAws(StageLocation):
    """A stage on AWS, for which the engine stands."""

    @property
    def is_aws(self) -> bool:
        return True

    def find(self) -> tuple[Target, str | None]:
        return Target.embedded(self.endpoint), None


class Asked:
    """Answers questions, and records them."""

    def __init__(self, *, agrees: bool) -> None:
        self._agrees = agrees
        self.questions: list[tuple[str, str]] = []

    def __call__(self, question: str, word: str) -> bool:
        self.questions.append((question, word))
        return self._agrees


@pytest.fixture
def where(engine: Engine) -> AsAws:
    return AsAws(engine.endpoint_url, "prod-eu")


@pytest.fixture
def keyed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", "a-key-for-nothing")


def test_it_says_who_and_where_and_what_is_missing(
    where: AsAws, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GEMINI_API_KEY", raising=False)
    with pytest.raises(DeployError, match="fix what is marked above"):
        deploy(Deployment(where), as_json=False)
    said = capsys.readouterr().out
    assert "Account 000000000000 in us-east-1, stage prod-eu" in said
    assert "✗ The stage prod-eu has no Gemini API key yet" in said


@pytest.mark.usefixtures("keyed")
def test_it_shows_what_would_change_and_what_that_costs_and_goes_on_only_if_told(
    where: AsAws, capsys: pytest.CaptureFixture[str]
) -> None:
    no, yes = Asked(agrees=False), Asked(agrees=True)
    with pytest.raises(DeclinedError):
        deploy(Deployment(where, agreed=no), as_json=False)
    assert no.questions == [("Deploy agenticai-prod-eu?", "prod-eu")]
    said = capsys.readouterr().out
    assert "Idle, its 4 queues are polled 2,592,000 times a month: $0.64 beyond the free tier" in said
    assert ["8", "AWS::SQS::Queue"] in [line.split() for line in said.splitlines()]
    deploy(Deployment(where, agreed=yes, trial=False), as_json=False)
    said = capsys.readouterr().out
    assert "+ created  PmQueue  AWS::SQS::Queue" in said
    assert "rollback --target aws --stage prod-eu" in said
    destroy(where, yes, as_json=False)
    assert "A backup of the table" not in capsys.readouterr().out  # only on AWS
