"""The environment variables of functions are text, however a template or a request writes them."""

import json
from pathlib import Path

import httpx2
import pytest

from agenticai.emulator.process import Engine
from agenticai.emulator.testing import deploy_template
from agenticai.stack.target import Target

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Parameters: {Count: {Type: Number, Default: 3}}
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
        Variables: {RATE: 0.1, WHOLE: 1.0, BIG: 12345678901234, FLAG: false, UP: true, TEXT: "yes", COUNT: !Ref Count}
  Plain:
    Type: AWS::Lambda::Function
    Properties:
      Code: {ZipFile: "import os\\ndef handler(event, context): return dict(os.environ)"}
      Handler: index.handler
      Runtime: python3.13
      Role: arn:aws:iam::000000000000:role/any
      Environment: {Variables: {RATE: 0.1, FLAG: false, COUNT: !If [Always, 5, 6]}}
Conditions: {Always: !Equals [a, a]}
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
    },
    "Plain": {"RATE": "0.1", "FLAG": "false", "COUNT": "5"},
}


def test_numbers_and_booleans_of_a_template_become_text(engine: Engine, tmp_path: Path) -> None:
    target = Target.embedded(engine.endpoint_url)
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    made = deploy_template(target, tmp_path / "template.yaml", {}, tmp_path / "cache", "variables")
    for name, expected in EXPECTED.items():
        answer = target.client("lambda").invoke(FunctionName=made.resources[name])
        found = json.loads(answer["Payload"].read())
        assert {variable: found[variable] for variable in expected} == expected
    target.close()


@pytest.mark.parametrize("value", [0.1, 3, False, ["a"], {"a": "b"}])
def test_lambdas_own_api_takes_text_only(engine: Engine, value: object) -> None:
    answer = httpx2.post(
        f"{engine.endpoint_url}/2015-03-31/functions",
        json={
            "FunctionName": "typed",
            "Runtime": "python3.13",
            "Role": "arn:aws:iam::000000000000:role/any",
            "Handler": "app.handler",
            "Code": {"ZipFile": ""},
            "Environment": {"Variables": {"RATE": value}},
        },
        headers={"Authorization": "AWS4-HMAC-SHA256 Credential=0/20261123/us-east-1/lambda/aws4_request"},
    )
    assert answer.status_code == 400
    assert "RATE" in answer.text
