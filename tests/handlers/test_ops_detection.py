"""The words, forms and names by which Ops detects a project's type, and the files that it adds."""

import pytest

from ops_agent.applications import Entry, find_entry, needs_build
from ops_agent.dependencies import is_manifest, list_installed, list_node_packages, list_requirements, read_manifest
from ops_agent.deployment import write_instructions, write_template
from ops_agent.functions import Function, list_functions
from ops_agent.project_type import DetectedType, ProjectType, detect

EXPRESS = "const app = express();\nmodule.exports = app;\n"


def named(*handlers: str) -> list[str]:
    return [function.name for function in list_functions([(handler, "python") for handler in handlers])]


def test_what_says_nothing_does_not_name_a_function() -> None:
    for word in [
        "app",
        "function",
        "handler",
        "index",
        "lambda",
        "lambda_function",
        "lambda_handler",
        "main",
        "src",
        "SRC",
        "Main",
    ]:
        assert named(f"orders/{word}.handler", f"users/{word}.handler") == ["orders", "users"], word
    assert named("src/app.handler", "src/main.handler") == ["app", "main"]


def test_functions_with_one_name_are_numbered_and_the_only_one_has_none() -> None:
    assert named("a/mail.handler", "b/mail.handler", "c/mail.handler") == ["mail", "mail-2", "mail-3"]
    assert named("a/_Send--Mail_.run", "a/__.run") == ["send-mail", "function"]
    (only,) = list_functions([("a/mail.handler", "python")])
    assert (only.name, only.id, only.route) == ("", "Function", "")
    several = list_functions([("a/send_mail.handler", "python"), ("a/b.handler", "node")])
    assert [(one.id, one.route, one.language) for one in several] == [
        ("SendMailFunction", "/send-mail", "python"),
        ("BFunction", "/b", "node"),
    ]


def test_the_entry_of_a_function_begins_its_imports_in_its_folder() -> None:
    function = Function("src/todo/app.lambda_handler", "todo", "src")
    assert function.write_entry()["lambda_root_todo.py"].decode() == (
        '"""Has Lambda call src/todo/app.lambda_handler, whose imports begin in src."""\n\n'
        "import importlib\nimport os\nimport sys\n\n"
        'os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), "src"))\n'
        "sys.path.insert(0, os.getcwd())\n"
        'handler = importlib.import_module("todo.app").lambda_handler\n'
    )


def test_a_folder_may_have_a_dot_in_its_name() -> None:
    text = Function("src/v1.0/app.run", "v", "src").write_entry()["lambda_root_v.py"].decode()
    assert 'importlib.import_module("v1.0.app").run\n' in text


PYTHON_ENTRY = '''\
"""Has Lambda call the application in main.py."""

import importlib

from {package} import {adapter}

_module = importlib.import_module(f"{{__package__}}.main" if __package__ else "main")
handler = {adapter}(_module.app)
'''
NODE_ENTRY = """\
// Has Lambda call the application in main.js.
import serverless from "serverless-http";
import * as loaded from "./main.js";

const found = loaded.default ?? loaded.app;
export const handler = serverless(found.app ?? found);
"""


@pytest.mark.parametrize(
    ("path", "made", "entry"),
    [
        (
            "web/main.py",
            ("app = FastAPI()\n", "x = 1\napp: FastAPI = fastapi.FastAPI(title='x')\n"),
            Entry("web/lambda_entry.py", PYTHON_ENTRY.format(package="mangum", adapter="Mangum"), "mangum"),
        ),
        (
            "main.py",
            ("app = Flask(__name__)\n", "x = 1\napp: Flask = flask.Flask(__name__)\n"),
            Entry(
                "lambda_entry.py",
                PYTHON_ENTRY.format(package="apig_wsgi", adapter="make_lambda_handler"),
                "apig-wsgi",
            ),
        ),
        (
            "web/main.js",
            (
                EXPRESS,
                "let app = express( );\nexport default app;\n",
                "var app = express();\nexports.app = app;\n",
                "x;\nexport const app = express();\n",
            ),
            Entry("web/lambda-entry.mjs", NODE_ENTRY, "serverless-http"),
        ),
    ],
    ids=["fastapi", "flask", "express"],
)
def test_every_form_of_an_application_has_an_entry(path: str, made: tuple[str, ...], entry: Entry) -> None:
    for text in made:
        assert find_entry({"a/b/c/first.py": "", path: text}) == entry, text
        assert find_entry({f"tests/{path}": text}) is None
        assert find_entry({f"a b/{path}": text}) is None
        assert find_entry({f"{path}.txt": text}) is None
    assert entry.handler == f"{entry.path.rpartition('.')[0]}.handler"
    assert entry.language == ("python" if path.endswith(".py") else "node")


def test_the_application_nearest_to_the_root_is_the_one() -> None:
    found = find_entry({"a/z/b.js": EXPRESS, "c/z.js": EXPRESS, "b/y.js": EXPRESS})
    assert found is not None
    assert found.path == "b/lambda-entry.mjs"
    handlers = {f"{path}.py": "lambda_handler = 1\n" for path in ("a/b/c", "z", "b/c")}
    assert [one.handler.partition(".")[0] for one in detect(handlers).functions] == ["z", "b/c", "a/b/c"]


@pytest.mark.parametrize(
    ("files", "needed"),
    [
        ({"package.json": '{"scripts": {"build": "x"}}', "index.html": "/src/main", "a.txt": ""}, True),
        ({"package.json": '{"scripts": {"build": "x"}}', "web/index.html": "<p>", "web/app.vue": ""}, True),
        ({"package.json": '{"scripts": {"build": "x"}}', "index.html": "<p>", "app.test.ts": ""}, False),
        ({"package.json": '{"scripts": {"build": "x"}}', "other.html": "/src/main", "app.ts": ""}, False),
        ({"package.json": '{"scripts": {"build": "x"}}', "web/vite.config.js": ""}, True),
        ({"package.json": '{"scripts": {"build": "x"}}', "vite.js": ""}, False),
        ({"package.json": '{"scripts": {"start": "x"}}', "index.html": "/src/main"}, False),
        ({"package.json": '{"scripts": "build"}', "index.html": "/src/main"}, False),
        ({"index.html": "/src/main"}, False),
    ],
)
def test_a_site_is_built_only_by_a_build_of_its_own(files: dict[str, str], needed: bool) -> None:
    assert needs_build(files) is needed


def test_what_is_installed_is_what_the_manifests_say() -> None:
    assert read_manifest("[1]") == read_manifest("{") == {}
    files = {
        "package.json": '{"dependencies": {"a": "1"}, "devDependencies": {"b": "1"}, "peerDependencies": {"c": "1"}}',
        "web/package.json": '{"optionalDependencies": {"d": "1"}, "dependencies": ["e"]}',
        "other.json": '{"dependencies": {"f": "1"}}',
    }
    assert list_node_packages(files) == {"a", "d"}
    for path in ("requirements.txt", "a/requirements-dev.txt", "requirements_2.x.txt", "a/pyproject.toml"):
        assert is_manifest(path), path
    for path in ("my-requirements.txt", "requirements.txt.old", "requirements.md", "pyproject.toml.txt", "a.txt"):
        assert not is_manifest(path), path


def test_the_requirements_above_a_handler_are_installed_and_else_the_projects() -> None:
    paths = frozenset({"requirements.txt", "a/requirements.txt", "b/requirements.txt", "requirements-lambda.txt"})
    assert list_installed("a/b/app.handler", paths) == ("a/requirements.txt", "requirements-lambda.txt")
    assert list_installed("app.handler", paths) == ("requirements.txt", "requirements-lambda.txt")
    assert list_installed("app.handler", frozenset({"a/requirements.txt"})) == ()
    project = '[project]\ndependencies = ["flask", 1, "httpx>=1"]\n'
    files = {"b/pyproject.toml": project.replace("flask", "b"), "a/pyproject.toml": project, "a/a/pyproject.toml": ""}
    assert [*list_requirements(files, "app.handler")] == ["flask", "httpx>=1"]
    assert [*list_requirements(files | {"requirements.txt": ""}, "app.handler")] == []
    for text in ("project = 1\n", "[project]\ndependencies = 'a'\n", "x = 1\n", "[project"):
        assert [*list_requirements({"pyproject.toml": text, "z/pyproject.toml": project}, "app.handler")] == []


def test_every_form_of_a_handler_is_known() -> None:
    for name in ("event", "evt", "request", "payload", "e", "_event", "__e"):
        assert detect({"a.py": f"x = 1\ndef handler({name}, context):\n    pass\n"}).functions, name
    for text in (
        "lambda_handler = make()\n", "def lambda_handler (*given):\n", "handler = Mangum(app)\n",
        "handler=  Mangum(app, lifespan='off')\n",
    ):  # fmt: skip
        name = "lambda_handler" if "lambda" in text.partition("(")[0] else "handler"
        assert [one.handler for one in detect({"a.py": text}).functions] == [f"a.{name}"], text
    for text in ("def handler(events, context):\n", "def handler(event):\n", " def handler(event, context):\n"):
        assert not detect({"a.py": text}).functions, text
    for name in ("handler", "lambdaHandler"):
        for text in (
            f"export const {name} = 1", f"export let {name} = 1", f"export var {name} = 1", f"exports.{name} = 1",
            f"export async function {name}() {{}}", f"export function {name}() {{}}", f"module.exports.{name} = 1",
            f"export {{ a, {name} }}", f"module.exports = {{ {name}: 1 }}", f"export{{{name}}}",
        ):  # fmt: skip
            assert [one.handler for one in detect({"a.js": f"x;\n{text};\n"}).functions] == [f"a.{name}"], text
        assert not detect({"a.js": f"export const {name}s = 1;\nimport {{ {name} }} from 'a';\n"}).functions


def test_a_program_beside_a_site_makes_it_a_package() -> None:
    endings = ["py", "js", "ts", "go", "java", "rs", "c", "cpp", "cs", "rb", "php", "kt"]
    for ending in endings:
        files = {"public/index.html": "<p>", f"server.{ending}": ""}
        assert detect(files).type is ProjectType.PACKAGE, ending
        assert detect({"public/index.html": "<p>", f"public/lib.{ending}": ""}).site == "public"
        assert detect({"public/index.html": "<p>", f"tests/server.{ending}": ""}).site == "public"
    assert detect({"public/index.html": "<p>", "notes.md": "", "LICENSE": ""}).type is ProjectType.STATIC_SITE
    assert detect({"public/index.html": "<p>", "serve": "#!/usr/bin/env python3\n"}).type is ProjectType.PACKAGE


BUILDS = {
    "requirements.txt": "pip install -r requirements.txt",
    "pyproject.toml": "pip install .",
    "package.json": "npm install",
    "go.mod": "go build ./...",
    "Cargo.toml": "cargo build --release",
    "pom.xml": "mvn package",
    "CMakeLists.txt": "cmake -B build && cmake --build build",
    "Makefile": "make",
}


def test_every_manifest_has_its_command() -> None:
    for path, command in BUILDS.items():
        text = write_instructions("x", DetectedType(ProjectType.PACKAGE), frozenset({path, f"a/{path}"}))
        assert f"       cd x\n       {command}\n\n" in text
    everything = write_instructions("x", DetectedType(ProjectType.PACKAGE, built=True), frozenset(BUILDS))
    assert "\n       ".join([*BUILDS.values(), "npm run build\n"]) in everything
    assert "The package holds the source of a web front end; nothing" in everything
    assert "The package holds a library or a command-line tool; nothing" in (
        write_instructions("x", DetectedType(ProjectType.PACKAGE), frozenset())
    )


def test_dependencies_are_put_into_the_package_between_its_unpacking_and_packing() -> None:
    detected = detect({"app.mjs": "export const handler = 1;\n"})
    text = write_instructions("x", detected, frozenset({"package.json"}))
    assert (
        "\n   Put the dependencies into the package:\n\n"
        "       unzip package.zip -d unpacked\n"
        "       npm install --omit=dev --cpu=arm64 --os=linux --prefix unpacked\n"
        "       (cd unpacked && zip -qr ../package.zip .)\n"
    ) in text
    assert "       curl -i ADDRESS\n" in text
    assert "where FUNCTION is the output `FunctionName`.\n" in text
    assert "terminal there.\n\n2. Upload the code:\n" in write_instructions("x", detected, frozenset())
    several = list_functions([("a/b.handler", "python"), ("a/c.handler", "node"), ("a/d.handler", "node")])
    text = write_instructions("x", DetectedType(ProjectType.MIXED_LAMBDA, several), frozenset())
    assert "the handlers `a/b.handler` at `/b`, `a/c.handler` at `/c` and `a/d.handler` at `/d`; " in text
    assert "       curl -i ADDRESSROUTE\n" in text
    assert "the output `BFunctionName`, `CFunctionName` and `DFunctionName`.\n" in text


def test_a_function_is_called_below_its_route_and_the_only_one_at_the_root() -> None:
    only = write_template(detect({"app.mjs": "export const handler = 1;\n"})) or ""
    assert "Path: /, Method: ANY" in only
    assert 'Path: "/{proxy+}"' in only
    assert "  Function:\n" in only
