"""Security by confidence: exploitable code is an error, and code that only looks like it is not."""

import pytest

from qa_agent.analysers.javascript_security import JavascriptSecurity
from qa_agent.analysers.port import Analyser, Fault, SourceFile
from qa_agent.analysers.ruff import Ruff
from qa_agent.analysis import analyse
from shared.models.project import Revision
from shared.models.severity import Severity
from shared.source_files import detect_language

ERROR, WARNING = Severity.ERROR, Severity.WARNING

INSECURE = '''\
"""Runs what it is asked to."""

import hashlib
import os
import pickle
import sqlite3
import subprocess

import requests
import yaml

DB_PASSWORD = "hunter2!x"


def run(command):
    """Run a command."""
    return subprocess.run(command, shell=True)


def calculate(text):
    """Calculate."""
    exec(text)
    return eval(text)


def load(data):
    """Load."""
    return pickle.loads(data), yaml.load(data, Loader=yaml.Loader)


def find(name):
    """Find."""
    db = sqlite3.connect("a.db")
    return db.execute("SELECT * FROM users WHERE name = '" + name + "'").fetchall()


def hash_password(password):
    """Hash."""
    return hashlib.md5(password.encode()).hexdigest()


def fetch(url):
    """Fetch."""
    os.system("logger " + url)
    return requests.get(url, verify=False, timeout=3)
'''


def check(analyser: Analyser, path: str, text: str) -> list[Fault]:
    file = SourceFile(path, detect_language(path), text)
    return list(analyser.check([file])) if analyser.reads(file) else []


def test_a_program_that_anybody_can_exploit_does_not_pass() -> None:
    report = analyse(
        Revision(build=1),
        {
            "app.py": INSECURE,
            "test_app.py": "import app\n\n\ndef test():\n    assert app.run('ls')\n" * 20,
            "requirements.txt": "requests\npyyaml\n",
            "README.md": "words " * 20,
        },
    )
    found = {finding.rule for finding in report.findings if finding.severity is ERROR and finding.path == "app.py"}
    assert found == {"S105", "S102", "S301", "S307", "S324", "S501", "S506", "S602", "S605", "S608"}
    assert not report.passed


@pytest.mark.parametrize(
    ("line", "rule", "severity"),
    [
        ("subprocess.run(['ls', a])", "S602", None),
        ("subprocess.run('ls', shell=True)", "S602", WARNING),
        ("eval('1 + 1')", "S307", WARNING),
        ("pickle.load(open('own.bin', 'rb'))", "S301", WARNING),
        ("yaml.safe_load(a)", "S506", None),
        ("db.execute(f'SELECT a FROM {TABLE} WHERE b = ?', (a,))", "S608", WARNING),
        ("db.execute(f\"SELECT a FROM t WHERE b IN ({','.join('?' * n)})\", a)", "S608", WARNING),
        ("db.execute('SELECT a FROM t WHERE b = %s' % a)", "S608", ERROR),
        ("db.execute('SELECT a FROM t WHERE b = {}'.format(a))", "S608", ERROR),
        ("db.execute(f'SELECT a FROM t WHERE b = {a}')", "S608", ERROR),
        ("etag = hashlib.md5(a).hexdigest()", "S324", WARNING),
        ("password = hashlib.sha1(a).hexdigest()", "S324", ERROR),
        ("roll = random.randint(1, 6)", "S311", None),
        ("token = random.randint(1, 6)", "S311", ERROR),
        ("salt = ''.join(random.choice('abc') for _ in range(8))", "S311", ERROR),
        ("password = 'password'", "S105", WARNING),
        ("token_url = '/oauth/token2'", "S105", WARNING),
        ("secret_name = 'app-secret'", "S105", WARNING),
        ("password = 'Tr0ub4dor&3'", "S105", ERROR),
        ("connect(password='abc123')", "S106", ERROR),
    ],
)
def test_python_by_what_stands_at_the_place(line: str, rule: str, severity: Severity | None) -> None:
    text = f"import hashlib, pickle, random, subprocess, yaml\n\ndef f(a, n, db, connect, TABLE):\n    {line}\n"
    found = [fault.severity for fault in check(Ruff(), "a.py", text) if fault.rule == rule]
    assert found == ([severity] if severity else [])


def test_random_numbers_of_a_function_that_makes_secrets() -> None:
    text = "import random\n\ndef {}():\n    x = random.random()\n    return x\n"
    assert [fault.rule for fault in check(Ruff(), "a.py", text.format("make_token"))] == ["S311"]
    assert check(Ruff(), "a.py", text.format("shuffle")) == []


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("eval(a)", "code-injection"),
        ("const f = new Function('x', a)", "code-injection"),
        ("db.query('SELECT * FROM t WHERE a = ' + a)", "sql-injection"),
        ("db.prepare(`DELETE FROM t WHERE a = ${a}`).run()", "sql-injection"),
        ("exec(`ls ${a}`)", "command-injection"),
        ("cp.execSync('ls ' + a)", "command-injection"),
        ("https.get(a, { rejectUnauthorized: false })", "unchecked-certificate"),
        ("process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'", "unchecked-certificate"),
        ("const passwordHash = crypto.createHash('md5').update(a)", "weak-hash"),
        ("const token = Math.random().toString(36)", "weak-random"),
        ("try { f(a) } catch (e) {}", "empty-catch"),
    ],
)
def test_javascript_that_can_be_exploited(line: str, rule: str) -> None:
    for path in ("a.js", "a.ts"):
        found = check(JavascriptSecurity(), path, f"function run(a) {{\n  {line};\n}}\n")
        assert [(fault.line, fault.rule) for fault in found] == [(2, rule)]
        assert (found[0].severity is WARNING) == (rule == "empty-catch")
    assert check(JavascriptSecurity(), "a.test.js", line) == []


STATEMENT = "'SELECT * FROM t WHERE a = '"


@pytest.mark.parametrize(
    ("calls", "rule"),
    [
        ("eval new\tFunction window.eval globalThis.eval vm.runInThisContext vm.runInNewContext", "code-injection"),
        ("exec execSync child_process.exec child_process.execSync cp.exec cp.execSync", "command-injection"),
        (
            "db.query db.execute db.exec db.prepare db.raw db.run db.all db.get db.each db.unsafe "
            "prisma.$queryRawUnsafe prisma.$executeRawUnsafe",
            "sql-injection",
        ),
    ],
)
def test_every_call_that_carries_out_what_it_is_given(calls: str, rule: str) -> None:
    for call in calls.split(" "):
        found = check(JavascriptSecurity(), "a.js", f"{call}({STATEMENT} + a);\n")
        assert rule in {fault.rule for fault in found}, call


@pytest.mark.parametrize(
    "statement",
    ["SELECT a FROM t WHERE b = ", "INSERT INTO t VALUES (", "UPDATE t SET a = ", "delete from t where a = ",
     "DROP TABLE ", "SELECT a,\\n b FROM t WHERE c = "],
)  # fmt: skip
def test_every_statement_that_data_is_put_into(statement: str) -> None:
    found = check(JavascriptSecurity(), "a.js", f"db.query(`{statement}${{a}}`);\n")
    assert [fault.rule for fault in found] == ["sql-injection"]


@pytest.mark.parametrize(
    "line",
    [
        "eval('1 + 1')", "db.query('SELECT * FROM t WHERE a = ?', [a])", "db.query('SELECT a ' + 'FROM t')",
        "db.query(`SELECT * FROM ${TABLE} WHERE a = ?`, a)", "log.get('Select one of ' + a)",
        "exec('ls')", "execFile('ls', [a])", "pattern.exec(`ls ${a}`)", "crypto.createHash('md5').update(a)",
        "const roll = Math.floor(Math.random() * 6)", "try { f(a) } catch { /* it may not be there */ }",
        "try { f(a) } catch (e) { log(e) }", "https.get(a, { rejectUnauthorized: true })",
    ],
)  # fmt: skip
def test_javascript_that_only_looks_like_it(line: str) -> None:
    assert check(JavascriptSecurity(), "a.js", f"function run(a) {{\n  {line};\n}}\n") == []
