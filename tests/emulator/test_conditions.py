"""Conditions compare as in CloudFormation, with functions in them and pseudo parameters."""

from typing import Any

import pytest
from ministack.services.cloudformation import engine

from agenticai.emulator.engines.ministack.conditions import resolve_condition_functions

TEMPLATE: dict[str, Any] = {
    "Mappings": {"Stages": {"dev": {"Watched": "yes"}}},
    "Parameters": {
        "Stage": {"Type": "String", "Default": "dev"},
        "Some": {"Type": "CommaDelimitedList", "Default": "a,b"},
        "None": {"Type": "CommaDelimitedList", "Default": ""},
    },
    "Resources": {},
}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"Fn::Join": ["", {"Ref": "None"}]}, ""),
        ({"Fn::Join": ["-", {"Ref": "Some"}]}, "a-b"),
        ({"Fn::Sub": "${Stage}-${AWS::Partition}"}, "dev-aws"),
        ({"Fn::FindInMap": ["Stages", {"Ref": "Stage"}, "Watched"]}, "yes"),
        ({"Fn::Select": [1, {"Fn::Split": ["-", "a-b"]}]}, "b"),
        ({"Ref": "AWS::Partition"}, "aws"),
        ({"Ref": "Stage"}, "dev"),
    ],
)
def test_a_condition_compares_the_values_of_functions(
    monkeypatch: pytest.MonkeyPatch, value: dict[str, Any], text: str
) -> None:
    monkeypatch.setattr(engine, "_evaluate_conditions", engine._evaluate_conditions)  # so that it is restored later
    resolve_condition_functions(engine, ())
    conditions = {"Same": {"Fn::Equals": [value, text]}, "Other": {"Fn::Not": [{"Condition": "Same"}]}}
    template = {**TEMPLATE, "Conditions": conditions}
    parameters = engine._resolve_parameters(template, [])
    assert engine._evaluate_conditions(template, parameters) == {"Same": True, "Other": False}
