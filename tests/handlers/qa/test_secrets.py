"""Secrets: issuers' formats and random values are found, placeholders are not, and none is repeated."""

import pytest

from qa_agent.analysers.port import Fault, SourceFile
from qa_agent.analysers.secrets import Secrets, mask_secrets
from shared.models.severity import Severity


def made(*parts: str) -> str:
    """Return a made-up secret, assembled here so that scanners of this repository do not report it."""
    return "".join(parts)


KEY = made("AKIA", "Q3EGRZ2JT7XWNVPD")
KNOWN = {
    "an AWS access key": KEY,
    "a Google API key": made("AIza", "SyB7qk29dLmWx4PzT0vRcYhN8eUfJgKaQ1s"),
    "a Google OAuth secret": made("GOCSPX-", "wK7dR2mZq9XbTfYc4LhVnP8sJgUe"),
    "a GitHub token": made("ghp_", "wK7dR2mZq9XbTfYc4LhVnP8sJgUeA3iOo5Bt"),
    "a GitLab token": made("glpat-", "wK7dR2mZq9XbTfYc4LhV"),
    "a Slack webhook": made("https://hooks.slack.com/services/", "T0K7dR2m/B9XbTfYc/4LhVnP8sJgUeA3iOo5Bt"),
    "an OpenAI key": made("sk-proj-", "wK7dR2mZq9XbTfYc4LhV", "T3BlbkFJ", "nP8sJgUeA3iOo5BtwK7d"),
    "an Anthropic key": made("sk-ant-", "api03X-", "wK7dR2mZq9XbTfYc4LhV" * 4),
    "a SendGrid key": made("SG.", "wK7dR2mZq9XbTfYc4LhVnP.", "wK7dR2mZq9XbTfYc4LhVnP8sJgUeA3iOo5BtwK7dR2m"),
    "an npm token": made("npm_", "wK7dR2mZq9XbTfYc4LhVnP8sJgUeA3iOo5Bt"),
    "a PyPI token": made("pypi-AgEI", "wK7dR2mZq9XbTfYc4LhV" * 3),
    "a Slack token": made("xoxb-", "2718281828-Kd8fWqPzLm"),
    "a Stripe key": made("sk_live_", "9dKfLwQpZx7RtVbN"),
    "a private key": made("-----BEGIN RSA ", "PRIVATE KEY-----\n", "MIIEpAIBAAKCAQEA7d9kQwLmZxPvRtYb\n" * 3),
}


def check(text: str, path: str = "settings.txt") -> list[Fault]:
    return list(Secrets().check([SourceFile(path, "text", text)]))


@pytest.mark.parametrize("name", KNOWN)
@pytest.mark.parametrize("path", ["settings.txt", "tests/test_settings.py"])
def test_the_forms_of_issuers_are_errors_in_any_file(name: str, path: str) -> None:
    (fault,) = check(f"# line 1\nvalue = '{KNOWN[name]}'\n", path)
    assert (fault.line, fault.rule, fault.severity) == (2, "secret", Severity.ERROR)
    assert fault.message.startswith(name)
    assert KNOWN[name][:12] not in fault.message


@pytest.mark.parametrize(
    "text",
    [
        'password = "hG7#kd92_Lq0zP"',
        "{'api_key': 'a81Kd0Lmq2Zx9QwE'}",
        "const clientSecret: string = 'q8-Zk2_Lm9xPw0Rt'",
        "DATABASE=postgres://admin:Zk28xLmq9W@db.internal/app",
    ],
)
def test_a_random_value_for_a_secretive_name_is_a_warning_but_not_in_tests(text: str) -> None:
    (fault,) = check(text)
    assert fault.severity is Severity.WARNING
    assert check(text, "tests/test_settings.py") == []


@pytest.mark.parametrize(
    "text",
    [
        'password = "changeme"',
        'API_KEY = "your-key-here"',
        'token = "<token>"',
        'secret = "${SECRET}"',
        'password = ""',
        'password = os.environ["PASSWORD"]',
        "api_key: process.env.API_KEY",
        'password_field = "user-password-input"',
        'SECRET_NAME = "prod/database/credentials"',
        'token_url = "https://auth.example.com/token"',
        'pwd = "aaaaaaaaaaaa"',
        'key = "AKIAIOSFODNN7EXAMPLE"',
        "postgres://user:password@localhost/db",
        'token = "next page"',
        "def token(self) -> str:",
        '"password": {"type": "string", "minLength": 8}',
        'PASSWORD_PATTERN = "^(?=.*[A-Z]).{8,}$"',
        "https://example.com:8080/@x",
        "password = 'kqzvbwxjnm'",
        "password = '7304957203'",
        "password = 'a9a9a9a9a9'",
    ],
)
def test_placeholders_and_lookups_are_none(text: str) -> None:
    assert check(text) == []


def test_no_word_of_a_placeholder_is_in_a_password() -> None:
    assert len(check("password = 'zQ8-Lm9xPw0R'")) == 1
    for word in (
        "changeme", "change_me", "change-it", "your", "example", "sample", "placeholder", "dummy", "fake", "mock",
        "test", "todo", "replace", "insert", "redacted", "secret", "password", "passwd", "xxx", "***", "...", "<", ">",
        "${", "{{", "%(", "{", "env", "localhost", "1234", "abcd", "foo", "bar", "default", "none", "null", ".com",
        ".json", ".yaml", ".yml", ".py", ".js", ".txt",
    ):  # fmt: skip
        for text in (f"zQ8-Lm9x-Pw0R{word}", f"zQ8-Lm9x-Pw0R{word.upper()}"):
            assert check(f"password = '{text}'") == [], text
    for beginning in ("$", "/"):
        assert check(f"password = '{beginning}zQ8-Lm9x-Pw0R'") == []
        assert len(check(f"password = 'zQ8-Lm9x-{beginning}Pw0R'")) == 1


def test_what_nobody_draws_at_random_is_no_secret() -> None:
    token = KNOWN["a GitHub token"]
    for boring in ("EXAMPLE", "example", "xxxx", "0123456789", "1234567890", "abcdefghij", "ABCDEFGHIJ", "aaaaaa"):
        assert check(f"{token[: -len(boring)]}{boring}") == [], boring
        assert check(f"password = 'zQ8-Lm9xPw0R{boring}'") == [], boring
    assert len(check(f"{token[:-5]}aaaaa")) == 1


def test_every_kind_of_an_issuers_token_is_known() -> None:
    for prefix in ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"):
        assert len(check(prefix + KNOWN["a GitHub token"][4:])) == 1, prefix
    assert len(check(made("github_pat_", "wK7dR2mZq9_bTfYc4LhV" * 4, "x9"))) == 1
    for letter in "abeoprs":
        assert len(check(made("xox", letter, "-2718281828-Kd8fWqPzLm"))) == 1, letter
    for prefix in ("sk", "rk"):
        assert len(check(made(prefix, "_live_", "9dKfLwQpZx7RtVbN"))) == 1, prefix
    for kind in ("", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED "):
        assert (
            len(check(made("-----BEGIN ", kind, "PRIVATE KEY-----\n", "MIIEpAIBAAKCAQEA7d9kQwLmZxPvRtYb\n" * 2))) == 1
        )
    assert len(check(made("ASIA", KEY[4:]))) == 1
    for middle in ("", "svcacct-"):
        assert len(check(KNOWN["an OpenAI key"].replace("proj-", middle))) == 1, middle


def test_a_line_has_one_fault_that_shows_four_characters() -> None:
    first, second = check(f"\n{KEY} {KEY}\n{KEY}")
    assert (first.line, second.line) == (2, 3)
    assert first.message == "an AWS access key: AKIA... (20 characters); read it from the environment"


def test_masking_keeps_lines_and_hides_every_secret() -> None:
    text = "\n".join(KNOWN.values())
    hidden = mask_secrets(text)
    assert hidden.count("\n") == text.count("\n")
    assert not any(secret[8:20] in hidden for secret in KNOWN.values() if "PRIVATE" not in secret)
    assert "MIIEpAIBAAK" not in hidden
