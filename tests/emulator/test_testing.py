"""How a template's code is packaged and named for the deployment, and what the document says of the fixtures."""

import io
import json
import os
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest

import agenticai.emulator.testing
from agenticai.emulator.client import ControlClient
from agenticai.emulator.testing.code import NotPackaged, Packages, bundle
from agenticai.emulator.testing.deployment import BUCKET, NotDeployed, packaged

ROOT = Path(__file__).parents[2]

WHEEL = {
    "tiny.py": "NAME = 'tiny'\n",
    "tiny-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n",
    "tiny-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    "tiny-1.0.dist-info/RECORD": "tiny.py,,\ntiny-1.0.dist-info/METADATA,,\ntiny-1.0.dist-info/WHEEL,,\n",
}


class Bucket:
    """An S3 that keeps what is put into it."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def put_object(self, *, Bucket: str, Key: str, Body: bytes) -> None:  # noqa: N803 - boto3's names
        assert Bucket == BUCKET
        self.objects[Key] = Body


@pytest.fixture
def packages(tmp_path: Path) -> Packages:
    return Packages(tmp_path / "cache", os.environ)


def written(folder: Path, **files: str) -> Path:
    """A folder with these files."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def wheel(folder: Path) -> Path:
    """A package that needs no network."""
    path = folder / "tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in WHEEL.items():
            archive.writestr(name, text)
    return path


def names(content: bytes) -> list[str]:
    return zipfile.ZipFile(io.BytesIO(content)).namelist()


class TestCode:
    def test_a_folders_files_are_at_the_root_without_what_is_hidden_or_compiled(
        self, tmp_path: Path, packages: Packages
    ) -> None:
        files = {"app.py": "", "lib/a.py": "", ".env": "", ".git/config": "", "__pycache__/app.cpython-311.pyc": ""}
        assert names(bundle(written(tmp_path / "code", **files), packages)) == ["app.py", "lib/a.py"]

    def test_the_same_files_give_the_same_bytes(self, tmp_path: Path, packages: Packages) -> None:
        one = written(tmp_path / "one", **{"b.py": "b", "a.py": "a"})
        two = written(tmp_path / "two", **{"a.py": "a", "b.py": "b"})
        os.utime(two / "a.py", (0, 0))
        assert bundle(one, packages) == bundle(two, packages)

    def test_what_it_requires_is_beside_it_and_installed_once(self, tmp_path: Path, packages: Packages) -> None:
        made = wheel(tmp_path)
        code = written(tmp_path / "code", **{"app.py": "", "requirements.txt": f"{made}\n"})
        first = bundle(code, packages, prefix="python/")
        assert {"python/app.py", "python/tiny.py"} <= set(names(first))
        made.unlink()
        assert bundle(code, packages, prefix="python/") == first

    def test_a_file_of_its_own_covers_that_of_a_package(self, tmp_path: Path, packages: Packages) -> None:
        requirements = f"{wheel(tmp_path)}\n"
        code = written(tmp_path / "code", **{"tiny.py": "NAME = 'own'\n", "requirements.txt": requirements})
        archive = zipfile.ZipFile(io.BytesIO(bundle(code, packages)))
        assert archive.read("tiny.py") == b"NAME = 'own'\n"

    def test_a_zip_file_stays_as_it_is(self, tmp_path: Path, packages: Packages) -> None:
        path = wheel(tmp_path)
        assert bundle(path, packages) == path.read_bytes()

    def test_a_folder_that_is_not_there_is_named(self, tmp_path: Path, packages: Packages) -> None:
        with pytest.raises(NotPackaged, match=r"no_code.*no such folder"):
            bundle(tmp_path / "no_code", packages)

    def test_what_cannot_be_installed_is_named(self, tmp_path: Path, packages: Packages) -> None:
        code = written(tmp_path / "code", **{"requirements.txt": f"{tmp_path}/missing-1.0-py3-none-any.whl\n"})
        with pytest.raises(NotPackaged, match=r"code/requirements\.txt asks for could not be installed"):
            bundle(code, packages)


class TestTemplate:
    def test_every_local_path_becomes_the_place_of_its_zip(self, tmp_path: Path, packages: Packages) -> None:
        written(tmp_path, **{"src/app.py": "", "layer/shared.py": ""})
        template = {
            "Globals": {"Function": {"CodeUri": "src/"}},
            "Resources": {
                "Sam": {"Type": "AWS::Serverless::Function", "Properties": {"CodeUri": "./src"}},
                "Plain": {"Type": "AWS::Lambda::Function", "Properties": {"Code": "src"}},
                "Built": {
                    "Type": "AWS::Serverless::LayerVersion",
                    "Metadata": {"BuildMethod": "python3.13"},
                    "Properties": {"ContentUri": "layer"},
                },
                "Ready": {"Type": "AWS::Lambda::LayerVersion", "Properties": {"Content": "layer"}},
            },
        }
        bucket, document = self.packaged(tmp_path, json.dumps(template), packages)
        resources = {name: resource["Properties"] for name, resource in document["Resources"].items()}
        of_all = document["Globals"]["Function"]["CodeUri"]
        assert (of_all["Bucket"], names(bucket.objects[of_all["Key"]])) == (BUCKET, ["app.py"])
        assert resources["Sam"]["CodeUri"] == of_all
        assert resources["Plain"]["Code"] == {"S3Bucket": BUCKET, "S3Key": of_all["Key"]}
        assert names(bucket.objects[resources["Built"]["ContentUri"]["Key"]]) == ["python/shared.py"]
        assert names(bucket.objects[resources["Ready"]["Content"]["S3Key"]]) == ["shared.py"]

    def test_what_is_in_s3_or_in_line_stays(self, tmp_path: Path, packages: Packages) -> None:
        resources: dict[str, Any] = {
            "There": {"Type": "AWS::Serverless::Function", "Properties": {"CodeUri": "s3://bucket/key"}},
            "Inline": {"Type": "AWS::Serverless::Function", "Properties": {"InlineCode": "pass"}},
            "Zipped": {"Type": "AWS::Lambda::Function", "Properties": {"Code": {"ZipFile": "pass"}}},
            "Topic": {"Type": "AWS::SNS::Topic"},
        }
        bucket, document = self.packaged(tmp_path, json.dumps({"Resources": resources}), packages)
        assert (document, bucket.objects) == ({"Resources": resources}, {})

    def test_short_tags_are_functions_and_dates_are_text(self, tmp_path: Path, packages: Packages) -> None:
        template = """
            AWSTemplateFormatVersion: 2010-09-09
            Resources: {}
            Outputs:
              A: {Value: !GetAtt Queue.Arn}
              B: {Value: !Sub "${Queue}"}
              C: {Value: !Join ["-", [!Ref A, b]]}
        """
        _, document = self.packaged(tmp_path, template, packages)
        assert document["AWSTemplateFormatVersion"] == "2010-09-09"
        assert document["Outputs"] == {
            "A": {"Value": {"Fn::GetAtt": ["Queue", "Arn"]}},
            "B": {"Value": {"Fn::Sub": "${Queue}"}},
            "C": {"Value": {"Fn::Join": ["-", [{"Ref": "A"}, "b"]]}},
        }

    @pytest.mark.parametrize(
        ("template", "said"), [("a: [", "cannot be read"), ("", "no Resources"), ("Outputs: {}", "no Resources")]
    )
    def test_what_is_no_template_is_said(self, tmp_path: Path, packages: Packages, template: str, said: str) -> None:
        with pytest.raises(NotDeployed, match=said):
            self.packaged(tmp_path, template, packages)

    @staticmethod
    def packaged(folder: Path, template: str, packages: Packages) -> tuple[Bucket, dict[str, Any]]:
        path, bucket = folder / "template.yaml", Bucket()
        path.write_text(template)
        s3: Any = bucket
        return bucket, packaged(path, s3, packages)


class TestDocument:
    TEXT = (ROOT / "docs" / "testing.md").read_text("utf-8")
    EXAMPLE = ROOT / "docs" / "examples" / "orders"

    def test_it_names_every_fixture(self) -> None:
        source = Path(agenticai.emulator.testing.__file__).read_text("utf-8")
        fixtures = re.findall(r"^@pytest\.fixture.*\ndef (\w+)", source, re.MULTILINE)
        assert len(fixtures) == 8
        assert [name for name in fixtures if f"| `{name}` |" not in self.TEXT] == []

    def test_every_call_in_it_exists(self) -> None:
        named = re.findall(r"^\| `(\w+)\(", self.TEXT, re.MULTILINE)
        assert named
        assert [name for name in named if not hasattr(ControlClient, name)] == []

    def test_its_code_is_the_examples(self) -> None:
        blocks = re.findall(r"```python\n(.*?)```", self.TEXT, re.DOTALL)
        files = [path.read_text("utf-8") for path in self.EXAMPLE.glob("*.py")]
        assert len(blocks) == 2
        for block in blocks:
            for part in block.strip().split("\n\n\n"):
                assert any(part in text for text in files), part
