"""A template's properties are converted to the types that their resource's API requires."""

import pytest

from agenticai.emulator.engines.ministack.property_types import convert_properties


@pytest.mark.parametrize(
    ("kind", "written", "typed"),
    [
        ("AWS::SSM::Parameter", {"Value": 5}, {"Value": "5"}),
        ("AWS::SSM::Parameter", {"Value": True}, {"Value": "true"}),
        ("AWS::Lambda::Function", {"Timeout": "30"}, {"Timeout": 30}),
        ("AWS::Lambda::Function", {"EphemeralStorage": {"Size": "512"}}, {"EphemeralStorage": {"Size": 512}}),
        (
            "AWS::Lambda::Function",
            {"Layers": ["a"], "Code": {"ZipFile": "x"}},
            {"Layers": ["a"], "Code": {"ZipFile": "x"}},
        ),
        ("AWS::Lambda::Function", {"Tags": [{"Key": "a", "Value": "1"}]}, {"Tags": [{"Key": "a", "Value": "1"}]}),
        ("AWS::Lambda::EventSourceMapping", {"BatchSize": "5", "Enabled": "False"}, {"BatchSize": 5, "Enabled": False}),
        (
            "AWS::DynamoDB::Table",
            {"ProvisionedThroughput": {"ReadCapacityUnits": "5"}, "KeySchema": [{"AttributeName": 5}]},
            {"ProvisionedThroughput": {"ReadCapacityUnits": 5}, "KeySchema": [{"AttributeName": "5"}]},
        ),
        ("AWS::Logs::LogGroup", {"RetentionInDays": "7"}, {"RetentionInDays": 7}),
        ("AWS::CloudWatch::Alarm", {"Threshold": "0.5"}, {"Threshold": 0.5}),
        (
            "AWS::SecretsManager::Secret",
            {"SecretString": 12, "GenerateSecretString": {"PasswordLength": "20", "ExcludePunctuation": "true"}},
            {"SecretString": "12", "GenerateSecretString": {"PasswordLength": 20, "ExcludePunctuation": True}},
        ),
    ],
)
def test_each_has_the_type_of_its_api(kind: str, written: dict[str, object], typed: dict[str, object]) -> None:
    assert convert_properties(kind, written) == typed


@pytest.mark.parametrize(
    ("kind", "properties"),
    [
        ("AWS::Lambda::Function", {"Timeout": "soon", "MemorySize": None, "Policies": [{"A": 1}]}),
        ("AWS::Lambda::Function", {"Layers": ["a"], "Code": {"ZipFile": "x"}, "Tags": [{"Key": "a", "Value": "1"}]}),
        ("AWS::StepFunctions::StateMachine", {"Definition": {"StartAt": "A"}}),
        ("Custom::Thing", {"Timeout": "30"}),
    ],
)
def test_what_is_not_known_or_does_not_fit_stays(kind: str, properties: dict[str, object]) -> None:
    assert convert_properties(kind, properties) == properties


@pytest.mark.parametrize(("value", "found"), [([1], "JSONArray"), ({"a": "b"}, "JSONObject"), (None, "Null")])
def test_a_variable_that_is_no_scalar_fails_the_resource(value: object, found: str) -> None:
    with pytest.raises(ValueError, match=f"#/Environment/Variables/A: expected type: String, found: {found}"):
        convert_properties("AWS::Lambda::Function", {"Environment": {"Variables": {"A": value}}})
