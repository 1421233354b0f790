"""Ops: a project's type, its package, the template that deploys it, and the instructions."""

import hashlib
import io
import re
import stat
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from cfnlint.api import lint_file

from agenticai.stack.template import Template
from ops_agent.deployment import write_instructions, write_template
from ops_agent.functions import Function, list_functions
from ops_agent.project_type import DetectedType, ProjectType, detect
from shared.paths import UnsafePath
from shared.zips import build_zip, check_zip

PYTHON_HANDLER = "def handler(event: dict[str, object], context: object) -> dict[str, object]:\n    return {}\n"

NODE_HANDLER = "export const handler = async (event) => ({});\n"


def lambdas(kind: ProjectType, handlers: Sequence[str]) -> DetectedType:
    if kind is ProjectType.NODE_LAMBDA:
        return DetectedType(kind, list_functions([(handler, "node") for handler in handlers]))
    return DetectedType(kind, list_functions([(handler, "python") for handler in handlers]))


SEVERAL = lambdas(
    ProjectType.PYTHON_LAMBDA,
    ("app.handler", "orders/create_order.handler", "orders/delete/app.handler", "users/delete/app.handler"),
)
MIXED = DetectedType(
    ProjectType.MIXED_LAMBDA, list_functions([("orders/app.handler", "python"), ("mail/index.handler", "node")])
)
HANDLERS = [function.handler for function in SEVERAL.functions]
ROUTES = ("/app", "/create-order", "/delete", "/delete-2")


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"app.py": PYTHON_HANDLER}, lambdas(ProjectType.PYTHON_LAMBDA, ("app.handler",))),
        (
            {"src/a/main.py": "def lambda_handler(event, context):\n    pass\n", "src/b.py": "x = 1\n"},
            lambdas(ProjectType.PYTHON_LAMBDA, ("src/a/main.lambda_handler",)),
        ),
        (
            {"index.mjs": NODE_HANDLER},
            lambdas(ProjectType.NODE_LAMBDA, ("index.handler",)),
        ),
        (
            {"src/app.js": "exports.handler = async () => {};\n"},
            lambdas(ProjectType.NODE_LAMBDA, ("src/app.handler",)),
        ),
        ({"api.js": "export async function handler(event) {}\n"}, lambdas(ProjectType.NODE_LAMBDA, ("api.handler",))),
        (
            {"app.cjs": "const handler = async () => {};\nmodule.exports = {\n  other,\n  handler,\n};\n"},
            lambdas(ProjectType.NODE_LAMBDA, ("app.handler",)),
        ),
        (
            {"app.mjs": "const run = async () => {};\nexport { run as lambdaHandler };\n"},
            lambdas(ProjectType.NODE_LAMBDA, ("app.lambdaHandler",)),
        ),
        ({"app.mjs": "export { handler as other };\n"}, DetectedType(ProjectType.PACKAGE)),
        (
            {"app.py": "def handler(\n    event: dict[str, object],\n    _context: object,\n) -> None: ...\n"},
            lambdas(ProjectType.PYTHON_LAMBDA, ("app.handler",)),
        ),
        ({"orders/app.py": PYTHON_HANDLER, "mail/index.mjs": NODE_HANDLER}, MIXED),
        (
            {"orders/app.py": PYTHON_HANDLER, "web/index.html": "<p>", "web/js/clicks.mjs": NODE_HANDLER},
            lambdas(ProjectType.PYTHON_LAMBDA, ("orders/app.handler",)),
        ),
        (
            {"index.html": "<p>", "mail/index.mjs": NODE_HANDLER},
            lambdas(ProjectType.NODE_LAMBDA, ("mail/index.handler",)),
        ),
        ({"app.py": "handler = Mangum(app)\n"}, lambdas(ProjectType.PYTHON_LAMBDA, ("app.handler",))),
        ({"cli.py": "def handler(signum, frame):\n    pass\n"}, DetectedType(ProjectType.PACKAGE)),
        ({"cli.py": "handler = logging.StreamHandler()\n"}, DetectedType(ProjectType.PACKAGE)),
        ({"index.html": "<!doctype html>", "app.js": "console.log(1);\n"}, DetectedType(ProjectType.STATIC_SITE)),
        (
            {"public/index.html": "<p>", "public/a.js": "1;\n", "tests/a.test.mjs": "2;\n", "README.md": "x"},
            DetectedType(ProjectType.STATIC_SITE, site="public"),
        ),
        *(
            ({f"{folder}/index.html": "<p>"}, DetectedType(ProjectType.STATIC_SITE, site=folder))
            for folder in ("site", "web", "www", "src", "dist")
        ),
        ({"public/index.html": "<p>", "server.js": "listen();\n"}, DetectedType(ProjectType.PACKAGE)),
        ({"a #b/app.py": PYTHON_HANDLER}, DetectedType(ProjectType.PACKAGE)),
        ({"docs/index.html": "<p>", "lib.py": "x = 1\n"}, DetectedType(ProjectType.PACKAGE)),
        ({"lib.py": "def greet(name):\n    return name\n"}, DetectedType(ProjectType.PACKAGE)),
        ({"lib.py": "def handler(signal):\n    pass\n"}, DetectedType(ProjectType.PACKAGE)),
        ({"tests/test_app.py": PYTHON_HANDLER, "README.md": "x"}, DetectedType(ProjectType.PACKAGE)),
        ({}, DetectedType(ProjectType.PACKAGE)),
    ],
)
def test_a_project_is_told_by_its_files(files: dict[str, str], expected: DetectedType) -> None:
    assert detect(files) == expected


@pytest.mark.parametrize(
    "detected",
    [
        lambdas(ProjectType.PYTHON_LAMBDA, ("todo/app.handler",)),
        lambdas(ProjectType.NODE_LAMBDA, ("src/app.handler",)),
        SEVERAL,
        MIXED,
        DetectedType(ProjectType.STATIC_SITE),
    ],
    ids=lambda detected: f"{detected.type}-{len(detected.functions)}",
)
def test_the_template_passes_cfn_lint(detected: DetectedType, tmp_path: Path) -> None:
    template = write_template(detected)
    assert template is not None
    path = tmp_path / "template.yaml"
    path.write_text(template)
    assert [str(match) for match in lint_file(path)] == []
    assert "$" not in template.replace("${", "")


def test_each_handler_is_a_function_with_a_route_and_an_output_of_its_own() -> None:
    files = {f"{handler.rpartition('.')[0]}.py": PYTHON_HANDLER for handler in HANDLERS}
    assert detect({**files, "orders/test_create_order.py": PYTHON_HANDLER}) == SEVERAL
    document = Template.parse(write_template(SEVERAL) or "", Path()).document
    functions = [one for one in document["Resources"].values() if one["Type"] == "AWS::Serverless::Function"]
    assert [one["Properties"]["Handler"] for one in functions] == HANDLERS
    events = [event["Properties"]["Path"] for one in functions for event in one["Properties"]["Events"].values()]
    assert events == [path for route in ROUTES for path in (route, f"{route}/{{proxy+}}")]
    assert len(document["Outputs"]) == len(HANDLERS) + 1
    text = write_instructions("x", SEVERAL, frozenset())
    assert all(f"`{handler}` at `{route}`" in text for handler, route in zip(HANDLERS, ROUTES, strict=True))


def test_a_function_whose_imports_begin_in_a_folder_is_called_by_an_entry() -> None:
    function = Function("src/todo/app.lambda_handler", "todo-list", "src")
    assert "Handler: lambda_root_todo_list.handler\n" in (
        write_template(DetectedType(ProjectType.PYTHON_LAMBDA, (function,))) or ""
    )
    text = function.write_entry()["lambda_root_todo_list.py"].decode()
    assert 'importlib.import_module("todo.app").lambda_handler' in text
    assert list(Function("app.handler", root="src").write_entry()) == ["lambda_root.py"]
    assert Function("app.handler").write_entry() == {}


def test_all_functions_have_their_requirements_in_the_package() -> None:
    paths = frozenset({"requirements.txt", "orders/requirements.txt", "users/delete/requirements.txt"})
    assert "-r unpacked/requirements.txt -r unpacked/orders/requirements.txt -r unpacked/users/delete/requ" in (
        write_instructions("x", SEVERAL, paths)
    )


def test_functions_in_two_languages_have_their_runtimes_and_dependencies() -> None:
    resources = Template.parse(write_template(MIXED) or "", Path()).document["Resources"]
    assert {name: one["Properties"]["Runtime"] for name, one in resources.items() if name.endswith("Function")} == {
        "OrdersFunction": "python3.13",
        "MailFunction": "nodejs22.x",
    }
    text = write_instructions("x", MIXED, frozenset({"orders/requirements.txt", "package.json"}))
    assert "pip install --target unpacked -r unpacked/orders/requirements.txt" in text
    assert "npm install --omit=dev" in text


def test_one_function_is_described_as_one_and_several_as_several() -> None:
    one = lambdas(ProjectType.NODE_LAMBDA, ("app.handler",))
    for detected, described, told in (
        (one, "A Lambda function behind an HTTP API.", "a Lambda function with the handler `app.handler`"),
        (
            SEVERAL,
            "Lambda functions behind an HTTP API.",
            "Lambda functions with the handlers `app.handler` at `/app`, ",
        ),
    ):
        assert Template.parse(write_template(detected) or "", Path()).document["Description"] == described
        assert told in write_instructions("x", detected, frozenset())
    assert "` and `users/delete/app.handler` at `/delete-2`" in write_instructions("x", SEVERAL, frozenset())


@pytest.mark.parametrize(
    ("name", "stack"),
    [
        ("To-do service", "to-do-service"),
        ("2048 Game!", "game"),
        ("Größe", "gr-e"),
        ("v2", "v2"),
        ("概要", "my-project"),
        ("x" * 61, "x" * 60),
        ("x" * 59 + " yz", "x" * 59),
    ],
)
def test_a_stack_is_named_as_cloudformation_allows_it(name: str, stack: str) -> None:
    text = write_instructions(name, lambdas(ProjectType.PYTHON_LAMBDA, ("app.handler",)), frozenset())
    assert f"--stack-name {stack} " in text.replace("\n", " ")


def test_the_readme_and_what_was_seen_are_told_where_there_is_something_to_tell() -> None:
    detected = lambdas(ProjectType.PYTHON_LAMBDA, ("app.handler",))
    package = write_instructions("x", DetectedType(ProjectType.PACKAGE), frozenset({"docs/readme.md", "ReadMe.rst"}))
    assert "`ReadMe.rst`" in package
    assert "its source files" in write_instructions("x", DetectedType(ProjectType.PACKAGE), frozenset({"a.py"}))
    assert "\nSeen before it was packaged: it answers.\n" in write_instructions(
        "x", detected, frozenset(), "it answers"
    )
    assert "Seen before" not in write_instructions("x", detected, frozenset())


def test_instructions_without_a_proof_or_dependencies_say_all_the_rest() -> None:
    one = lambdas(ProjectType.PYTHON_LAMBDA, ("app.handler",))
    plain = write_instructions("x", one, frozenset())
    assert (
        write_instructions("x", one, frozenset(), "it answers").replace(
            "\nSeen before it was packaged: it answers.\n", ""
        )
        == plain
    )
    step = r"\n   Put the dependencies into the package:\n(?:\n       .*)+\n"
    needing = write_instructions("x", one, frozenset({"requirements.txt"}))
    assert needing != plain
    assert re.sub(step, "", needing) == plain
    assert "\n       curl -i ADDRESS\n" in plain


def test_a_librarys_instructions_say_no_more_than_this() -> None:
    assert write_instructions("To-do", DetectedType(ProjectType.PACKAGE), frozenset({"go.mod"})) == (
        "# Using To-do\n\n"
        "The package holds a library or a command-line tool; nothing is deployed.\n\n"
        "1. Unpack it, and open a terminal in its folder:\n\n"
        "       unzip package.zip -d to-do\n"
        "       cd to-do\n"
        "       go build ./...\n\n"
        "2. Read its source files on how to use it.\n"
    )


def test_a_library_has_no_template() -> None:
    assert write_template(DetectedType(ProjectType.PACKAGE)) is None


@pytest.mark.parametrize("kind", ProjectType)
def test_the_instructions_leave_no_place_open(kind: ProjectType) -> None:
    handlers = ("app.handler",) if kind.endswith("-lambda") else ()
    text = write_instructions("My $Service & more", lambdas(kind, handlers), frozenset({"README.md"}))
    assert "My $Service & more" in text
    assert "my-service-more" in text
    assert "$" not in text.replace("My $Service & more", "")
    assert "\n\n\n" not in text
    assert "None" not in text


@pytest.mark.parametrize("kind", [ProjectType.PYTHON_LAMBDA, ProjectType.NODE_LAMBDA, ProjectType.STATIC_SITE])
def test_every_output_that_the_instructions_name_is_one_of_the_template(kind: ProjectType) -> None:
    detected = lambdas(kind, () if kind is ProjectType.STATIC_SITE else ("app.handler",))
    named = set(re.findall(r"output\s+`(\w+)`|`(\w+)` and `(\w+)`", write_instructions("x", detected, frozenset())))
    outputs = (write_template(detected) or "").partition("Outputs:")[2]
    assert named
    assert all(f"  {name}:\n" in outputs for group in named for name in group if name)


@pytest.mark.parametrize(
    ("detected", "path", "command"),
    [
        (
            lambdas(ProjectType.PYTHON_LAMBDA, ("app.handler",)),
            "requirements.txt",
            "pip install --target unpacked -r unpacked/requirements.txt --only-binary=:all:"
            " --platform manylinux2014_aarch64 --python-version 3.13",
        ),
        (
            lambdas(ProjectType.NODE_LAMBDA, ("app.handler",)),
            "package.json",
            "npm install --omit=dev --cpu=arm64 --os=linux --prefix unpacked",
        ),
        (
            DetectedType(ProjectType.STATIC_SITE, site="public"),
            "public/index.html",
            "aws s3 sync unpacked/public s3://",
        ),
        (DetectedType(ProjectType.STATIC_SITE), "index.html", "aws s3 sync unpacked s3://"),
        (DetectedType(ProjectType.PACKAGE), "pyproject.toml", "pip install ."),
        (DetectedType(ProjectType.PACKAGE), "Cargo.toml", "cargo build --release"),
    ],
)
def test_the_instructions_fit_the_project(detected: DetectedType, path: str, command: str) -> None:
    assert f"\n       {command}" in write_instructions("x", detected, frozenset({path}))


def test_a_function_without_dependencies_is_deployed_without_installing_any() -> None:
    text = write_instructions("x", lambdas(ProjectType.PYTHON_LAMBDA, ("app.handler",)), frozenset({"package.json"}))
    assert "install" not in text


def test_the_same_files_give_the_same_bytes_in_any_order() -> None:
    one = build_zip({"b.txt": b"b", "a/x.py": b"a"})
    two = build_zip({"a/x.py": b"a", "b.txt": b"b"})
    assert hashlib.sha256(one).digest() == hashlib.sha256(two).digest()
    archive = zipfile.ZipFile(io.BytesIO(one))
    assert archive.namelist() == ["a/x.py", "b.txt"]
    assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    modes = {stat.filemode(entry.external_attr >> 16) for entry in archive.infolist()}
    assert modes == {"-rw-r--r--"}, "which Lambda needs to read them"
    assert {(entry.create_system, entry.compress_type) for entry in archive.infolist()} == {(3, zipfile.ZIP_DEFLATED)}


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", "a/../../b", "C:/x", "a\\b", ""])
def test_an_unsafe_path_is_never_packed(path: str) -> None:
    with pytest.raises(UnsafePath):
        build_zip({path: b"x"})


@pytest.mark.parametrize("name", ["../x", "/x", "a/../../x"])
def test_a_zip_with_an_unsafe_path_does_not_pass_the_check(name: str) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(name, "x")
    with pytest.raises(UnsafePath):
        check_zip(packed.getvalue())
