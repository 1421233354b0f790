"""A project's declared packages are found in all its manifests, and those that are not available are named."""

from importlib.metadata import version
from pathlib import Path

import pytest

from runner.packages import CARRIED, find_needed

REQUESTS = version("requests")
REQUIREMENTS = Path(__file__).parents[3] / "handlers" / "runner" / "requirements.txt"


def missing(**files: str) -> tuple[str, ...]:
    return find_needed({path.replace("_", "."): text.encode() for path, text in files.items()}).missing


def test_what_can_be_declared_is_what_the_bundle_the_layer_and_the_runtime_have() -> None:
    listed = {line for line in REQUIREMENTS.read_text("utf-8").splitlines() if not line.startswith("#")}
    assert listed | {"boto3", "pydantic"} == CARRIED


def test_pytest_and_boto3_are_there_undeclared_with_all_that_they_need() -> None:
    needed = find_needed({"app.py": b""})
    names = set(needed.packages)
    assert {"pytest", "_pytest", "pluggy", "iniconfig", "boto3", "botocore", "dateutil", "six.py"} <= names
    assert f"pytest-{version('pytest')}.dist-info" in names, "plug-ins are found by it"
    assert "requests" not in names
    assert all(Path(path).exists() for path in needed.packages.values())


def test_what_a_package_needs_comes_with_it() -> None:
    needed = find_needed({"service/requirements.txt": b"requests\n"})
    assert {"requests", "urllib3", "certifi", "idna", "charset_normalizer"} <= set(needed.packages)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("numpy>=2", ("numpy>=2",)),
        ("requests", ()),
        ("Requests>=2.20 ; python_version >= '3.8'", ()),
        ("requests==2.31.0  # pinned", ()),
        ("requests[socks]~=2.0", ()),
        ("numpy; sys_platform == 'win32'", ()),
        ("--index-url https://example.com", ()),
        ("-r other.txt", ()),
        ("black", ()),
        ("requests==1.0", (f"requests==1.0 (there is {REQUESTS})",)),
        ("requests>99", (f"requests>99 (there is {REQUESTS})",)),
        ("git+https://example.com/x.git", ("git+https://example.com/x.git",)),
        ("requests @ https://example.com/x.zip", (f"requests @ https://example.com/x.zip (there is {REQUESTS})",)),
        ("requests == 2.31.0 --hash=sha256:abc", ()),
        ("requests==2.31.0 \\\n    --hash=sha256:abc", ()),
        ("requests#fragment", ("requests#fragment",)),
        ("requests==2.*", ()),
        ("requests===2.1", ()),
        ("requests~=2.99", ()),
        ("requests==3.*", (f"requests==3.* (there is {REQUESTS})",)),
        ("requests<2.1", (f"requests<2.1 (there is {REQUESTS})",)),
        ("requests==2.1,==1.0", (f"requests==1.0,==2.1 (there is {REQUESTS})",)),
        ("requests===two", (f"requests===two (there is {REQUESTS})",)),
        ("pytest-cov\npre_commit\nUvicorn", ()),
        ("black\nbuild\ncoverage\nflake8\ngunicorn\nhatchling\nisort\nmypy\npip", ()),
        ("pylint\nruff\nsetuptools\ntox\ntwine\nwheel", ()),
        ("numpy\nscipy\nnumpy", ("numpy", "scipy")),
    ],
)
def test_lines_of_requirements(line: str, told: tuple[str, ...]) -> None:
    assert missing(requirements_txt=f"# what it needs\n{line}\n") == told


@pytest.mark.parametrize(
    ("path", "counts"),
    [
        ("requirements.txt", True),
        ("a/b/requirements.txt", True),
        ("requirements-dev.txt", True),
        ("requirements_test.2.txt", True),
        ("my-requirements.txt", False),
        ("requirements.txt.old", False),
        ("requirements/dev.txt", False),
        ("requirements.md", False),
    ],
)
def test_packages_are_declared_in_files_that_are_named_for_it(path: str, counts: bool) -> None:
    assert find_needed({path: b"numpy"}).missing == (("numpy",) if counts else ())


def test_packages_have_the_names_under_which_python_imports_them() -> None:
    names = {*find_needed({"requirements.txt": b"PyYAML\npydantic\n"}).packages}
    assert {"yaml", "pydantic", "pydantic_core", "typing_extensions.py", "py.py"} <= names
    assert not {"PyYAML", "pyyaml", "typing_extensions", "six", "python_dateutil"} & names
    assert f"typing_extensions-{version('typing-extensions')}.dist-info" in names


def test_every_package_is_there_under_the_names_of_its_modules() -> None:
    needed = find_needed({"requirements.txt": b"pyyaml\nrequests\npydantic\n"})
    assert {
        "boto3", "pytest", "_pytest", "py.py", "pydantic", "yaml", "_yaml", "requests", "dateutil", "six.py",
        "typing_extensions.py",
    } <= {*needed.packages}  # fmt: skip
    for name, path in needed.packages.items():
        assert Path(path).name == name, "nothing is shown under another name"


def test_what_a_package_asks_for_here_comes_with_it_and_with_its_extras(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, folder, needs in (
        ("Flask", "flask", ("opentelemetry-api", "tiny[all] >=1", "gone ; sys_platform == 'win32'", "absent")),
        ("opentelemetry-api", "opentelemetry", ("flask",)),
        ("tiny", "tiny", ("extra-thing ; extra == 'all'", "other-thing ; extra == 'other'")),
        ("extra.thing", "extra_thing", ()),
        ("other-thing", "other_thing", ()),
    ):
        (tmp_path / folder).mkdir()
        about = tmp_path / f"{name.lower().replace('-', '_').replace('.', '_')}-3.0.dist-info"
        about.mkdir()
        lines = [f"Name: {name}", "Version: 3.0", *(f"Requires-Dist: {each}" for each in needs)]
        (about / "METADATA").write_text("\n".join(lines))
    monkeypatch.syspath_prepend(tmp_path)
    names = {*find_needed({"requirements.txt": b"flask==3.0\n"}).packages}
    assert {"flask", "opentelemetry", "tiny", "extra_thing", "opentelemetry_api-3.0.dist-info"} <= names
    assert not {"other_thing", "gone", "absent", "opentelemetry_api"} & names
    assert find_needed({"requirements.txt": b"tiny\nother-thing\n"}).missing == ("other-thing",)


def test_a_project_of_which_something_is_missing_gets_no_package() -> None:
    needed = find_needed({"requirements.txt": b"requests\nnumpy\n"})
    assert (needed.packages, needed.missing) == ({}, ("numpy",))


def test_what_is_installed_here_by_chance_is_not_carried() -> None:
    assert missing(requirements_txt="hypothesis\n") == ("hypothesis",)


def test_dependencies_of_a_pyproject_and_of_its_tests_count_and_the_project_itself_does_not() -> None:
    text = """
        [project]
        name = "numpy-like"
        dependencies = ["numpy", "numpy-like"]
        [project.optional-dependencies]
        test = ["scipy"]
        docs = ["sphinx"]
        [dependency-groups]
        dev = ["pandas", {include-group = "test"}]
        tests = ["jax"]
        testing = ["polars"]
        lint = ["sphinx"]
        """
    assert missing(pyproject_toml=text) == ("numpy", "pandas", "scipy", "jax", "polars")


@pytest.mark.parametrize(
    "text", ["", "project = 1", "[project]\ndependencies = 'numpy'", "[project]\noptional-dependencies = ['numpy']"]
)
def test_what_no_pyproject_may_hold_declares_nothing(text: str) -> None:
    assert missing(pyproject_toml=text) == ()


def test_a_package_of_the_project_itself_is_not_missing() -> None:
    files = {"lib/pyproject.toml": b'[project]\nname = "My_Lib"\n', "requirements.txt": b"my-lib\nnumpy\n"}
    assert find_needed(files).missing == ("numpy",)


def test_a_pyproject_that_cannot_be_read_declares_nothing() -> None:
    assert missing(pyproject_toml="[project") == ()
