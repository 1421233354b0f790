"""What goes with a package: the template that deploys it, and instructions to follow by hand."""

import re
from importlib.resources import files
from string import Template
from typing import Final

from ops_agent.project_type import Detected, ProjectType

RUNTIMES: Final = {ProjectType.PYTHON_LAMBDA: "python3.13", ProjectType.NODE_LAMBDA: "nodejs22.x"}

_INSTALL: Final = {
    "requirements.txt": "pip install --target unpacked -r unpacked/requirements.txt",
    "package.json": "npm install --omit=dev --prefix unpacked",
}


def template_for(detected: Detected) -> str | None:
    """The CloudFormation template; None for a project that is not deployed."""
    match detected.type:
        case ProjectType.PYTHON_LAMBDA | ProjectType.NODE_LAMBDA:
            runtime = RUNTIMES[detected.type]
            return _text("lambda.yaml").substitute(handler=detected.handler, runtime=runtime)
        case ProjectType.STATIC_SITE:
            return _text("static-site.yaml").substitute()
        case ProjectType.PACKAGE:
            return None


def instructions_for(name: str, detected: Detected, paths: frozenset[str]) -> str:
    """How to deploy the package, in Markdown."""
    document = "lambda.md" if detected.handler else f"{detected.type}.md"
    return _text(document).substitute(
        name=name, stack=_stack_name(name), handler=detected.handler, dependencies=_dependencies(paths)
    )


def _dependencies(paths: frozenset[str]) -> str:
    """The step that puts a project's dependencies into its package, where it names any."""
    commands = [command for manifest, command in _INSTALL.items() if manifest in paths]
    if not commands:
        return ""
    steps = "\n".join(f"       {command}" for command in ["unzip package.zip -d unpacked", *commands])
    return f"\n   Put the dependencies into the package:\n\n{steps}\n       (cd unpacked && zip -qr ../package.zip .)\n"


def _stack_name(name: str) -> str:
    """The project's name as CloudFormation allows it: letters, digits and hyphens, beginning with a letter."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-0123456789")[:60].strip("-") or "my-project"


def _text(name: str) -> Template:
    return Template(files(__package__).joinpath("templates", name).read_text(encoding="utf-8"))
