"""Secrets: what issuers' forms and random values look like is found, placeholders are not, and none is repeated."""

import pytest

from qa_agent.analysers.port import Fault, SourceFile
from qa_agent.analysers.secrets import Secrets, mask_secrets
from shared.models.severity import Severity


def made(*parts: str) -> str:
    """A made-up secret, put together here so that no scanner of this repository takes it for a real one."""
    return "".join(parts)


KEY = made("AKIA", "Q3EGRZ2JT7XWNVPD")
KNOWN = {
    "an AWS access key": KEY,
    "a Google API key": made("AIza", "SyB7qk29dLmWx4PzT0vRcYhN8eUfJgKaQ1s"),
    "a GitHub token": made("ghp_", "wK7dR2mZq9XbTfYc4LhVnP8sJgUeA3iOo5Bt"),
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
    assert (fault.line, fault.severity) == (2, Severity.ERROR)
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
    ],
)
def test_placeholders_and_lookups_are_none(text: str) -> None:
    assert check(text) == []


def test_masking_keeps_lines_and_hides_every_secret() -> None:
    text = "\n".join(KNOWN.values())
    hidden = mask_secrets(text)
    assert hidden.count("\n") == text.count("\n")
    assert not any(secret[8:20] in hidden for secret in KNOWN.values() if "PRIVATE" not in secret)
    assert "MIIEpAIBAAK" not in hidden
