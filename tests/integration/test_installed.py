"""The package installed beside another project: it writes nothing into itself, and uses none of its names."""

import compileall
import os
import shutil
import subprocess
import sysconfig
import venv
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.integration.test_command_line import home_of_its_own

ROOT = Path(__file__).parents[2]
THEIRS = ("shared", "stack", "scenarios", "handlers", "emulator", "api_handler")
"""Names of packages here that another project may also have."""

TEST = """
import shared.model
import agenticai.emulator.testing
from stack import OURS as stack
from scenarios import OURS as scenarios
from handlers import OURS as handlers
from emulator import OURS as emulator

def test_both_are_there(control, aws_client):
    assert shared.model.OURS and stack and scenarios and handlers and emulator
    assert control.health().status == "ok"
    assert "Buckets" in aws_client("s3").list_buckets()
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A read-only environment with the package, as from a wheel, and its dependencies."""
    folder = tmp_path_factory.mktemp("installed") / "env"
    venv.create(folder, symlinks=True)
    packages = next(folder.glob("lib/*/site-packages"))
    shutil.copytree(ROOT / "agenticai", packages / "agenticai", ignore=shutil.ignore_patterns("__pycache__"))
    compileall.compile_dir(packages / "agenticai", quiet=1)  # as installers do
    shutil.copy(ROOT / "requirements.lock", packages / "agenticai")
    # Without the links of this checkout, which are in a file that Python reads only in its own environment.
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    set_mode(packages, 0o555, 0o444)
    before = contents(packages)
    yield folder / "bin" / "python"
    assert contents(packages) == before, "nothing is written to where it is installed"
    set_mode(packages, 0o755, 0o644)


def set_mode(folder: Path, folders: int, files: int) -> None:
    for path in (folder, *folder.rglob("*")):
        path.chmod(folders if path.is_dir() else files)


def contents(folder: Path) -> Mapping[Path, int]:
    """Return every file with its modification time, except byte code that Python may cache."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc")
    return {path: path.stat().st_mtime_ns for path in files}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Another project, whose packages have the names of packages here; with its own state folder."""
    folder = tmp_path / "project"
    for name in THEIRS:
        package = folder / name
        package.mkdir(parents=True)
        (package / "__init__.py").write_text("OURS = True\n", encoding="utf-8")
        (package / "model.py").write_text("OURS = True\n", encoding="utf-8")
    (folder / ".agenticai").mkdir()
    home_of_its_own(folder / ".agenticai")
    return folder


def run(python: Path, project: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AGENTICAI_", "PYTHON"))}
    command = [str(python), "-B", *arguments]
    return subprocess.run(command, cwd=project, env=kept, capture_output=True, text=True, timeout=300, check=False)


def test_a_scenario_is_replayed_beside_packages_of_the_same_names(python: Path, project: Path) -> None:
    replayed = run(python, project, "-m", "agenticai", "replay", "greeting")
    assert replayed.returncode == 0, replayed.stdout + replayed.stderr
    assert "1 passed" in replayed.stdout
    assert (project / ".agenticai" / "runs").is_dir()
    assert sorted(path.name for path in project.iterdir()) == sorted([*THEIRS, ".agenticai"])


def test_the_fixtures_leave_a_projects_own_packages_alone(python: Path, project: Path) -> None:
    (project / "conftest.py").write_text('pytest_plugins = ["agenticai.emulator.testing"]\n', encoding="utf-8")
    (project / "test_project.py").write_text(TEST, encoding="utf-8")
    tested = run(python, project, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:schemathesis")
    assert tested.returncode == 0, tested.stdout + tested.stderr
    assert "1 passed" in tested.stdout


def test_scenarios_beside_a_package_of_the_models_name_are_for_replay(python: Path, project: Path) -> None:
    library = project / "library"
    library.mkdir()
    shutil.copy(ROOT / "scenarios" / "library" / "greeting.yaml", library)
    hooks = "from agenticai.scenarios.plugin import pytest_collect_file, pytest_unconfigure\n"
    (project / "conftest.py").write_text(hooks, encoding="utf-8")
    options = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:schemathesis", "library")
    refused = run(python, project, *options)
    assert refused.returncode == pytest.ExitCode.INTERRUPTED, refused.stdout
    assert "replay them with `agenticai replay FOLDER`" in refused.stdout
    shutil.rmtree(project / "shared")
    tested = run(python, project, *options)
    assert tested.returncode == 0, tested.stdout + tested.stderr
    assert "1 passed" in tested.stdout


def test_replies_are_not_recorded_into_the_package(python: Path, project: Path) -> None:
    refused = run(python, project, "-m", "agenticai", "record", "greeting", "--rekey")
    assert refused.returncode == 1
    assert "record there" in refused.stderr


def test_the_dashboard_finds_all_that_it_imports(python: Path, project: Path) -> None:
    imported = run(python, project, "-P", "-c", "import agenticai.dashboard.__main__; print('imported')")
    assert imported.stdout == "imported\n", imported.stderr
