"""CloudFormation's text for numbers and booleans in a template, with MiniStack's own parser."""

from types import ModuleType
from typing import Any

import pytest
import yaml

from agenticai.emulator.engines.ministack.template_text import format_scalar, format_scalars, read_scalars_as_text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        *((True, "true"), (False, "false"), ("True", "True"), (0, "0"), (-5, "-5"), (12345678901234567890,) * 2),
        *((0.1, "0.1"), (1.0, "1.0"), (-0.0, "-0.0"), (0.001, "0.001"), (9999999.5, "9999999.5")),
        *((0.0001, "1.0E-4"), (1e7, "1.0E7"), (-123456789.5, "-1.234567895E8"), (1e100, "1.0E100")),
        *((float("nan"), "NaN"), (float("-inf"), "-Infinity")),
    ],
)
def test_a_scalar_is_written_as_java_writes_it(value: object, text: object) -> None:
    assert format_scalar(value) == str(text)


@pytest.mark.parametrize("value", [None, [], {}])
def test_what_is_no_scalar_is_no_text(value: object) -> None:
    with pytest.raises(ValueError, match="is no string, number or boolean"):
        format_scalar(value)


def test_what_has_its_own_types_keeps_them() -> None:
    body = {"Timeout": 5, "Tags": [{"Key": "a", "Value": True}], "Name": {"Fn::Join": ["-", [1, {"Fn::If": [2]}]]}}
    assert format_scalars(body, text=False) == {
        "Timeout": 5,
        "Tags": [{"Key": "a", "Value": "true"}],
        "Name": {"Fn::Join": ["-", ["1", {"Fn::If": ["2"]}]]},
    }


TEMPLATE = """
Parameters: {Flag: {Default: no, AllowedValues: [yes, no]}, Empty: {Default: null}}
Mappings: {Accounts: {123456789012: {on: 0.5}}}
Conditions: {Set: {"Fn::Equals": [{Ref: Flag}, true]}}
Resources: {Queue: {Properties: {DelaySeconds: 5, Sum: 12e3, Of: 012345678901, Octal: 0777, Date: 2012-10-17}}}
Outputs: {Count: {Value: 7}}
"""


@pytest.fixture
def engine() -> Any:
    """Return a module with a parser, as MiniStack has one."""
    module: Any = ModuleType("engine")
    module.CfnLoader = type("CfnLoader", (yaml.SafeLoader,), {})
    module.CfnLoader.add_constructor("tag:yaml.org,2002:timestamp", lambda loader, node: node.value)
    module._parse_template = lambda body: yaml.load(body, Loader=module.CfnLoader)  # noqa: S506 (a SafeLoader)
    return module


def test_a_template_is_read_as_cloudformation_reads_it(engine: Any) -> None:
    read_scalars_as_text(engine)
    assert engine._parse_template(TEMPLATE) == {
        "Parameters": {"Flag": {"Default": "false", "AllowedValues": ["true", "false"]}, "Empty": {"Default": None}},
        "Mappings": {"Accounts": {"123456789012": {"true": "0.5"}}},
        "Conditions": {"Set": {"Fn::Equals": [{"Ref": "Flag"}, "true"]}},
        "Resources": {
            "Queue": {
                "Properties": {"DelaySeconds": 5, "Sum": 12000.0, "Of": 12345678901.0, "Octal": 511}
                | {"Date": "2012-10-17"}
            }
        },
        "Outputs": {"Count": {"Value": "7"}},
    }


def test_every_module_reads_it_so(engine: Any) -> None:
    other: Any = ModuleType("other")
    read_scalars_as_text(engine, other)
    assert other._parse_template("Outputs: {Count: {Value: 7}}") == {"Outputs": {"Count": {"Value": "7"}}}
