"""Reads C and C++ as their compilers do: chooses preprocessor branches, and counts brackets."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, NamedTuple

_TOKEN: Final = re.compile(
    r"""
    (?P<comment> //(?:\\\r?\n|[^\n])* | /\*.*?\*/ )
  | (?P<directive> ^[ \t]*\#(?: \\\r?\n | //(?:\\\r?\n|[^\n])* | /\*.*?\*/ | "(?:\\.|[^"\\\n])*" | [^\n] )* )
  | (?P<raw> (?:u8|[uUL])?R"(?P<tag>[^ ()\\\t\v\f\n]{0,16})\(.*?\)(?P=tag)" )
  | (?P<cut_raw> (?:u8|[uUL])?R"[^ ()\\\t\v\f\n]{0,16}\( )
  | (?P<literal> (?:u8|[uUL])?"(?:\\.|[^"\\\n])*" | (?:u8|[uUL])?'(?:\\.|[^'\\\n])+' )
  | (?P<number> \.?\d(?:[eEpP][+-]|'?[\w.])* )
  | (?P<name> [^\W\d]\w* )
  | (?P<open> [(\[{] )
  | (?P<close> [)\]}] )
  | (?P<cut> /\* | ["'] )
  | (?P<space> \n+ | [^\S\n]+ )
  | (?P<other> . )
    """,
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
_CLOSES: Final = {")": "(", "]": "[", "}": "{"}
_UNCLOSED: Final = {"/*": "a comment", '"': "a string", "'": "a character"}
_DIRECTIVE: Final = re.compile(r"\s*#\s*(\w*)\s*(.*)", re.DOTALL)
_INCLUDED: Final = re.compile(r"""(?:"[^"\n]+"|<[^>\n]+>|[A-Za-z_]\w*\s*(?:\(.*\))?)\s*(?://|/\*|$)""")
_DIRECTIVES: Final = frozenset(
    (
        *("define", "elif", "elifdef", "elifndef", "else", "embed", "endif", "error", "ident", "if", "ifdef", "ifndef"),
        *("import", "include", "include_next", "line", "pragma", "undef", "warning"),
    )
)
_TYPE_KEYWORDS: Final = frozenset({"class", "struct", "enum", "union", "using", "typename", "concept"})


class Token(NamedTuple):
    """A token: its kind, its text, and its 1-based line."""

    kind: str
    text: str
    line: int


class Imbalance(NamedTuple):
    """A bracket or quote without its counterpart."""

    line: int
    message: str


@dataclass
class Source:
    """One reading of a file: its tokens, the macros and types that it defines, and its first unbalanced bracket."""

    tokens: list[Token] = field(default_factory=list)
    macros: set[str] = field(default_factory=set)
    types: set[str] = field(default_factory=set)
    imbalance: Imbalance | None = None

    @property
    def text(self) -> str:
        """The source without directives and skipped branches; line numbers stay the same."""
        return "".join(token.text for token in self.tokens)

    @property
    def solid(self) -> list[int]:
        """The indices of the tokens that are not white space or comments."""
        return [index for index, token in enumerate(self.tokens) if token.kind not in {"space", "comment"}]


@dataclass
class _Conditional:
    """An open #if: its line, the start of its current branch, and whether that branch is compiled."""

    line: int
    branch: int
    taken: bool


def read(text: str, *, last: bool = False) -> Source:
    """Read a file as a compiler that takes the first (or last) branch of every conditional except `#if 0`."""
    source = Source()
    conditionals: list[_Conditional] = []
    for token in _tokenize(text):
        taken = all(conditional.taken for conditional in conditionals)
        if token.kind == "directive":
            _process_directive(token, conditionals, source, last=last)
            fault = _check_directive(token) if taken else None
        else:
            fault = f"{_describe_unclosed(token)} is not closed" if taken and "cut" in token.kind else None
        if fault:
            source.imbalance = Imbalance(token.line, fault)
            return source
        source.tokens.append(token if taken and token.kind != "directive" else _blank_token(token))
    if conditionals:
        source.imbalance = Imbalance(conditionals[-1].line, "#if has no #endif")
    source.imbalance = source.imbalance or _check_brackets(source.tokens)
    names = [source.tokens[index].text for index in source.solid]
    source.types.update(after for before, after in pairwise(names) if before in _TYPE_KEYWORDS)
    return source


def _tokenize(text: str) -> Iterator[Token]:
    line = 1
    for match in _TOKEN.finditer(text):
        yield Token(str(match.lastgroup), match[0], line)
        line += match[0].count("\n")


def _blank_token(token: Token) -> Token:
    return token._replace(kind="space", text="\n" * token.text.count("\n"))


def _parse_directive(token: Token) -> tuple[str, str]:
    ((command, rest),) = _DIRECTIVE.findall(token.text)
    return command, rest.strip()


def _process_directive(token: Token, conditionals: list[_Conditional], source: Source, *, last: bool) -> None:
    """Process a directive: enter or leave a branch, or record the name of a macro."""
    command, rest = _parse_directive(token)
    position = len(source.tokens)
    if command in {"if", "ifdef", "ifndef"}:
        disabled = command == "if" and rest.split("/")[0].strip() in {"0", "false"}
        conditionals.append(_Conditional(token.line, position, not disabled))
    elif command in {"else", "elif", "elifdef", "elifndef"} and conditionals:
        if last:
            source.tokens[conditionals[-1].branch :] = map(_blank_token, source.tokens[conditionals[-1].branch :])
        conditionals[-1].branch, conditionals[-1].taken = position, last
    elif command == "endif" and conditionals:
        conditionals.pop()
    elif command == "define" and (name := re.match(r"\w+", rest)):
        source.macros.add(name[0])


def _check_directive(token: Token) -> str | None:
    command, rest = _parse_directive(token)
    if command and command not in _DIRECTIVES:
        return f"#{command} is not a directive"
    if command == "include" and not _INCLUDED.match(rest):
        return "#include names no file"
    if command in {"if", "elif", "define"}:
        # A macro may open a block that another one closes, but not a bracket or a quote.
        tokens = [part for part in _tokenize(rest) if part.text not in {"{", "}"}]
        cut = next((part for part in tokens if "cut" in part.kind), None)
        fault = _check_brackets(tokens)
        return f"{_describe_unclosed(cut)} is not closed" if cut else fault and fault.message
    return None


def _describe_unclosed(token: Token) -> str:
    return _UNCLOSED.get(token.text, "a raw string")


def _check_brackets(tokens: list[Token]) -> Imbalance | None:
    opened: list[Token] = []
    for token in tokens:
        if token.kind == "open":
            opened.append(token)
        elif token.kind == "close":
            if not opened:
                return Imbalance(token.line, f"{token.text} closes nothing")
            if opened[-1].text != _CLOSES[token.text]:
                return Imbalance(
                    token.line, f"{token.text} does not close the {opened[-1].text} of line {opened[-1].line}"
                )
            opened.pop()
    return Imbalance(opened[-1].line, f"{opened[-1].text} is not closed") if opened else None
