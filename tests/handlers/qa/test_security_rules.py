"""The tables of security: each name for a secret, each rule of ruff, and each placeholder."""

import pytest

from qa_agent.analysers.javascript_security import JavascriptSecurity
from qa_agent.analysers.ruff import Ruff
from shared.models.severity import Severity
from tests.handlers.qa.test_security import ERROR, WARNING, check

SECRETIVE = (
    "passw", "passwd", "pwd", "secret", "token", "session", "nonce", "otp", "otp_a", "salt", "api_key", "apikey",
    "csrf",
    "credential", "private_key", "privatekey", "invite", "reset_code", "resetcode", "pin",
)  # fmt: skip


def test_every_name_of_a_secret_needs_random_numbers_that_cannot_be_guessed() -> None:
    for word in SECRETIVE:
        for name in (word, word.upper()):
            assert [fault.rule for fault in check(JavascriptSecurity(), "a.js", f"let {name} = Math.random();\n")] == [
                "weak-random"
            ], name
    for name in ("spin", "pins", "optional", "roll", "otpa"):
        assert check(JavascriptSecurity(), "a.js", f"let {name} = Math.random();\n") == [], name
    for text in (
        "function makeToken() { return Math.random(); }", "const makeToken = () => Math.random();",
        "const makeToken = function () { return Math.random(); };", "class A { makeToken() { return Math.random(); } }",
        "const a = { token: Math.random() };", "user.token = Math.random();", "setToken(Math.random());",
        "const a = function makeToken() { return Math.random(); };",
    ):  # fmt: skip
        assert [fault.rule for fault in check(JavascriptSecurity(), "a.js", text)] == ["weak-random"], text
    assert check(JavascriptSecurity(), "a.js", "function makeToken() { function f() { return Math.random(); } }") == []


def test_every_name_of_a_password_needs_a_hash_for_passwords() -> None:
    for name in ("passw", "PASSWD", "pwd", "credential", "pin"):
        for kind in ("md5", "sha1", "sha-1", "MD5"):
            text = f"let {name} = crypto.createHash('{kind}').update(a);\n"
            assert [fault.rule for fault in check(JavascriptSecurity(), "a.js", text)] == ["weak-hash"], text
    for name, kind in (("token", "md5"), ("etag", "sha1"), ("passw", "sha256"), ("passw", "md5x")):
        assert check(JavascriptSecurity(), "a.js", f"let {name} = crypto.createHash('{kind}').update(a);\n") == []


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("f({ 'rejectUnauthorized' : false });", "unchecked-certificate"),
        ('f({ "rejectUnauthorized": false });', "unchecked-certificate"),
        ("f({ rejectUnauthorized: falsey });", None),
        ("process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = 0;", "unchecked-certificate"),
        ('process.env.NODE_TLS_REJECT_UNAUTHORIZED = "1";', None),
        ("db.query('SELECT a FROM ' + tableName);", None),
        ("db.query('SELECT a FROM t WHERE b IN (' + placeholders + ')');", None),
        ("db.query('SELECT a FROM t WHERE b IN (' + ids.join(',') + ')');", None),
        ("db.query('SELECT a FROM t LIMIT ' + config.LIMIT_MAX);", None),
        ("db.query('SELECT a FROM t LIMIT ' + 3);", None),
        ("db.query('SELECT a FROM t LIMIT ' - a);", "sql-injection"),
        ("a.b.query('SELECT a FROM t WHERE b = ' + c);", "sql-injection"),
        ("query('SELECT a FROM t WHERE b = ' + c);", None),
        ("db.other('SELECT a FROM t WHERE b = ' + c);", None),
        ("db.query('SELECTED a FROM t WHERE b = ' + c);", None),
        ("eval();", None),
        ("eval(1);", None),
        ("Math.random();", None),
        ("try { a(); } catch {}", "empty-catch"),
    ],
)
def test_javascript_by_what_stands_at_the_place(line: str, found: str | None) -> None:
    assert [fault.rule for fault in check(JavascriptSecurity(), "a.js", f"{line}\n")] == ([found] if found else [])


@pytest.mark.parametrize(
    ("line", "rule", "severity"),
    [
        ("exec('a = 1')", "S102", WARNING),
        ("exec(a)", "S102", ERROR),
        ("eval(a)", "S307", ERROR),
        ("pickle.loads(a)", "S301", ERROR),
        ("pickle.Unpickler(a)", "S301", ERROR),
        ("pickle.load(a)", "S301", WARNING),
        ("subprocess.run(a, shell=True)", "S602", ERROR),
        ("run(a, shell=True)", "S604", ERROR),
        ("os.system(a)", "S605", ERROR),
        ("os.system('ls')", "S605", WARNING),
        ("ssl._create_unverified_context()", "S323", ERROR),
        ("requests.get(a, verify=False, timeout=1)", "S501", ERROR),
        ("yaml.load(a)", "S506", ERROR),
        ("c = paramiko.SSHClient(); c.set_missing_host_key_policy(paramiko.AutoAddPolicy)", "S507", ERROR),
        ("assert a", "S101", WARNING),
        ("db.execute('SELECT a FROM t WHERE b = %s AND c = %s' % (D, e))", "S608", ERROR),
        ("db.execute('SELECT a FROM t WHERE b = %s AND c = %s' % (D, E))", "S608", WARNING),
        ("db.execute('SELECT a FROM t WHERE b = {c}'.format(c=d))", "S608", ERROR),
        ("db.execute('SELECT a FROM t WHERE b = {c}'.format(c=D))", "S608", WARNING),
        ("db.execute('SELECT a FROM ' + table_name)", "S608", WARNING),
        ("db.execute('SELECT a FROM t WHERE b IN ' + placeholders)", "S608", WARNING),
        ("db.execute('SELECT a FROM t WHERE b IN ' + cfg.NAMES)", "S608", WARNING),
        ("db.execute('SELECT a FROM t WHERE b IN ' + ','.split(a))", "S608", ERROR),
    ],
)
def test_every_rule_of_ruffs_is_judged(line: str, rule: str, severity: Severity) -> None:
    imports = "import os, pickle, ssl, subprocess\nimport paramiko, requests, yaml\n"
    text = f"{imports}def f(a, d, e, db, cfg, client, run, table_name, placeholders, D, E):\n    {line}\n"
    assert [fault.severity for fault in check(Ruff(), "a.py", text) if fault.rule == rule] == [severity]


def test_a_password_is_meant_in_earnest_unless_it_is_a_word_or_a_placeholder() -> None:
    meant = ("abc123", "Tr0ub4dor", "a&b&c&", "pass-w0rd", "UPPER-case9", "x9#k2!")
    for form in ("password = '{}'\n", "f(password='{}')\n", "def g(password='{}'): ...\n"):
        found = [fault for fault in check(Ruff(), "a.py", "".join(map(form.format, meant))) if fault.rule[:3] == "S10"]
        assert [(fault.line, fault.severity) for fault in found] == [(line + 1, ERROR) for line in range(len(meant))]
    texts = (
        "abc12", "abcdef", "123456", "changeme1", "change-me1", "change_me1", "your-key1", "example1", "placeholder1",
        "dummy123", "<abc123>", "${abc123}", "{abc123}", "xxx12345", "***abc123", "abc...123", "http://a1.b", "abc 123",
        "/abc123", ".abc123", "#abc123", "-abc123", "abc-def", "abc_def.ghi", "abc:def",
    )  # fmt: skip
    found = list(check(Ruff(), "a.py", "".join(f"password = '{text}'\n" for text in texts)))
    assert [texts[one.line - 1] for one in found if (one.rule, one.severity) == ("S105", WARNING)] == [*texts]


def test_what_is_sure_to_fail_is_an_error_and_what_is_silent_is_none() -> None:
    for line, rule, severity in (
        ("'%(a)s %s' % (1,)", "F506", ERROR), ("'{0} {1}'.format(1)", "F524", ERROR), ("a = 1 is 'b'", "F632", ERROR),
        ("print(undefined)", "F821", ERROR), ("__all__ = ['gone']", "F822", ERROR), ("import os", "F401", WARNING),
        ("def f(a=[]): ...", "B006", WARNING), ("def f():\n    a = 1", "F841", WARNING),
    ):  # fmt: skip
        assert (rule, severity) in [(one.rule, one.severity) for one in check(Ruff(), "a.py", f"{line}\n")], line
    for command in ("['ls']", "[command]", "['/bin/ls', command]"):
        text = f"import subprocess\n\ndef f(command):\n    subprocess.run({command}, check=True)\n"
        assert check(Ruff(), "a.py", text) == [], command
    for line in ("assert False", "with raises(Exception):\n    f()", "password = 'abc123'"):
        assert [
            one.rule for one in check(Ruff(), "test_a.py", f"from a import f, raises\nprint(f, raises)\n{line}\n")
        ] == []
    assert [one.rule for one in check(Ruff(), "a/__init__.py", "import os\n")] == []
    assert [one.rule for one in check(Ruff(), "a/init__.py", "import os\n")] == ["F401"]
