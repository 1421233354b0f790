"""A project's calls to the model are combined from its agents' stored data and the engine's."""

import json
import re
from pathlib import Path

import pytest

from agenticai.client.cost.charges import compute_cost_usd
from agenticai.client.model_cost import Model
from agenticai.client.reply_check import check_reply, find_waiting_projects, make_reply_template
from agenticai.dashboard.services.model_calls import find_missing_digest, list_calls
from agenticai.dashboard.services.port import Missing
from agenticai.dashboard.services.project_use import (
    compute_aws_costs_usd,
    list_call_rows,
    list_cost_rows,
    list_function_rows,
    list_token_rows,
)
from agenticai.emulator.core.documents import parse_yaml
from agenticai.emulator.core.usage_records import CallCount, FunctionUsage, Usage
from shared.models import layout
from shared.models.events import EventType
from shared.models.project import Failure, Revision, TokenUsage
from shared.models.workflow import ProjectStatus
from tests.fakes.dashboard_projects import ID, Events, FakeSource, at, exchange, missed_reply, project

MODEL = Model("gemini-3.5-flash-lite", "live")
PLAN, TASK = layout.plan(1), layout.task(Revision(build=1), "tests-unit")
CASSETTES = Path(__file__).parents[2] / "scenarios" / "cassettes"


def reply(text: str) -> bytes:
    tokens = {"calls": 1, "prompt_tokens": 10, "output_tokens": 2}
    return json.dumps({"text": text, "finish_reason": "STOP", "tokens": tokens, "detail": "STOP"}).encode()


def key(name: str) -> str:
    return layout.reply_object(ID, 1, 0, name)


def source() -> FakeSource:
    return FakeSource(
        bucket={
            key("plan-1.json"): (reply("a plan"), at(2)),
            key("plan-2.json"): (reply("a better plan"), at(3)),
            key("1.0-tests-unit-file1-1.json"): (reply("a file"), at(12)),
            layout.plan_object(ID, 1, "plan.json"): (b"{}", at(3)),
        }
    )


def events() -> Events:
    made = Events().add(EventType.WORK_STARTED, 1, PLAN, "pm").add(EventType.WORK_FAILED, 1.5, PLAN, "pm")
    return made.worked(PLAN, 1.8, 4, "pm", attempt=2).worked(TASK, 10, 13)


class TestCalls:
    def test_stored_replies_are_told_with_their_work_turn_and_attempt(self) -> None:
        found = list_calls(project(), events().made, source(), Missing("no"), MODEL)
        assert [(call.agent, call.work, call.turn, call.attempt, call.reply) for call in found] == [
            ("pm", PLAN, 1, 2, "a plan"),
            ("pm", PLAN, 2, 2, "a better plan"),
            ("dev", TASK, 1, 1, "a file"),
        ]
        assert [call.seconds for call in found] == [None] * 3
        assert all(call.cost_usd for call in found)

    def test_the_engine_adds_what_was_asked_and_how_long_it_took(self) -> None:
        exchanges = [exchange(1, 1.9, reply="a plan"), exchange(2, 20, reply="a file")]
        first, _, third = list_calls(project(), events().made, source(), exchanges, MODEL)
        assert (first.seconds, first.prompt, first.system) == (0.25, "Greet  people.", "You plan.")
        assert third.seconds is None

    def test_calls_without_a_reply_belong_to_who_was_at_work_on_these_requirements(self) -> None:
        exchanges = [
            exchange(1, 1.2, status=429, reply="Slow down."),
            exchange(2, 1.2, status=429, prompt="Something else."),
            exchange(3, 9, status=429),
        ]
        found = list_calls(project(), events().made, source(), exchanges, MODEL)
        (failed,) = [call for call in found if call.error]
        assert (failed.error, failed.reply, failed.work, failed.attempt) == (429, "Slow down.", PLAN, 1)


class TestMissingReplies:
    REASON = f'No stored reply fits "x", asked of m.\nThe request is kept in /run/gemini-misses/{"a" * 32}.yaml; …'

    def test_a_failure_names_the_request(self) -> None:
        assert find_missing_digest(self.REASON) == "a" * 32
        assert find_missing_digest("The model is throttled.") is None

    def test_the_projects_that_wait_for_a_reply_are_found(self) -> None:
        failed = project(status=ProjectStatus.FAILED, failure=Failure(step="pm", reason=self.REASON))
        assert find_waiting_projects(missed_reply("x"), [project(), failed]) == [failed]


def authored() -> list[Path]:
    bad = ("after-", "hostile", "injection", "large", "diamond")
    return [path for path in sorted(CASSETTES.glob("[grt]*/*.yaml")) if not any(word in str(path) for word in bad)]


class TestReplyCheck:
    @pytest.mark.parametrize("path", authored(), ids=lambda path: f"{path.parent.name}-{path.stem}")
    def test_replies_that_agents_take_are_good(self, path: Path) -> None:
        cassette = parse_yaml(path.read_text("utf-8"))
        asked = missed_reply("\n".join(content["text"] for content in cassette["request"]["contents"]))
        text = cassette["reply"]["text"]
        for name, pattern in cassette.get("bind", {}).items():
            (*_, found) = re.findall(pattern, asked.prompt)
            text = text.replace(f"${{{name}}}", found)
        checked = check_reply(asked, text)
        assert checked.faults == ()
        assert checked.good

    def test_a_plan_that_cannot_be_carried_out_says_why(self) -> None:
        asked = missed_reply("Plan the software.")
        assert check_reply(asked, " ").faults == ("the answer is empty",)
        assert "no JSON" in check_reply(asked, "hello").faults[0]
        assert any("tasks" in fault for fault in check_reply(asked, make_reply_template(asked)).faults)

    def test_files_are_held_to_what_the_request_lists(self) -> None:
        listed = (
            "# Your task: It\n\n- a.py (create): it\n- b.py (modify): it\n\nIt is done when:\n\n- c.py (create): no"
        )
        asked = missed_reply(f'{listed}\n# Your answer\n\n<file-0123abcd path="the/path.ext">\n</file-0123abcd>')
        assert 'path="b.py"' in make_reply_template(asked)
        assert "c.py" not in make_reply_template(asked)
        one = '<file-0123abcd path="a.py">\nx = 1\n</file-0123abcd>'
        assert check_reply(asked, one).faults == ("b.py is missing",)
        assert check_reply(asked, f"{one}\n{one.replace('a.py', 'b.py')}").good


class TestUse:
    def test_functions_and_calls_are_summed(self) -> None:
        def count(operation: str, calls: int, function: str | None) -> CallCount:
            return CallCount(
                service="sqs", operation=operation, caller="function" if function else "client", function=function,
                calls=calls, errors={"Throttled": 1}, request_bytes=0, response_bytes=0, units=calls,
            )  # fmt: skip

        usage = Usage(
            project_id=ID,
            calls=(count("SendMessage", 1, "pm"), count("SendMessage", 2, "pm"), count("ReceiveMessage", 9, None)),
            functions=tuple(
                FunctionUsage(
                    function=name, invocations=1, errors=0, cold_starts=0, duration_ms=1, billed_ms=1, gb_seconds=used
                )
                for name, used in (("pm", 0.1), ("dev", 0.5))
            ),
        )
        assert [row.function for row in list_function_rows(usage)] == ["dev", "pm"]
        costs = {row.title: row.usd for row in list_cost_rows(usage)}
        assert sum(costs.values()) == pytest.approx(compute_cost_usd(usage.calls, usage.functions))
        cost = pytest.approx(sum(costs.values()))
        assert compute_aws_costs_usd(FakeSource(used=usage), [ID, "another"]) == [cost, 0]
        assert compute_aws_costs_usd(FakeSource(), [ID]) == [None]
        assert [(row.operation, row.caller, row.calls, row.errors) for row in list_call_rows(usage)] == [
            ("ReceiveMessage", "client", 9, 1),
            ("SendMessage", "pm", 3, 2),
        ]

    def test_tokens_are_summed_by_agent(self) -> None:
        used = TokenUsage(calls=1, prompt_tokens=100, output_tokens=10)
        made = Events().add(EventType.WORK_DONE, 1, PLAN, "pm", tokens=used)
        made.add(EventType.WORK_DONE, 2, TASK, tokens=used).add(EventType.WORK_DONE, 3, TASK, tokens=used)
        pm, dev = list_token_rows(made.made, MODEL, at(0).date())
        assert (pm.agent, pm.calls, dev.calls, dev.prompt_tokens) == ("pm", 1, 2, 200)
        assert dev.cost_usd
