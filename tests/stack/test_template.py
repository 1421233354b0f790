"""The template as data: short tags, folders to build, and what CloudFormation gets."""

import json
from pathlib import Path

import pytest

from agenticai.stack.errors import BuildError
from agenticai.stack.local_files import S3Object
from agenticai.stack.template import Template

TEXT = """
Globals: {Function: {Runtime: python3.12, Architectures: [arm64]}}
Created: 2026-11-01
Parameters: {Level: {Type: String, Default: INFO}, Stage: {Type: String}, Trace: {Type: String, Default: false}}
Resources:
  Layer:
    Type: AWS::Serverless::LayerVersion
    Metadata: {BuildMethod: python3.12}
    Properties: {ContentUri: ../handlers/shared}
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: ../handlers/worker
      Role: !GetAtt Role.Arn
      Size: !If [Big, !Ref Size, !Ref AWS::NoValue]
      Name: !Sub ["${A}-x", {A: !Ref Stage}]
      When: !Condition Big
      Nested: !GetAtt [Inner, Outputs.Name]
      Environment: {Variables: {LEVEL: !Ref Level, STAGE: !Ref Stage, TABLE: !Ref Table, TRACE: !Ref Trace}}
"""


@pytest.fixture
def template(tmp_path: Path) -> Template:
    path = tmp_path / "stack" / "template.yaml"
    path.parent.mkdir()
    path.write_text(TEXT, encoding="utf-8")
    return Template.load(path)


def test_short_tags_are_written_out(template: Template) -> None:
    properties = template.document["Resources"]["Worker"]["Properties"]
    assert properties["Role"] == {"Fn::GetAtt": ["Role", "Arn"]}
    assert properties["Size"] == {"Fn::If": ["Big", {"Ref": "Size"}, {"Ref": "AWS::NoValue"}]}
    assert properties["Name"] == {"Fn::Sub": ["${A}-x", {"A": {"Ref": "Stage"}}]}
    assert properties["When"] == {"Condition": "Big"}
    assert properties["Nested"] == {"Fn::GetAtt": ["Inner", "Outputs.Name"]}


def test_a_date_is_a_string(template: Template) -> None:
    assert template.document["Created"] == "2026-11-01"


def test_artifacts_are_the_folders_that_resources_name(template: Template, tmp_path: Path) -> None:
    found = {artifact.id: (artifact.source, artifact.prefix) for artifact in template.artifacts}
    assert found == {
        "Layer": (tmp_path / "handlers" / "shared", "python/"),
        "Worker": (tmp_path / "handlers" / "worker", ""),
    }


def test_the_body_points_at_s3_and_the_template_stays_as_it_was(template: Template) -> None:
    objects = {"Layer": S3Object("b", "layer.zip"), "Worker": S3Object("b", "worker.zip")}
    resources = json.loads(template.render_body(objects, {}))["Resources"]
    assert resources["Layer"]["Properties"]["ContentUri"] == {"Bucket": "b", "Key": "layer.zip"}
    assert resources["Worker"]["Properties"]["CodeUri"] == {"Bucket": "b", "Key": "worker.zip"}
    assert template.document["Resources"]["Worker"]["Properties"]["CodeUri"] == "../handlers/worker"


@pytest.mark.parametrize(
    ("given", "level"), [({"Stage": "dev"}, "INFO"), ({"Stage": "dev", "Level": "DEBUG"}, "DEBUG")]
)
def test_parameters_in_an_environment_are_written_out(template: Template, given: dict[str, str], level: str) -> None:
    objects = {"Layer": S3Object("b", "layer.zip"), "Worker": S3Object("b", "worker.zip")}
    properties = json.loads(template.render_body(objects, given))["Resources"]["Worker"]["Properties"]
    expected = {"LEVEL": level, "STAGE": "dev", "TABLE": {"Ref": "Table"}, "TRACE": "false"}
    assert properties["Environment"]["Variables"] == expected
    assert properties["Name"] == {"Fn::Sub": ["${A}-x", {"A": {"Ref": "Stage"}}]}


def test_an_artifact_says_what_it_runs_on(template: Template) -> None:
    said = {artifact.id: (artifact.runtime, artifact.architecture) for artifact in template.artifacts}
    assert said == {"Layer": ("python3.12", "x86_64"), "Worker": ("python3.12", "arm64")}


def test_text_that_is_not_yaml_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "template.yaml"
    path.write_text("Resources: [", encoding="utf-8")
    with pytest.raises(BuildError, match=r"template\.yaml cannot be read"):
        Template.load(path)


def test_every_function_gets_a_variable_and_the_template_stays_as_it_was(template: Template) -> None:
    changed = template.with_variables({"ADDED": "1"})
    assert changed.document["Globals"]["Function"]["Environment"]["Variables"]["ADDED"] == "1"
    assert "ADDED" not in str(template.document)
    assert template.with_variables({}) == template


def test_a_function_of_plain_cloudformation_gets_a_variable_beside_its_own() -> None:
    own = {"Environment": {"Variables": {"OWN": "1"}}}
    plain = {"Resources": {"Function": {"Type": "AWS::Lambda::Function", "Properties": own}, "Queue": {"Type": "Q"}}}
    changed = Template(Path("template.yaml"), plain).with_variables({"ADDED": "2"})
    assert changed.document["Resources"]["Function"]["Properties"]["Environment"]["Variables"] == {
        "OWN": "1",
        "ADDED": "2",
    }
    assert changed.document.keys() == {"Resources"}
