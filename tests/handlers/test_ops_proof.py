"""Ops tries a function's package with the real runner: it imports the handler as Lambda does, and calls it."""

import re
import shutil
import textwrap
from datetime import datetime
from ipaddress import ip_address
from itertools import chain, repeat
from typing import Any

import pytest

from ops_agent.agent import OpsAgent, Packaged
from ops_agent.deployment import write_additions, write_instructions
from ops_agent.functions import Function
from ops_agent.project_type import DetectedType, ProjectType, detect
from ops_agent.proof import HTTP_EVENT, RUN_SECONDS, Proof, prove
from runner.running import Runner
from shared.models.messages import DeployRequested
from shared.models.project import Revision, StoredObject
from shared.models.runs import TestsRequested, TestsRun
from shared.models.workflow import ProjectStatus
from shared.runners.port import RunnerEnded
from tests.fakes import replies
from tests.fakes.factory import Factory
from tests.fakes.runner import FakeRunner
from tests.handlers.runner.sandbox.projects import needs_sandbox

HELLO = "def handler(event, context):\n    return {'statusCode': 200, 'body': event['rawPath']}\n"


def proof_of(files: dict[str, str]) -> tuple[DetectedType, Proof]:
    texts = {path: textwrap.dedent(text) for path, text in files.items()}
    detected = detect(texts)
    assert detected.functions, "nothing to prove"
    contents = {path: text.encode() for path, text in texts.items()}
    return detected, prove(Runner(), "0" * 26, contents, detected)


def verdict(proof: Proof) -> tuple[bool | None, str]:
    return proof.passed, proof.summary


def roots(proof: Proof) -> list[str]:
    return [function.root for function in proof.functions]


@needs_sandbox
class TestPython:
    def test_a_handler_that_imports_and_answers(self) -> None:
        _, proof = proof_of({"app.py": HELLO, "test_app.py": "import nothing_of_the_kind\n"})
        assert verdict(proof) == (True, "app.handler was imported from the package and answered an HTTP API's GET /")

    @pytest.mark.parametrize(
        ("files", "said"),
        [
            ({"app.py": f"import fluxcapacitor\n{HELLO}"}, "No module named 'fluxcapacitor'"),
            ({"app.py": f"import os\nTABLE = os.environ['TABLE']\n{HELLO}"}, "KeyError: 'TABLE'"),
            ({"app.py": f"{HELLO}\nhandler = 3\n"}, "handler in app cannot be called"),
            ({"app.py": f"{HELLO}\nimport os\nos._exit(0)\n"}, "cannot be imported"),
        ],
    )
    def test_a_handler_that_lambda_could_not_import(self, files: dict[str, str], said: str) -> None:
        _, proof = proof_of(files)
        assert proof.passed is False
        assert said in proof.summary

    def test_imports_begin_in_a_source_folder_where_they_need_it(self) -> None:
        files = {"src/app.py": f"import greeting\n{HELLO}", "src/greeting.py": "", "README.md": ""}
        _, proof = proof_of(files)
        assert (proof.passed, proof.functions) == (True, (Function("src/app.handler", root="src"),))
        assert proof.summary.startswith("src/app.handler was imported")

    def test_a_source_folder_is_where_files_are_read_from(self) -> None:
        reading = f"import greeting\nTEXT = open('words.txt').read()\n{HELLO}"
        files = {
            "src/app.py": reading,
            "src/greeting.py": "",
            "src/words.txt": "hello",
            "event.json": '{"rawPath": "/"}',
        }
        assert proof_of(files)[1].summary.endswith("answered the event in event.json")

    def test_a_folder_that_is_a_package_of_its_own_stays_where_it_is(self) -> None:
        files = {"todo/__init__.py": "", "todo/app.py": f"from todo import store\n{HELLO}", "todo/store.py": ""}
        assert roots(proof_of(files)[1]) == ["."]

    def test_the_projects_own_event_must_be_answered(self) -> None:
        broken = "def handler(event, context):\n    return event['Records'][0]\n"
        good = {"app.py": broken, "events/order.json": '{"Records": [{"body": "x"}]}'}
        assert (
            proof_of(good)[1].summary
            == "app.handler was imported from the package and answered the event in events/order.json"
        )
        _, proof = proof_of({"app.py": broken, "event.json": '{"records": []}'})
        assert proof.passed is False
        assert proof.summary == "app.handler failed on the event in event.json: KeyError: 'Records'"

    def test_who_is_for_other_events_is_told_and_not_blamed(self) -> None:
        _, proof = proof_of({"app.py": "def handler(event, context):\n    return event['Records']\n"})
        assert proof.passed is True
        assert proof.summary.endswith("on an HTTP API's GET / it failed: KeyError: 'Records'")

    @pytest.mark.parametrize(
        "path", ["data/events/concert.json", "events/invalid_order.json", "events/missing-name.json", "other.json"]
    )
    def test_what_is_no_example_of_an_event_is_not_sent(self, path: str) -> None:
        assert proof_of({"app.py": HELLO, path: "{}"})[1].summary.endswith("answered an HTTP API's GET /")

    def test_a_handler_that_calls_others_is_not_blamed_for_the_missing_network(self) -> None:
        calling = """
            from urllib.request import urlopen

            def handler(event, context):
                return urlopen("https://example.com").status
        """
        _, proof = proof_of({"app.py": calling, "event.json": "{}"})
        assert proof.passed is True
        assert "on the event in event.json it failed: " in proof.summary

    def test_an_answer_of_500_is_a_failure(self) -> None:
        failing = "def handler(event, context):\n    return {'statusCode': 500}\n"
        assert proof_of({"app.py": failing})[1].summary.endswith("it failed: RuntimeError: it answered with status 500")
        assert proof_of({"app.py": failing, "event.json": "{}"})[1].passed is False

    def test_only_what_is_installed_can_be_imported(self) -> None:
        wanted = f"import requests\n{HELLO}"
        assert proof_of({"app.py": wanted, "requirements-dev.txt": "requests\n"})[1].passed is False
        assert proof_of({"app.py": wanted, "docs/requirements.txt": "requests\n"})[1].passed is False
        assert proof_of({"app.py": HELLO, "requirements-dev.txt": "torch\n"})[1].passed is True

    def test_what_is_named_like_a_test_may_be_imported(self) -> None:
        files = {"app.py": f"from speed_test import measure\n{HELLO}", "speed_test.py": "measure = len\n"}
        assert proof_of(files)[1].passed is True

    def test_a_handlers_own_folder_is_tried(self) -> None:
        files = {"src/functions/orders/app.py": f"import db\n{HELLO}", "src/functions/orders/db.py": ""}
        assert roots(proof_of(files)[1]) == ["src/functions/orders"]

    def test_what_no_folder_has_is_told_of_the_packages_root(self) -> None:
        _, proof = proof_of({"src/app.py": f"import gone\n{HELLO}"})
        assert (proof.passed, roots(proof)) == (False, ["."])
        assert proof.summary == "src/app.handler cannot be imported from the package: " + (
            "ModuleNotFoundError: No module named 'gone'"
        )

    def test_another_test_does_not_stand_in_for_the_probe(self) -> None:
        broken = "def handler(event, context):\n    return event['Records']\n"
        extra = "import unittest\n\n\nclass T(unittest.TestCase):\n    def test_2_answers(self):\n        pass\n"
        assert "it failed" in proof_of({"app.py": broken, "answers.py": extra})[1].summary

    def test_an_answer_that_is_no_json_is_none(self) -> None:
        _, proof = proof_of({"app.py": "def handler(event, context):\n    return {1, 2}\n"})
        assert "not JSON serializable" in proof.summary

    def test_what_the_runner_does_not_carry_is_not_tried(self) -> None:
        _, proof = proof_of({"app.py": HELLO, "requirements.txt": "torch\n"})
        assert verdict(proof) == (None, "app.handler was not tried: not runnable here: needs torch")
        assert [(each.passed, each.seen) for each in proof.tried] == [(None, proof.summary)]


@needs_sandbox
@pytest.mark.skipif(shutil.which("node") is None, reason="there is no `node` on the PATH")
class TestNode:
    @pytest.mark.parametrize(
        "files",
        [
            {"index.mjs": "export const handler = async (event) => ({ statusCode: 200, body: event.rawPath });"},
            {"index.js": "exports.handler = (event, context, callback) => callback(null, { statusCode: 200 });"},
            {
                "src/index.js": "const { x } = require('./x');\nexports.handler = async () => x;",
                "src/x.js": "exports.x = 1;",
            },
        ],
    )
    def test_a_handler_that_imports_and_answers(self, files: dict[str, str]) -> None:
        proof = proof_of(files)[1]
        assert proof.passed is True
        assert proof.summary.endswith("answered an HTTP API's GET /")

    @pytest.mark.parametrize(
        "started",
        [
            "setInterval(() => {}, 1000);",
            "import { setTimeout as wait } from 'node:timers'; wait(() => {}, 1e9);",
            "import { createServer } from 'node:http'; createServer().listen(0);",
        ],
    )
    def test_what_still_runs_after_an_answer_is_not_waited_for(self, started: str) -> None:
        _, proof = proof_of({"index.mjs": f"{started}\nexport const handler = async () => ({{ statusCode: 200 }});"})
        assert verdict(proof) == (True, "index.handler was imported from the package and answered an HTTP API's GET /")

    def test_what_lambda_carries_is_not_missed(self) -> None:
        importing = "import '@aws-sdk/client-dynamodb';\nexport const handler = async () => 1;\n"
        _, proof = proof_of({"index.mjs": importing})
        assert proof.passed is None
        assert "needs @aws-sdk/client-dynamodb" in proof.summary

    def test_what_is_for_development_is_not_installed(self) -> None:
        importing = "import 'left-pad';\nexport const handler = async () => 1;\n"
        manifest = '{"devDependencies": {"left-pad": "1"}}'
        assert proof_of({"index.mjs": importing, "package.json": manifest})[1].passed is False

    def test_a_module_that_is_not_told_as_one(self) -> None:
        files = {"index.js": "export const handler = async () => 1;\n"}
        assert 'needs "type": "module"' in proof_of(files)[1].summary
        assert proof_of(files | {"package.json": '{"type": "module"}'})[1].passed is True

    def test_an_event_that_is_no_json_is_no_fault_of_the_import(self) -> None:
        files = {"index.mjs": "export const handler = async () => 1;\n", "event.json": "{"}
        assert "failed on the event in event.json" in proof_of(files)[1].summary

    def test_a_module_that_is_not_there(self) -> None:
        _, proof = proof_of({"index.mjs": "import './gone.mjs';\nexport const handler = async () => 1;"})
        assert proof.passed is False
        assert "gone.mjs" in proof.summary


def test_what_ends_the_runner_is_no_proof() -> None:
    class Ends:
        def run(self, request: TestsRequested) -> TestsRun:
            assert not request.weakness
            raise RunnerEnded("signal 9")

    proof = prove(Ends(), "0" * 26, {"app.py": HELLO.encode()}, detect({"app.py": HELLO}))
    assert proof.passed is False
    assert "it ended what runs it: signal 9" in proof.summary


def test_the_event_has_what_the_payload_format_says() -> None:
    event: dict[str, Any] = dict(HTTP_EVENT)
    context = event.pop("requestContext")
    host = f"{context['apiId']}.execute-api.us-east-1.amazonaws.com"
    assert event == {
        "version": "2.0", "routeKey": context["routeKey"], "rawPath": "/", "rawQueryString": "",
        "headers": {"accept": "*/*", "host": host}, "isBase64Encoded": False,
    }  # fmt: skip
    assert re.fullmatch(r"\d{12}", context["accountId"])
    assert (context["domainName"], context["stage"], context["routeKey"]) == (host, "$default", "ANY /")
    moment = datetime.strptime(context["time"], "%d/%b/%Y:%H:%M:%S %z")
    assert moment.timestamp() * 1000 == context["timeEpoch"]
    assert {"method": "GET", "path": "/", "protocol": "HTTP/1.1"}.items() <= context["http"].items()
    assert {*context["http"]} == {"method", "path", "protocol", "sourceIp", "userAgent"}
    assert ip_address(context["http"]["sourceIp"])
    assert context["requestId"]


@needs_sandbox
@pytest.mark.skipif(shutil.which("node") is None, reason="there is no `node` on the PATH")
def test_functions_in_two_languages_are_tried_each_in_its_own() -> None:
    mail = "export const handler = async (event) => ({ statusCode: 200, body: event.rawPath });\n"
    _, proof = proof_of({"orders/app.py": HELLO, "mail/index.mjs": mail})
    assert [(one.handler, one.passed) for one in proof.tried] == [
        ("orders/app.handler", True),
        ("mail/index.handler", True),
    ]


@needs_sandbox
@pytest.mark.skipif(shutil.which("node") is None, reason="there is no `node` on the PATH")
def test_express_is_not_tried_where_its_packages_are_not() -> None:
    app = "const express = require('express');\nconst app = express();\nmodule.exports = app;\n"
    files = {"app.js": app, "package.json": '{"dependencies": {"express": "^4"}}'}
    detected = detect(files)
    contents = {path: text.encode() for path, text in files.items()} | write_additions(files, detected)
    proof = prove(Runner(), "0" * 26, contents, detected)
    assert detected.functions == (Function("lambda-entry.handler", language="node"),)
    assert detected.entry is not None
    assert detected.entry.path == "lambda-entry.mjs"
    assert proof.passed is None
    assert "needs serverless-http" in proof.summary
    assert "--prefix unpacked serverless-http" in write_instructions("x", detected, frozenset(contents))


@pytest.mark.parametrize(
    "text",
    [
        "const app = express();\nexport const PORT = 3000;\napp.listen(PORT);\n",
        "function createApp() {\n  const app = express();\n  return app;\n}\nmodule.exports = { createApp };\n",
    ],
)
def test_an_application_that_is_not_exported_is_none(text: str) -> None:
    assert detect({"server.js": text}).entry is None


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"requirements.txt": "flask\n"}, "apig-wsgi\n"),
        ({"pyproject.toml": '[project]\nname = "x"\ndependencies = ["flask>=3"]\n'}, "flask>=3\napig-wsgi\n"),
        ({"pyproject.toml": "[project"}, "apig-wsgi\n"),
    ],
)
def test_what_is_required_is_installed_wherever_it_is_declared(files: dict[str, str], expected: str) -> None:
    files |= {"app.py": "from flask import Flask\napp = Flask(__name__)\n"}
    detected = detect(files)
    added = write_additions(files, detected)
    assert added["requirements-lambda.txt"].decode() == expected
    text = write_instructions("x", detected, frozenset({*files, *added}))
    assert " -r unpacked/requirements-lambda.txt " in text
    for path in files:
        assert (f" -r unpacked/{path} " in text) == path.endswith("requirements.txt")


def test_requirements_beside_the_handler_are_installed_too() -> None:
    files = {
        "backend/app.py": "from flask import Flask\napp = Flask(__name__)\n",
        "backend/requirements.txt": "flask\n",
    }
    detected = detect(files)
    added = write_additions(files, detected)
    assert added["requirements-lambda.txt"] == b"apig-wsgi\n"
    text = write_instructions("x", detected, frozenset({*files, *added}))
    assert " -r unpacked/backend/requirements.txt -r unpacked/requirements-lambda.txt " in text


@pytest.mark.parametrize(
    ("files", "kind", "built"),
    [
        ({"index.html": "<script type=module src=/src/main.jsx>", "src/main.jsx": ""}, ProjectType.PACKAGE, True),
        *(
            ({"index.html": "<p>", f"{builder}.config.js": ""}, ProjectType.PACKAGE, True)
            for builder in ("vite", "webpack", "rollup", "astro", "svelte", "next")
        ),
        *(
            ({"index.html": "<p>", f"main{suffix}": ""}, ProjectType.PACKAGE, True)
            for suffix in (".jsx", ".tsx", ".ts", ".vue", ".svelte")
        ),
        ({"index.html": "%PUBLIC_URL%"}, ProjectType.PACKAGE, True),
        ({"index.html": "<p>", "site.js": ""}, ProjectType.STATIC_SITE, False),
        ({"src/cli.ts": ""}, ProjectType.PACKAGE, False),
    ],
)
def test_a_site_that_must_be_built_is_never_shipped_unbuilt(
    files: dict[str, str], kind: ProjectType, built: bool
) -> None:
    detected = detect(files | {"package.json": '{"scripts": {"build": "vite build"}}'})
    assert (detected.type, detected.built) == (kind, built)
    if built:
        text = write_instructions("x", detected, frozenset({"package.json"}))
        assert "\n       npm install\n       npm run build\n" in text
        assert "has to be built" in text


@pytest.mark.parametrize(
    ("proof", "status", "told"),
    [
        (None, ProjectStatus.COMPLETED, ""),
        (Proof(True, "it answered", (), ()), ProjectStatus.COMPLETED, "; it answered"),
        (Proof(None, "nothing runs it", (), ()), ProjectStatus.COMPLETED, "; nothing runs it"),
        (Proof(False, "it failed", (), ()), ProjectStatus.NEEDS_REVIEW, "; it failed"),
    ],
)
def test_what_was_seen_to_fail_is_for_a_person_to_look_at(
    proof: Proof | None, status: ProjectStatus, told: str
) -> None:
    factory = Factory(replies.good)
    project = factory.post("Greet people.")
    stored = StoredObject(key="k", size=12, sha256="0" * 64)
    message = DeployRequested(project_id=project.id, correlation_id="c", revision=Revision(build=1))
    result = Packaged(ProjectType.PYTHON_LAMBDA, stored, None, stored, proof)
    changes = OpsAgent(factory.projects, factory.objects, FakeRunner()).conclude(message, project, result)
    assert (changes.move, changes.detail) == (status, f"packaged as python-lambda, 12 bytes{told}")
    assert changes.fields["proof"] == (proof.summary if proof else None)
    assert changes.fields["project_type"] == "python-lambda"
    assert changes.fields["template"] is None


@pytest.mark.parametrize(
    ("path", "app", "entry", "lines"),
    [
        (
            "web/main.py",
            "app = Flask(__name__)\n",
            "web/lambda_entry.py",
            ["from apig_wsgi import make_lambda_handler", "handler = make_lambda_handler(_module.app)"],
        ),
        (
            "main.py",
            "api = FastAPI()\n",
            "lambda_entry.py",
            ["from mangum import Mangum", "handler = Mangum(_module.api)"],
        ),
    ],
)
def test_an_application_becomes_a_handler_by_its_adapter(path: str, app: str, entry: str, lines: list[str]) -> None:
    found = detect({path: app}).entry
    assert found is not None
    assert found.path == entry
    assert {*lines} <= {*found.text.splitlines()}


@needs_sandbox
class TestSeveralFunctions:
    def test_each_is_tried_with_an_event_of_its_own(self) -> None:
        records = "def handler(event, context):\n    return event['Records']\n"
        _, proof = proof_of(
            {"api/app.py": HELLO, "worker/app.py": records, "events/worker.json": '{"Records": []}', "event.json": "{}"}
        )
        assert verdict(proof) == (
            True,
            "api/app.handler was imported from the package and answered an HTTP API's GET /;"
            " worker/app.handler was imported from the package and answered the event in events/worker.json",
        )
        assert [(each.handler, each.passed, each.seen.partition(" answered ")[2]) for each in proof.tried] == [
            ("api/app.handler", True, "an HTTP API's GET /"),
            ("worker/app.handler", True, "the event in events/worker.json"),
        ]

    def test_each_imports_from_a_folder_of_its_own(self) -> None:
        files = {
            "orders/app.py": "import store\ndef handler(event, context):\n    return store.NAME\n",
            "orders/store.py": "NAME = 'orders'\n",
            "users/app.py": "from store import USERS\ndef handler(event, context):\n    return USERS\n",
            "users/store.py": "USERS = 2\n",
        }
        _, proof = proof_of(files)
        assert (proof.passed, roots(proof)) == (True, ["orders", "users"])
        assert [function.called for function in proof.functions] == [
            "lambda_root_orders.handler",
            "lambda_root_users.handler",
        ]

    def test_one_that_fails_fails_the_package(self) -> None:
        _, proof = proof_of({"api/app.py": HELLO, "worker/app.py": f"import fluxcapacitor\n{HELLO}"})
        assert proof.passed is False
        assert "api/app.handler was imported" in proof.summary
        assert "worker/app.handler cannot be imported" in proof.summary


def test_no_run_is_begun_when_the_time_is_over() -> None:
    runner = FakeRunner()
    times = chain([RUN_SECONDS], repeat(RUN_SECONDS - 1))
    contents = {"a/app.py": HELLO.encode(), "b/app.py": HELLO.encode()}
    detected = detect({path: text.decode() for path, text in contents.items()})
    proof = prove(runner, "0" * 26, contents, detected, lambda: next(times))
    assert len(runner.asked) == 1
    assert "b/app.handler was not tried: there was no time left" in proof.summary
