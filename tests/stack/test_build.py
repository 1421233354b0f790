"""Bundles: what is in them, when they are built again, and when they are not."""

import zipfile
from pathlib import Path

import pytest

from agenticai.stack.build import Bundles, Progress, Step, build
from agenticai.stack.dependencies import Dependencies
from agenticai.stack.errors import BuildError
from agenticai.stack.platform import Platform
from agenticai.stack.template import Template
from tests.stack.fakes import FakeUv

TEMPLATE = """
Globals: {Function: {Runtime: python3.13, Architectures: [arm64]}}
Resources:
  Layer: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: ../handlers/shared}}
  Worker: {Type: AWS::Serverless::Function, Properties: {CodeUri: ../handlers/worker}}
  Api: {Type: AWS::Serverless::Function, Properties: {CodeUri: ../handlers/api}}
"""
REGISTRY = {"models": ["models==1", "typing==4"], "sdk": ["sdk==3", "typing==4", "boto3==1", "six==1", "urllib3==2"]}


class Workshop:
    """A small repository, and builds of it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.uv = FakeUv(dict(REGISTRY))
        self.progress: list[Progress] = []
        for name, requirements in {"shared": "models", "worker": "sdk", "api": "# nothing"}.items():
            self.write(f"handlers/{name}/requirements.txt", requirements)
            self.write(f"handlers/{name}/code.py", f"NAME = {name!r}")
        self.write("stack/template.yaml", TEMPLATE)
        self.write("requirements.lock", "sdk==3")

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def build(self, cache: str = "cache", platform: Platform | None = None) -> Bundles:
        template = Template.load(self.root / "stack" / "template.yaml")
        return build(
            template,
            platform or template.platform,
            self.root / cache,
            self.progress.append,
            lock=self.root / "requirements.lock",
            uv=self.uv,
        )


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)


def names(bundles: Bundles, logical_id: str) -> set[str]:
    with zipfile.ZipFile(bundles[logical_id].path) as bundle:
        return set(bundle.namelist())


def test_a_function_keeps_its_folder_as_a_package_beside_its_dependencies(workshop: Workshop) -> None:
    assert names(workshop.build(), "Api") == {"api/code.py"}
    assert "worker/code.py" in names(workshop.build(), "Worker")


def test_a_layer_goes_below_python(workshop: Workshop) -> None:
    expected = {"python/models/__init__.py", "python/typing/__init__.py", "python/shared/code.py"}
    assert names(workshop.build(), "Layer") == expected


def test_what_the_layer_or_the_runtime_holds_is_left_out(workshop: Workshop) -> None:
    packages = names(workshop.build(), "Worker") - {"worker/code.py"}
    assert packages == {"sdk/__init__.py", "urllib3/__init__.py"}


def test_a_package_that_a_layer_holds_in_another_version_is_bundled(workshop: Workshop) -> None:
    workshop.uv.registry["sdk"] = ["sdk==3", "typing==5"]
    assert "typing/__init__.py" in names(workshop.build(), "Worker")


def test_two_caches_give_the_same_bytes(workshop: Workshop) -> None:
    first, second = workshop.build("one"), workshop.build("two")
    assert {name: bundle.sha256 for name, bundle in first.items()} == {n: b.sha256 for n, b in second.items()}
    assert first["Worker"].path != second["Worker"].path


def test_a_warm_cache_needs_no_uv(workshop: Workshop) -> None:
    first = workshop.build()
    workshop.uv.calls.clear()
    workshop.uv.offline = True
    workshop.progress.clear()
    assert workshop.build() == first
    assert workshop.uv.calls == []
    assert Step.ZIPPING not in {progress.step for progress in workshop.progress}


def test_an_edited_handler_builds_one_bundle_again_and_installs_nothing(workshop: Workshop) -> None:
    first = workshop.build()
    workshop.uv.calls.clear()
    workshop.progress.clear()
    workshop.write("handlers/worker/code.py", "NAME = 'other'")
    second = workshop.build()
    assert {name for name in first if first[name] != second[name]} == {"Worker"}
    assert [progress.name for progress in workshop.progress if progress.step is Step.ZIPPING] == ["worker"]
    assert workshop.uv.calls == []


def test_a_pin_that_no_bundle_uses_changes_no_bundle(workshop: Workshop) -> None:
    first = workshop.build()
    workshop.uv.calls.clear()
    workshop.write("requirements.lock", "sdk==3\nother==1")
    assert workshop.build() == first
    assert {call[1] for call in workshop.uv.calls} == {"compile"}


def test_a_new_version_of_a_dependency_is_a_new_bundle(workshop: Workshop) -> None:
    first = workshop.build()
    workshop.uv.registry["sdk"] = ["sdk==4"]
    workshop.write("requirements.lock", "sdk==4")
    assert workshop.build()["Worker"].sha256 != first["Worker"].sha256


def test_platforms_are_built_apart(workshop: Workshop) -> None:
    paths = {workshop.build(platform=platform)["Worker"].path for platform in (Platform.host(), None)}
    assert len(paths) == 2


def test_sizes_are_those_of_the_file(workshop: Workshop) -> None:
    bundle = workshop.build()["Api"]
    assert bundle.zipped == bundle.path.stat().st_size
    assert bundle.unpacked == len("NAME = 'api'")
    assert bundle.name == "api"


def test_a_folder_without_code_is_refused_by_name(workshop: Workshop) -> None:
    (workshop.root / "handlers" / "api" / "code.py").unlink()
    with pytest.raises(BuildError, match=r"no code in .*api: Api"):
        workshop.build()


def test_without_network_or_cache_the_message_says_what_to_do(workshop: Workshop) -> None:
    workshop.uv.offline = True
    with pytest.raises(BuildError, match="shared needs could not be resolved: check the network"):
        workshop.build()


def test_packages_that_cannot_be_downloaded_are_said_so(workshop: Workshop) -> None:
    dependencies = Dependencies(
        Platform.host(), workshop.root / "cache", workshop.root / "requirements.lock", workshop.uv
    )
    workshop.uv.offline = True
    with pytest.raises(BuildError, match="could not be downloaded: check the network"):
        dependencies.archive(["sdk==3"], "")


def test_lambda_wheels_are_asked_for_by_runtime_and_architecture(workshop: Workshop) -> None:
    workshop.build()
    assert all("aarch64-manylinux2014" in call and "3.13" in call for call in workshop.uv.calls)


def test_a_runtime_that_is_not_python_is_refused() -> None:
    with pytest.raises(BuildError, match="nodejs22"):
        Platform.lambda_("nodejs22.x", "arm64")
