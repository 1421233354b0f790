"""Import all that the functions' bundles hold on Debian's Python 3.13 for arm64, which qemu runs here."""

import importlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, TextIO

from agenticai.emulator.core.home import find_home, make_home
from agenticai.scenarios.benches.deployment import prepare
from agenticai.stack.platform import AS_NAMED
from agenticai.stack.template import Template

QEMU: Final = "qemu-aarch64-static"
NEEDED: Final = {"debootstrap": "debootstrap", "dpkg-deb": "dpkg", QEMU: "qemu-user-static"}
"""Commands, and Debian's packages that bring them."""

RELEASE: Final = "trixie"
"""The release of Debian whose Python is that of the functions."""

PYTHON: Final = "python3.13"
OF_THE_RUNTIME: Final = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six")
"""What Lambda's runtime has: pure Python, so that the packages of this interpreter do."""

IMPORTING: Final = """
import importlib, json, sys
failed = {}
for name in json.loads(sys.argv[1]):
    try:
        importlib.import_module(name)
    except Exception as error:
        failed[name] = f"{type(error).__name__}: {error}"
print(json.dumps(failed))
"""


def main() -> int:
    """Print a line for each function; return 1 if anything of a bundle could not be used, 2 if that can't be tried."""
    missing = [package for command, package in NEEDED.items() if shutil.which(command) is None]
    if missing:
        sys.stdout.write(f"Install {', '.join(missing)} first.\n")
        return 2
    home = find_home(os.environ)
    make_home(home)
    prepared = prepare(home / "cache", report, functions_on=AS_NAMED)
    with tempfile.TemporaryDirectory() as folder:
        root = make_root(Path(folder) / "root")
        runtime = copy_runtime(Path(folder) / "runtime")
        layers = {artifact.id: artifact.layers for artifact in prepared.template.artifacts}
        failed = []
        for function, handler in list_handlers(prepared.template):
            task = unpack(prepared.bundles[function].path, Path(folder) / function)
            opt = Path(folder) / f"{function}-layers"
            for layer in sorted(layers[function]):
                unpack(prepared.bundles[layer].path, opt)
            if not try_out(root, task, opt, runtime, handler):
                failed.append(function)
    return 1 if failed else 0


def report(told: str) -> None:
    """Say what is being done."""
    sys.stderr.write(f"{told}\n")


def list_handlers(template: Template) -> Iterator[tuple[str, str]]:
    """Yield each function and the module of its handler."""
    for name, resource in template.document["Resources"].items():
        if resource["Type"] == "AWS::Serverless::Function":
            yield name, resource["Properties"]["Handler"].rpartition(".")[0]


def make_root(root: Path) -> Path:
    """Return a folder with Debian's Python for arm64 and what that needs, unpacked and not set up."""
    include = f"{PYTHON},libstdc++6"
    options = ("--arch", "arm64", "--variant", "minbase", "--download-only", "--include", include)
    call(sys.stderr, "debootstrap", *options, RELEASE, str(root))
    packages = sorted((root / "var/cache/apt/archives").glob("*.deb"), key=lambda one: "base-files" not in one.name)
    for package in packages:  # base-files first: it has /lib be a link
        call(sys.stderr, "dpkg-deb", "--extract", str(package), str(root))
    return root


def call(output: TextIO, command: str, *arguments: str) -> None:
    """Run a command, which says on `output` what it does. Raises CalledProcessError."""
    subprocess.run([str(shutil.which(command)), *arguments], check=True, stdout=output)


def copy_runtime(folder: Path) -> Path:
    """Return a folder with the packages that Lambda's runtime has."""
    folder.mkdir()
    for name in OF_THE_RUNTIME:
        installed = Path(str(importlib.import_module(name).__file__))
        if installed.name == "__init__.py":
            shutil.copytree(installed.parent, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(installed, folder)
    return folder


def unpack(bundle: Path, folder: Path) -> Path:
    """Return a folder with what is in a bundle, which may be run if the bundle says so, as on AWS."""
    with zipfile.ZipFile(bundle) as archive:
        for member in archive.infolist():
            Path(archive.extract(member, folder)).chmod(member.external_attr >> 16)
    return folder


def try_out(root: Path, task: Path, opt: Path, runtime: Path, handler: str) -> bool:
    """Import a handler, its compiled modules and Gemini's package, run its programs, and print what came of it."""
    layer = opt / "python"
    modules = [handler, *find_compiled(task), *find_compiled(layer)]
    if (task / "google" / "genai").is_dir():
        modules.append("google.genai")
    paths = {"PYTHONPATH": os.pathsep.join(map(str, (task, layer, runtime)))}
    imported = run(root, [str(root / "usr/bin" / PYTHON), "-c", IMPORTING, json.dumps(modules)], paths)
    failed = json.loads(imported.stdout) if imported.returncode == 0 else {handler: imported.stderr.strip()}
    programs = [*find_programs(task), *find_programs(layer)]
    for program in programs:
        finished = run(root, [str(program), "--version"], {})
        if finished.returncode:
            failed[program.name] = finished.stderr.strip()
    sys.stdout.write(f"{handler}: {len(modules)} modules and {len(programs)} programs, {len(failed)} fail\n")
    for name, reason in failed.items():
        sys.stdout.write(f"  {name}: {reason}\n")
    return not failed


def run(root: Path, command: Sequence[str], variables: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
    """Run a program for arm64 with the libraries of a root."""
    started = [str(shutil.which(QEMU)), "-L", str(root), *command]
    return subprocess.run(started, env=dict(variables), capture_output=True, text=True, check=False)


def find_compiled(folder: Path) -> list[str]:
    """Return the names of the modules that are compiled."""
    return sorted(
        ".".join([*path.relative_to(folder).parts[:-1], path.name.partition(".")[0]])
        for path in folder.rglob("*.so")
        if ".libs" not in path.parent.name
    )


def find_programs(folder: Path) -> list[Path]:
    """Return the files that are programs for Linux."""
    files = (path for path in folder.rglob("bin/*") if path.is_file())
    return [path for path in sorted(files) if path.read_bytes()[:4] == b"\x7fELF"]


if __name__ == "__main__":
    sys.exit(main())
