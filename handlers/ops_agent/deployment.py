"""What accompanies a package: the template that deploys it, and instructions for deploying it by hand."""

import re
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from pathlib import PurePosixPath
from string import Template
from typing import Final

from ops_agent.dependencies import REQUIREMENTS, list_installed, list_requirements
from ops_agent.functions import Function
from ops_agent.project_type import DetectedType, ProjectType
from shared.models.runs import Language

_PYTHON: Final = "3.13"
RUNTIMES: Final[Mapping[Language, str]] = {"python": f"python{_PYTHON}", "node": "nodejs22.x"}

# For the function's platform, not this machine's: docs.aws.amazon.com/lambda/latest/dg/python-package.html
_PIP: Final = (
    f"pip install --target unpacked{{}} --only-binary=:all: --platform manylinux2014_aarch64 --python-version {_PYTHON}"
)
_NPM: Final = "npm install --omit=dev --cpu=arm64 --os=linux --prefix unpacked"
_BUILD: Final = {
    "requirements.txt": "pip install -r requirements.txt",
    "pyproject.toml": "pip install .",
    "package.json": "npm install",
    "go.mod": "go build ./...",
    "Cargo.toml": "cargo build --release",
    "pom.xml": "mvn package",
    "CMakeLists.txt": "cmake -B build && cmake --build build",
    "Makefile": "make",
}
"""Commands that install or build a project, by the file in its root that calls for them."""


_BUILT: Final = """
It is a site that has to be built, and it is not deployed unbuilt. What `npm run build` makes, mostly in `dist/` or
`build/`, any server of static files can serve.
"""


def write_template(detected: DetectedType) -> str | None:
    """Return the CloudFormation template; None for a project that is not deployed."""
    if detected.functions:
        return _write_functions(detected.functions)
    return _load_template("static-site.yaml").substitute() if detected.type is ProjectType.STATIC_SITE else None


def _write_functions(functions: Sequence[Function]) -> str:
    resource, output = _load_template("lambda-function.yaml"), _load_template("lambda-output.yaml")
    values = [
        {
            "id": function.id,
            "handler": function.called,
            "route": function.route,
            "root": function.route or "/",
            "runtime": RUNTIMES[function.language],
        }
        for function in functions
    ]
    return _load_template("lambda.yaml").substitute(
        description=f"{'A Lambda function' if len(functions) == 1 else 'Lambda functions'} behind an HTTP API.",
        resources="".join(resource.substitute(each) for each in values),
        outputs="".join(output.substitute(each) for each in values),
    )


def write_instructions(name: str, detected: DetectedType, paths: frozenset[str], proof: str = "") -> str:
    """Return instructions, in Markdown, to deploy or use a project's package; `paths` are the project's files.

    `proof` is the sentence on the trial of a function's package.
    """
    document = "lambda.md" if detected.functions else f"{detected.type}.md"
    return _load_template(document).substitute(
        name=name,
        stack=_make_stack_name(name),
        **(_describe_functions(detected.functions) if detected.functions else {}),
        site=PurePosixPath("unpacked", detected.site),
        dependencies=_write_install_step(detected, paths),
        build=_format_commands(_list_build_commands(detected, paths)),
        built=_BUILT if detected.built else "",
        what="the source of a web front end" if detected.built else "a library or a command-line tool",
        proof=f"\nSeen before it was packaged: {proof}.\n" if proof else "",
        readme=next((f"`{path}`" for path in sorted(paths) if path.lower().startswith("readme")), "its source files"),
    )


def _describe_functions(functions: Sequence[Function]) -> dict[str, str]:
    names = _join_words(f"`{function.id}Name`" for function in functions)
    if len(functions) == 1:
        return {
            "functions": f"a Lambda function with the handler `{functions[0].handler}`",
            "route": "",
            "names": names,
        }
    handlers = _join_words(f"`{function.handler}` at `{function.route}`" for function in functions)
    return {"functions": f"Lambda functions with the handlers {handlers}", "route": "ROUTE", "names": names}


def _join_words(parts: Iterable[str]) -> str:
    *most, last = parts
    return f"{', '.join(most)} and {last}" if most else last


def _list_build_commands(detected: DetectedType, paths: frozenset[str]) -> list[str]:
    commands = [command for manifest, command in _BUILD.items() if manifest in paths]
    return [*commands, "npm run build"] if detected.built else commands


def write_additions(files: Mapping[str, str], detected: DetectedType) -> dict[str, bytes]:
    """Return the files that a function's package needs beside the project's: its entry, and unnamed requirements."""
    added = {detected.entry.path: detected.entry.text} if detected.entry else {}
    requirements = [
        each for function in detected.list_functions("python") for each in list_requirements(files, function.handler)
    ]
    requirements += [detected.entry.requirement] if detected.entry and detected.entry.language == "python" else []
    if requirements:
        added[REQUIREMENTS] = "".join(f"{requirement}\n" for requirement in dict.fromkeys(requirements))
    return {path: text.encode() for path, text in added.items()}


def _write_install_step(detected: DetectedType, paths: frozenset[str]) -> str:
    """Return the step that adds the functions' dependencies to the package; empty if there are none."""
    installs = []
    if manifests := dict.fromkeys(
        path for one in detected.list_functions("python") for path in list_installed(one.handler, paths)
    ):
        installs.append(_PIP.format("".join(f" -r unpacked/{path}" for path in manifests)))
    adapter = f" {detected.entry.requirement}" if detected.entry else ""
    if detected.list_functions("node") and (adapter or "package.json" in paths):
        installs.append(f"{_NPM}{adapter}")
    if not installs:
        return ""
    commands = ["unzip package.zip -d unpacked", *installs, "(cd unpacked && zip -qr ../package.zip .)"]
    return f"\n   Put the dependencies into the package:\n{_format_commands(commands)}\n"


def _format_commands(commands: Iterable[str]) -> str:
    return "".join(f"\n       {command}" for command in commands)


def _make_stack_name(name: str) -> str:
    """Return the project's name as a valid stack name: letters, digits and hyphens, beginning with a letter."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).lstrip("-0123456789")[:60].rstrip("-") or "my-project"


def _load_template(name: str) -> Template:
    return Template(files(__package__).joinpath("templates", name).read_text(encoding="utf-8"))
