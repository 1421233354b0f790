"""Finds secrets in files, distinguishes them from placeholders, and never repeats them in full."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar, Final, NamedTuple

from qa_agent.analysers.port import Fault, SourceFile
from shared.models.severity import Severity

RULE: Final = "secret"


class Pattern(NamedTuple):
    """A kind of secret: its name, and its pattern, of which the first group, or else all, is the secret."""

    name: str
    looks: re.Pattern[str]


# Formats that issuers publish, so a match is a secret unless it is marked as an example.
_KNOWN: Final = tuple(
    Pattern(name, re.compile(looks))
    for name, looks in (
        ("an AWS access key", r"\b((?:AKIA|ASIA)[A-Z2-7]{16})\b"),
        ("a Google API key", r"\b(AIza[0-9A-Za-z_-]{35})(?![0-9A-Za-z_-])"),
        ("a Google OAuth secret", r"\b(GOCSPX-[0-9A-Za-z_-]{28})"),
        ("a GitHub token", r"\b((?:gh[pousr]_[0-9A-Za-z]{36,255})|github_pat_[0-9A-Za-z_]{82})\b"),
        ("a GitLab token", r"\b(glpat-[0-9A-Za-z_-]{20,})"),
        ("a Slack token", r"\b(xox[abeoprs]-[0-9A-Za-z-]{10,})"),
        ("a Slack webhook", r"(https://hooks\.slack\.com/services/T\w{6,}/B\w{6,}/\w{20,})"),
        ("a Stripe key", r"\b((?:sk|rk)_live_[0-9A-Za-z]{16,})"),
        ("an OpenAI key", r"\b(sk-(?:proj-|svcacct-)?[0-9A-Za-z_-]{20,}T3BlbkFJ[0-9A-Za-z_-]{20,})"),
        ("an Anthropic key", r"\b(sk-ant-[0-9A-Za-z]+-[0-9A-Za-z_-]{80,})"),
        ("a SendGrid key", r"\b(SG\.[0-9A-Za-z_-]{22}\.[0-9A-Za-z_-]{43})"),
        ("an npm token", r"\b(npm_[0-9A-Za-z]{36})\b"),
        ("a PyPI token", r"\b(pypi-AgEI[0-9A-Za-z_-]{50,})"),
        ("a private key", r"-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY-----\s*([0-9A-Za-z+/=\s]{64,})"),
    )
)
# A name that suggests a secret, with a quoted text as its value.
_ASSIGNED: Final = Pattern(
    "a hard-coded secret",
    re.compile(
        r"""(?ix) (?<!:) \b [\w.-]{0,40}?
        (?: password|passwd|pwd|secret|token|credential|(?:api|access|private)_?-?key )
        (?: [_-]? (?:key|value|id) )? ["']? \s{0,4} (?: : \s{0,4} (?:str|string) \s{0,4} = | := | [:=] ) \s{0,4}
        ["'] ([^"'\s]{8,200}) ["']"""
    ),
)
_IN_URL: Final = Pattern(
    "a password in an address", re.compile(r"\b[a-z][a-z0-9+.-]{1,20}://[^\s:/@'\"]{1,60}:([^\s:/@'\"]{6,80})@")
)
_PLACEHOLDER: Final = re.compile(
    r"(?i)change[_-]?(me|it)|your|example|sample|placeholder|dummy|fake|mock|test|todo|replace|insert|redacted|secret"
    r"|password|passwd|xxx|\*\*\*|\.\.\.|<|>|\$\{|\{\{|%\(|\{|^\$|env|localhost|1234|abcd|foo|bar|default|none|null|^/|\.(com|json|ya?ml|py|js|txt)\b"
)
_BORING: Final = re.compile(r"(.)\1{5,}|EXAMPLE|XXXX|0123456789|1234567890|abcdefghij", re.IGNORECASE)
_ENTROPY: Final = 3.0
"""Bits per character: words and names have less, random text of 16 characters or more has more."""


class Secrets:
    """Searches every text file for secrets."""

    name: ClassVar[str] = "secrets"
    alone: ClassVar[bool] = True

    def reads(self, file: SourceFile) -> bool:
        """Return True: any file may contain a secret."""
        return True

    def check(self, files: Sequence[SourceFile]) -> Iterable[Fault]:
        """Return one fault for each line with a secret; the message shows its first four characters."""
        return [fault for file in files for fault in _find_faults(file)]


def _find_faults(file: SourceFile) -> Iterator[Fault]:
    reported_lines: set[int] = set()
    for name, offset, secret, severity in _find_secrets(file):
        line = file.text.count("\n", 0, offset) + 1
        if line not in reported_lines:
            reported_lines.add(line)
            yield Fault(file.path, line, RULE, severity, f"{name}: {mask(secret)}; read it from the environment")


def _find_secrets(file: SourceFile) -> Iterator[tuple[str, int, str, Severity]]:
    for pattern in _KNOWN:
        for match in pattern.looks.finditer(file.text):
            if not _BORING.search(match[1]):
                yield pattern.name, match.start(), match[1], Severity.ERROR
    if file.is_test:
        return
    for pattern in (_ASSIGNED, _IN_URL):
        for match in pattern.looks.finditer(file.text):
            if _is_random(match[1]):
                yield pattern.name, match.start(), match[1], Severity.WARNING


def mask_secrets(text: str) -> str:
    """Replace every secret in the text with its mask; lines stay in place."""
    file = SourceFile("", "", text)
    for _, _, secret, _ in sorted(_find_secrets(file), key=lambda found: -len(found[2])):
        text = text.replace(secret, mask(secret) + "\n" * secret.count("\n"))
    return text


def _is_random(text: str) -> bool:
    """Return whether the value of a name like `password` looks like one, not like a placeholder or a word."""
    if _PLACEHOLDER.search(text) or _BORING.search(text):
        return False
    kinds = sum(bool(re.search(kind, text)) for kind in ("[a-z]", "[A-Z]", r"\d", r"[^\w]"))
    return kinds >= 2 and calculate_entropy(text) >= _ENTROPY


def calculate_entropy(text: str) -> float:
    """Return the Shannon entropy of a text in bits per character."""
    counts = Counter(text)
    return -sum(count / len(text) * math.log2(count / len(text)) for count in counts.values())


def mask(secret: str) -> str:
    """Return the first four characters and the length."""
    return f"{secret[:4]}... ({len(secret)} characters)"
