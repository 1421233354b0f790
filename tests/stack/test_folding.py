"""Layers merged into the functions that use them, for a target that does not mount layers."""

import zipfile
from pathlib import Path

import pytest

from agenticai.stack.folding import fold_layers
from agenticai.stack.packaging import Bundle, Bundles
from agenticai.stack.target import Capability, Target
from agenticai.stack.template import Template

TEMPLATE = """
Globals: {Function: {Runtime: python3.13, Layers: [!Ref Shared]}}
Resources:
  Shared: {Type: AWS::Serverless::LayerVersion, Metadata: {BuildMethod: python3.13}, Properties: {ContentUri: shared}}
  Later: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: later}}
  Own: {Type: AWS::Serverless::Function, Properties: {CodeUri: own, Layers: [!Ref Later, "arn:aws:lambda:layer:1"]}}
  Plain: {Type: AWS::Serverless::Function, Properties: {CodeUri: plain}}
"""
FILES = {
    "Shared": {"python/shared/a.py": "shared", "python/both.py": "shared", "bin/tool": "tool"},
    "Later": {"python/both.py": "later", "nodejs/node_modules/x.js": "x"},
    "Own": {"own.py": "own", "shared/a.py": "own"},
    "Plain": {"plain.py": "plain"},
}


@pytest.fixture
def bundles(tmp_path: Path) -> Bundles:
    made = {}
    for name, files in FILES.items():
        path = tmp_path / f"{name}.zip"
        with zipfile.ZipFile(path, "w") as bundle:
            for file, content in files.items():
                bundle.writestr(zipfile.ZipInfo(file), content)
        made[name] = Bundle.of(name, path)
    return made


def contents(bundle: Bundle) -> dict[str, str]:
    with zipfile.ZipFile(bundle.path) as read:
        return {name: read.read(name).decode() for name in read.namelist()}


def test_a_function_has_its_layers_files_and_its_own_cover_them(bundles: Bundles) -> None:
    template, folded = fold_layers(Template.parse(TEMPLATE, Path("template.yaml")), bundles)
    assert contents(folded["Own"]) == {
        "own.py": "own",
        "shared/a.py": "own",
        "both.py": "later",
        "bin/tool": "tool",
        "node_modules/x.js": "x",
    }
    assert contents(folded["Plain"]) == {
        "plain.py": "plain",
        "shared/a.py": "shared",
        "both.py": "shared",
        "bin/tool": "tool",
    }
    assert folded["Shared"] == bundles["Shared"]
    assert "Layers" not in template.document["Globals"]["Function"]
    assert template.document["Resources"]["Own"]["Properties"]["Layers"] == ["arn:aws:lambda:layer:1"]


def test_the_same_bundles_fold_into_the_same_bytes(bundles: Bundles) -> None:
    template = Template.parse(TEMPLATE, Path("template.yaml"))
    first = fold_layers(template, bundles)[1]["Own"]
    first.path.unlink()
    assert fold_layers(template, bundles)[1]["Own"].sha256 == first.sha256


def test_only_functions_in_containers_of_their_own_runtime_lack_layers() -> None:
    def gateway(functions_on: str) -> Target:
        return Target.gateway("LocalStack", "http://127.0.0.1:4566", frozenset({Capability.METER}), "", functions_on)

    assert [gateway(one).mounts_layers for one in ("", "python3.13-arm64", "lambda", "lambda-arm64")] == [
        *(True, True),
        *(False, False),
    ]
    assert Target.embedded().mounts_layers
