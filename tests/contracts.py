"""The suites that every engine must pass, and the known differences of each engine.

A suite is a module of tests on its fixtures: in the module itself, these are the embedded engine's; each other engine
has its own module, which collects the suite again. So each engine is started once for all suites. A test of a known
difference must fail, and is listed in docs/engine-contract.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Final

import pytest

STEPS: Final = "steps"
"""Marks tests of rules about time: they need a clock that can be advanced, and delivery message by message."""

CONTROL: Final = "control"
"""Marks tests that examine an engine through the control API of this project's gateway."""

HANDLERS: Final = "handlers"
"""Marks tests of behaviour that only the handlers determine, on any engine: running these on one engine is enough."""

_FIXTURE: Final = type(pytest.fixture(lambda: None))


@dataclass(frozen=True)
class HeldEngine:
    """An engine that has to pass the suites; `without` are the marks of tests that do not apply to it.

    `differences` has this engine's deviations from AWS by test name. `by_night` are the names of modules that only
    `make nightly` runs.
    """

    name: str
    without: frozenset[str]
    differences: Mapping[str, str]
    by_night: frozenset[str] = frozenset()

    def collect(self, *suites: ModuleType) -> dict[str, object]:
        """Return the tests and fixtures of suites, for the globals of this engine's own module.

        The module names this engine as `HELD`, and defines its own fixtures after these.
        """
        found = [(name, each) for suite in suites for name, each in vars(suite).items() if _is_of(suite, name, each)]
        collected = dict(found)
        twice = {name for name, each in found if collected[name] is not each and not isinstance(each, _FIXTURE)}
        assert not twice, f"two suites have tests of one name: {twice}"
        classes = [each for each in collected.values() if isinstance(each, type)]
        known = {*collected, *(name for each in classes for name in vars(each))}
        strange = {name.partition("[")[0] for name in self.differences} - known
        assert not strange, f"{self.name} is said to differ in what no suite asks: {strange}"
        return collected

    def mark(self, item: pytest.Function) -> bool:
        """Mark a test as failing if a difference is known; return whether it applies to this engine at all."""
        if any(item.get_closest_marker(mark) for mark in self.without):
            return False
        if item.function.__module__.rpartition(".")[2] in self.by_night:
            item.add_marker(pytest.mark.nightly)
        reason = self.differences.get(item.name) or self.differences.get(item.originalname)
        if reason:
            item.add_marker(pytest.mark.xfail(reason=f"{self.name}: {reason}", strict=True))
        return True


def _is_of(suite: ModuleType, name: str, each: object) -> bool:
    """Return whether an object is a test or fixture of the suite itself, not one that it imports."""
    return (name.startswith(("test_", "Test")) or isinstance(each, _FIXTURE)) and each.__module__ == suite.__name__


_ACCEPTED: Final = "it is accepted"

_RULES: Final = frozenset(
    {"test_ports", "test_engine_functions", "test_queue_rules", "test_queue_rules_refused", "test_fifo_queues"}
)
"""The suites of rules: an engine with a pinned version gives the same results every day."""

LOCALSTACK: Final = HeldEngine(
    "LocalStack",
    without=frozenset({STEPS, HANDLERS}),
    differences={
        "test_a_fifo_queue_is_made_however_true_is_written[TRUE]": "the attribute is kept as it is written",
        "test_system_attributes_are_named_in_either_of_two_ways": "AttributeNames is ignored beside the newer name",
        "test_one_alone[delay]": _ACCEPTED,
        "test_in_a_batch_each_fails_by_itself": "a delay of more than 900 seconds is accepted",
        "test_a_receive[visibility]": _ACCEPTED,
        "test_a_dead_letter_queue_that_is_not_there": _ACCEPTED,
        "test_a_dead_letter_queue_that_takes_none": "RedriveAllowPolicy is ignored",
        "test_what_is_empty_is_left_out": "an empty list of successes is in the answer",
        "test_a_queue_that_shows_a_message_again_before_the_function_must_end": _ACCEPTED,
        "test_a_stack_fails_for_the_same_reason": "the mapping of such a queue is created",
        "test_a_setting_of_streams": _ACCEPTED,
        "test_a_group_waits_until_all_that_is_in_flight_is_deleted": "groups come in a different order",
        "test_dead_letters_of_one_are_moved_back_even_if_its_visibility_timeout_is_none": (
            "a message that is moved back within five minutes counts as a duplicate, and is lost"
        ),
        "test_the_log_of_a_function_is_kept_for_two_weeks": "the retention of a log group is ignored",
        "test_everything_is_tagged_with_its_stage": "resources do not get the tags of their stack",
        "test_a_browser_of_the_allowed_origin_may_ask": "the guard does not know the origins of a deployed API",
        "test_a_failed_update_leaves_the_stack_of_before": "after a failed update the status is ROLLBACK_COMPLETE",
    },
    by_night=_RULES | {"test_api_contract"},
)

LOCALSTACK_IN_A_CONTAINER: Final = replace(LOCALSTACK, without=LOCALSTACK.without | {CONTROL}, by_night=frozenset())
"""Tests that need the control API run on the same runtime without Docker."""

BARE_MINISTACK: Final = HeldEngine(
    "bare MiniStack",
    without=frozenset({STEPS, CONTROL, HANDLERS}),
    differences={
        "test_a_dependency_that_is_not_in_the_bundle_is_missing": "functions see the packages of the engine",
        "test_a_layer_is_on_the_path_after_the_task_root": "a layer's modules go before the function's own",
        "test_an_exit_ends_the_environment": "an exit counts as an error of the handler",
        "test_a_result_that_is_no_json_is_an_error": "the error has another type",
        "test_a_fifo_queue_is_made_however_true_is_written": "attributes are kept as they are written",
        "test_system_attributes_are_named_in_either_of_two_ways": "only AttributeNames is read",
        "test_the_sources_of_a_dead_letter_queue_are_listed": "ListDeadLetterSourceQueues does not exist",
        "test_only_a_dead_letter_queue_can_be_redriven": "StartMessageMoveTask does not exist",
        "test_dead_letters_of_one_are_moved_back_even_if_its_visibility_timeout_is_none": (
            "StartMessageMoveTask does not exist"
        ),
        "test_one_alone[delay]": _ACCEPTED,
        "test_one_alone[deduplication]": _ACCEPTED,
        "test_one_alone[reserved name]": _ACCEPTED,
        "test_in_a_batch_each_fails_by_itself": "invalid entries of a batch are accepted",
        "test_a_batch_keeps_the_trace_header": "the trace header of an entry is lost",
        "test_a_receive": _ACCEPTED,
        "test_a_name": _ACCEPTED,
        "test_other_attributes_than_it_has": "Policy is not compared",
        "test_a_dead_letter_queue_that_is_not_there": "a dead-letter queue that does not exist is accepted",
        "test_a_dead_letter_queue_that_takes_none": "RedriveAllowPolicy is ignored",
        "test_nothing_is_told_where_nothing_is_asked": "all attributes are returned",
        "test_what_is_empty_is_left_out": "empty lists are in the answers",
        "test_a_queue_that_shows_a_message_again_before_the_function_must_end": _ACCEPTED,
        "test_the_preview_names_every_resource_that_is_added": "change sets list resources whose condition is false",
        "test_a_stack_fails_for_the_same_reason": "the mapping of such a queue is created",
        "test_a_second_one_of_the_same_queue": _ACCEPTED,
        "test_a_large_batch_without_a_window": _ACCEPTED,
        "test_a_setting_of_streams": _ACCEPTED,
        "test_a_queue_that_is_not_there": _ACCEPTED,
        "test_a_group_waits_until_all_that_is_in_flight_is_deleted": "a group goes on while its message is in flight",
        "test_what_was_received_with_no_timeout_comes_again": "a receive does not return a group's messages together",
        "test_a_queue_that_is_purged_takes_the_same_message_again": "a purge keeps deduplication ids",
        "test_one_is_made_again_with_the_attributes_that_it_has_by_default": "DeduplicationScope is missing",
    },
    by_night=_RULES | {"test_api_contract"},
)
