"""The commands for queues, dead letters, logs and stored replies, each in its own process."""

import json
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from agenticai.emulator.client import ControlClient
from tests.integration.cloud import NEVER_SECONDS, eventually
from tests.integration.test_command_line import COMMAND, ROOT, home_of_its_own, run, served
from tests.sessions import new_session

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

HOSTILE = "no JSON [/nope] \u202e"
PROJECT = "01ARZ3NDEKTSV4RRFFQ69G5FAV"


class Up:
    """A running `agenticai up`, its output, and its queues."""

    def __init__(self, told: dict[str, Any]) -> None:
        self.told = told
        self.endpoint = ("--endpoint", told["endpoint_url"])
        session = new_session()
        self.sqs: SQSClient = session.client("sqs", endpoint_url=told["endpoint_url"])

    def url(self, queue: str) -> str:
        return self.sqs.get_queue_url(QueueName=queue)["QueueUrl"]

    def kill(self, body: str) -> str:
        """Send pm an unreadable message, and wait until it is a dead letter; return its id."""
        sent = self.sqs.send_message(QueueUrl=self.url("agenticai-pm-queue-dev"), MessageBody=body)["MessageId"]
        with ControlClient(self.told["endpoint_url"]) as control:
            eventually(lambda: sent in {m.id for m in control.messages("agenticai-pm-dlq-dev").messages})
        return sent

    def json(self, *arguments: str) -> Any:
        done = run(*arguments, "--json", *self.endpoint)
        assert done.stdout, done.stderr
        return json.loads(done.stdout)


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    with served(home_of_its_own(tmp_path_factory.mktemp("state"))) as told:
        yield Up(told)


@pytest.fixture
def dead(up: Up) -> str:
    """The only dead letter of pm."""
    up.sqs.purge_queue(QueueUrl=up.url("agenticai-pm-dlq-dev"))
    return up.kill(HOSTILE)


def test_queues_show_a_dead_letter_and_lead_to_it(up: Up, dead: str) -> None:
    shown = run("queues", *up.endpoint)
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.count("-queue-dev ") == shown.stdout.count("-dlq-dev ") == 4
    (hint,) = (line for line in shown.stdout.splitlines() if line.endswith(" shows what pm could not process."))
    assert " dlq pm" in hint, "with --endpoint where the command would not find this engine by itself"
    pm = up.json("queues")[0]
    assert (pm["agent"], pm["dead_letters"]["depth"]["visible"]) == ("pm", 1)


def test_a_dead_letter_is_told_and_left_as_it_is(up: Up, dead: str) -> None:
    for arguments in (("dlq",), ("dlq", "pm", "--full"), ("dlq", "agenticai-pm-dlq-dev")):
        shown = run(*arguments, *up.endpoint)
        assert shown.returncode == 0, shown.stderr
        assert shown.stdout.splitlines()[0] == dead
        assert "Poison: not a message" in shown.stdout
        assert "no JSON [/nope] \\u202e" in shown.stdout
        assert "pm: 1 of 1 dead letter shown: 1 x Poison" in shown.stdout
    (letter,) = up.json("dlq")
    assert (letter["message"]["received"], len(letter["attempts"])) == (5, 5)
    assert letter["message"]["body"] == HOSTILE


def test_a_queue_without_dead_letters_says_so(up: Up) -> None:
    shown = run("dlq", "ops", *up.endpoint)
    assert (shown.returncode, shown.stdout) == (0, "No dead letters.\n")
    assert up.json("dlq", "ops") == []


def test_a_letter_that_is_sent_back_comes_back_as_a_new_one(up: Up, dead: str) -> None:
    done = run("redrive", "pm", "--message", dead[:8], "--yes", *up.endpoint)
    assert done.returncode == 0, done.stderr
    assert f"{dead} sent back as " in done.stdout
    with ControlClient(up.told["endpoint_url"]) as control:
        eventually(lambda: control.messages("agenticai-pm-dlq-dev").total == 1)
        (again,) = control.messages("agenticai-pm-dlq-dev").messages
    assert again.id != dead
    assert again.body == HOSTILE


def test_all_are_sent_back_at_once(up: Up, dead: str) -> None:
    moved = up.json("redrive", "pm", "--all", "--yes")
    assert (moved["moved"]["status"], moved["moved"]["moved"]) == ("COMPLETED", 1)


def test_nothing_is_sent_back_unless_it_is_agreed_to(up: Up, dead: str) -> None:
    done = subprocess.run(
        [*COMMAND, "redrive", "pm", "--all", *up.endpoint],
        cwd=ROOT, input="n\n", capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout.strip()) == (1, "Nothing was sent.")
    assert "Send 1 dead letter back to pm?" in done.stderr
    assert [letter["message"]["id"] for letter in up.json("dlq", "pm")] == [dead]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("redrive", "pm", "--all", "--message", "1"), "--message ID, which is repeatable, or --all"),
        (("redrive", "pm", "--message", "zzz", "--yes"), "no dead letter begins with zzz"),
        (("redrive", "ops", "--all", "--yes"), "ops has nothing to send back"),
        (("redrive", "nope", "--all"), "There is no queue nope"),
        (("logs", "nope"), "There is no function nope: name one of api, pm, dev, qa, runner, node-runner, ops"),
        (("logs", "--since", "soon"), "'soon' is not a duration"),
    ],
)
def test_what_a_person_can_mend_is_one_sentence(up: Up, arguments: tuple[str, ...], sentence: str) -> None:
    refused = run(*arguments, *up.endpoint)
    assert refused.returncode == 1
    assert sentence in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_logs_are_shown_by_function_and_for_machines_line_by_line(up: Up, dead: str) -> None:
    shown = run("logs", "pm", "--since", "1h", *up.endpoint)
    assert shown.returncode == 0, shown.stderr
    assert f"message_id={dead}" in shown.stdout
    lines = [json.loads(line) for line in run("logs", "--since", "1h", "--json", *up.endpoint).stdout.splitlines()]
    assert {line["function"] for line in lines} >= {"pm"}
    assert any(dead in line["message"] for line in lines)


def test_logs_of_one_project_name_it(up: Up) -> None:
    named = json.dumps(
        {"schema": "task-ready/2", "project_id": PROJECT, "correlation_id": "c", "revision": {"build": 1}}
    )
    up.kill(named)
    posted = up.json("new", "--file", "docs/examples/greeting.md")
    shown = run("logs", "--since", "1h", "--project", posted["id"], *up.endpoint).stdout
    assert "handled" in shown
    assert all(posted["id"] in line for line in shown.splitlines())


@pytest.mark.usefixtures("interruptible")
def test_logs_are_followed_until_somebody_interrupts(up: Up, dead: str) -> None:
    process = subprocess.Popen(
        [*COMMAND, "logs", "pm", "--follow", "--since", "1h", *up.endpoint],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    deadline = threading.Timer(NEVER_SECONDS, process.kill)
    deadline.start()
    for message_id in (dead, up.kill("also no JSON")):
        line = ""
        while message_id not in line:
            line = process.stdout.readline()
            assert line, "it ended by itself"
    process.send_signal(signal.SIGINT)
    _, said = process.communicate()
    deadline.cancel()
    assert (process.returncode, said) == (0, "")


def test_up_says_which_model_it_asks_and_projects_what_that_cost(up: Up) -> None:
    assert up.told["model"] == {"name": "gemini-3.5-flash-lite", "answers": "stored"}
    posted = up.json("new", "--file", "docs/examples/greeting.md")
    assert posted["model"] == {"name": "gemini-3.5-flash-lite", "answers": "stored", "cost_usd": 0.0}
    shown = run("status", posted["id"], *up.endpoint).stdout
    assert "3 model calls, " in shown
    assert "stored replies, which cost nothing" in shown
    assert up.json("status", posted["id"])["model"]["cost_usd"] == 0.0


def test_every_template_works_without_a_key_and_says_so(up: Up) -> None:
    assert {template["reply_stored"] for template in up.json("templates")} == {True}
    shown = run("templates", *up.endpoint).stdout
    assert shown.count("stored") == 7
    made = run("new", "--template", "cli-tool", *up.endpoint)
    assert made.returncode == 0, made.stdout
    assert "No reply is stored" not in made.stdout


def test_a_request_without_a_reply_is_told_before_it_is_posted_and_its_miss_is_three_lines(up: Up) -> None:
    posted = run("new", "No reply is stored for what this asks.", *up.endpoint)
    first, second, *_, asked, where, remedy, _ = posted.stdout.splitlines()
    assert posted.returncode == 1
    assert first.startswith("No reply is stored for these requirements")
    assert second.startswith("Posted as ")
    assert asked.startswith('  No stored reply fits "Plan the software that these requirements ask for.", asked of ')
    assert where.startswith("  The request is kept in ")
    assert remedy.startswith("  Write its reply into that file, move the file to ")
    assert posted.stdout.count("No stored reply fits") == 1


def test_a_change_without_a_reply_leaves_the_project_finished(up: Up, tmp_path: Path) -> None:
    project = up.json("new", "--file", "docs/examples/greeting.md")
    changed = run("modify", project["id"], "Greet the whole world in Klingon.", *up.endpoint)
    assert changed.returncode == 1
    assert "Its last change failed and was taken back; the project is as it was before." in changed.stdout
    assert f"retry {project['id']}" in changed.stdout
    after = up.json("status", project["id"])["project"]
    assert {name: after[name] for name in ("status", "revision", "score")} == {
        name: project[name] for name in ("status", "revision", "score")
    }
    assert after["failure"]["reason"].startswith("No stored reply fits")
    assert run("get", project["id"], "--out", str(tmp_path), *up.endpoint).returncode == 0
    assert (tmp_path / project["id"] / "code" / "greeting.py").exists()
    again = up.json("retry", project["id"])
    assert (again["status"], again["revision"]) == ("COMPLETED", project["revision"])
