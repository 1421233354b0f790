"""A template's numbers and booleans have the required types; a function's variables are text."""

import json
from pathlib import Path

import httpx2
import pytest

from agenticai.emulator.process import Engine
from agenticai.emulator.testing import deploy_template
from agenticai.stack.target import Target
from tests.integration.cloud import Cloud

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Parameters: {Count: {Type: Number, Default: 3}, Debug: {Type: String, Default: no, AllowedValues: [yes, no]}}
Mappings: {Accounts: {123456789012: {Rate: 2.5}}}
Globals: {Function: {Environment: {Variables: {SHARED: 7}}}}
Resources:
  Sam:
    Type: AWS::Serverless::Function
    Properties:
      InlineCode: "import os\\ndef handler(event, context): return dict(os.environ)"
      Handler: index.handler
      Runtime: python3.13
      Timeout: "9"
      Environment:
        Variables: {RATE: 0.1, WHOLE: 1.0, BIG: 12345678901234, FLAG: false, UP: true, TEXT: "yes", COUNT: !Ref Count,
          DEBUG: !Ref Debug}
  Plain:
    Type: AWS::Lambda::Function
    Properties:
      Code: {ZipFile: "import os\\ndef handler(event, context): return dict(os.environ)"}
      Handler: index.handler
      Runtime: python3.13
      Role: arn:aws:iam::000000000000:role/any
      Environment: {Variables: {RATE: 0.1, FLAG: false, COUNT: !If [Always, 5, 6], NAME: !Join [":", [1, true]]}}
  Setting: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !If [Always, yes, no], Tags: {a: 1}}}
Conditions: {Always: !Equals [!Ref Debug, false]}
Outputs: {Rate: {Value: !FindInMap [Accounts, "123456789012", Rate]}, Flag: {Value: !If [Always, yes, no]}}
"""
EXPECTED = {
    "Sam": {
        "SHARED": "7",
        "RATE": "0.1",
        "WHOLE": "1.0",
        "BIG": "12345678901234",
        "FLAG": "false",
        "UP": "true",
        "TEXT": "yes",
        "COUNT": "3",
        "DEBUG": "false",
    },
    "Plain": {"RATE": "0.1", "FLAG": "false", "COUNT": "5", "NAME": "1:true"},
}


def test_numbers_and_booleans_of_a_template_become_text(engine: Engine, tmp_path: Path) -> None:
    target = Target.embedded(engine.endpoint_url)
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    made = deploy_template(target, tmp_path / "template.yaml", {}, tmp_path / "cache", "variables")
    for name, expected in EXPECTED.items():
        answer = target.client("lambda").invoke(FunctionName=made.resources[name])
        found = json.loads(answer["Payload"].read())
        assert {variable: found[variable] for variable in expected} == expected
    setting = target.client("ssm").get_parameter(Name=made.resources["Setting"])
    assert setting["Parameter"]["Value"] == "true"
    assert made.outputs == {"Rate": "2.5", "Flag": "true"}
    target.close()


@pytest.mark.parametrize("value", [0.1, 3, False, ["a"], {"a": "b"}])
def test_lambdas_own_api_takes_text_only(cloud: Cloud, value: object) -> None:
    """lambda/latest/api/API_Environment.html"""
    functions, name = f"{cloud.endpoint_url}/2015-03-31/functions", cloud.deploy("def handler(event, context): ...")
    environment = {"Environment": {"Variables": {"RATE": value}}}
    code = {"Runtime": "python3.13", "Handler": "app.handler", "Code": {"ZipFile": ""}}
    created = {"FunctionName": "typed", "Role": "arn:aws:iam::000000000000:role/any", **code, **environment}
    signed = {"Authorization": "AWS4-HMAC-SHA256 Credential=0/20261123/us-east-1/lambda/aws4_request"}
    for answer in (
        httpx2.post(functions, json=created, headers=signed, timeout=60),
        httpx2.put(f"{functions}/{name}/configuration", json=environment, headers=signed, timeout=60),
    ):
        assert answer.status_code == 400
        assert "SerializationException" in answer.text
        assert "RATE" in answer.text
