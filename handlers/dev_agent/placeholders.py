"""Finds comments that stand for code which the model omitted.

A comment counts if it says nothing else: nearly all of its words refer to code that is elsewhere. Phrases that normal
comments use too ("existing code", "your logic goes here", "TODO: implement") count only if the comment is all that a
block contains, and not in a docstring of Python, where they belong to an example. Any comment counts if it is all that
a function contains, for at least three functions and half of all.
"""

import re
from collections.abc import Sequence, Set
from typing import Final

from dev_agent.generated import split_lines
from shared.source_files import TEXT, detect_language

_LONGEST_LINE: Final = 240

_COMMENT: Final = re.compile(r"(?:^\s*\*|(?:^|(?<=[\s{(\[;,>]))(?:#+|//+|/\*+|<!--|--+|;+|%+))(?P<text>[^\n]*)")
_BEGINS_WITH_DOTS: Final = re.compile(r"[\s\[(<{*/-]*(?:\.\.\.|\u2026)")
_ENDS_WITH_DOTS: Final = re.compile(r"(?:\.\.\.|\u2026)[\s\])>}*/-]*$")
_COMMENT_MARKS: Final = ("#", "//", "/*", "--", "<!--", ";", "%", "{/*")
_WORD: Final = re.compile(r"[\w'\u2019]+(?:\.\w+)*")


def _split_words(*groups: str) -> frozenset[str]:
    return frozenset(word for group in groups for word in group.split())


_REST: Final = _split_words("rest remainder remaining existing previous original other")
_CODE: Final = _split_words(
    "code file files implementation implementations function functions functionality class classes method methods",
    "logic module component components content contents imports tests routes handlers endpoints styles rules script",
    "program fields properties props definitions body html css markup configuration config settings variables types",
    "interfaces document sections section structs constants exports statements page schema template",
)
_KEPT: Final = _split_words(
    "unchanged unmodified untouched intact remains remain stays stay continues continue goes go here omitted elided",
    "truncated skipped kept",
)
_UNCHANGED: Final = _split_words("unchanged unmodified untouched omitted elided intact")
_GLUE: Final = _split_words(
    "the of is are as this your in for all and from above below before it its they were to same brevity clarity not",
    "shown exactly keep leave no changes change",
)
_INTRODUCTION: Final = _split_words("the all and keep leave no changes change to")
_ABOUT_CODE: Final = _REST | _CODE | _KEPT | _GLUE

_TO_COME: Final = re.compile(
    r"(?:\w+ ){0,4}(?:code|logic|implementation) (?:goes |will go |comes )?here"
    r"|existing (?:code|logic|implementation|methods|functions)"
    r"|(?:same|identical|unchanged) (?:as|from) (?:before|above|previously|(?:the )?(?:previous|original).*)"
    r"|(?:todo|fixme|xxx) (?:\w+ ){0,2}implement.*|implement .*|(?:to be|not yet) implemented.*"
)
_DOCSTRING: Final = re.compile(
    r"""(?:\A(?:\#[^\n]*\n|\s)*|:[^\S\n]*(?:\#[^\n]*)?\n\s*)[rR]?(?P<quotes>\"{3}|'{3}).*?(?P=quotes)""", re.DOTALL
)
_OPENS_BLOCK: Final = re.compile(r"(?:[:{(>]|=>|\"\"\"|'''|\bthen|\bdo)\s*$")
_FUNCTION: Final = re.compile(r"\s*(?:\w+\s+){0,4}(?:def|function|func|fun|fn)\s+[\w$]")
_HOLLOW: Final = 3
_NOTHING: Final = re.compile(
    r"\s*(?:pass|\.\.\.|return(?: (?:None|null|nil|undefined))?;?|raise NotImplementedError\b.*"
    r"|throw new \w+\(.*(?:not implemented|todo).*|panic\(.*implement.*|todo!\(.*|unimplemented!\(.*"
    r"|[)\]}]+[;,]?|end|</\w+>)?\s*",
    re.IGNORECASE,
)


def find_placeholders(path: str, content: str) -> list[str]:
    """Return the comments in a file that stand for omitted code, as written; empty if the file is complete."""
    language = detect_language(path)
    if language in {"markdown", TEXT}:
        return []  # prose may be about code
    lines = split_lines(content)
    examples = _find_docstring_lines(content) if language == "python" else set()
    found = {
        number
        for number, line in enumerate(lines)
        if len(line) <= _LONGEST_LINE and _is_placeholder(lines, number, in_example=number in examples)
    }
    return [lines[number].strip() for number in sorted(found.union(_find_hollow_comments(lines, examples)))]


def _find_docstring_lines(content: str) -> set[int]:
    """Return the numbers, from 0, of the lines after the first one of each docstring."""
    found: set[int] = set()
    number = position = 0
    for match in _DOCSTRING.finditer(content):
        number += content.count("\n", position, match.start("quotes"))
        position = match.start("quotes")
        found.update(range(number + 1, number + 1 + content.count("\n", position, match.end())))
    return found


def _is_placeholder(lines: Sequence[str], number: int, *, in_example: bool) -> bool:
    match = _COMMENT.search(lines[number])
    if match is None:
        return False
    text = match["text"].replace("REST", "HTTP").lower()  # the protocol style, not "the rest"
    words = ["file" if detect_language(word) != TEXT else word for word in _WORD.findall(text)]
    if _says_left_out(text, words):
        return True
    if _BEGINS_WITH_DOTS.match(text) and _ABOUT_CODE.issuperset(words) and _is_alone(lines, number):
        return True
    return not in_example and bool(_TO_COME.fullmatch(" ".join(words))) and _is_all_of_a_block(lines, number)


def _is_alone(lines: Sequence[str], number: int) -> bool:
    """Return whether the line is a one-line comment; in longer comments, dots may be part of an example."""
    neighbours = [*lines[max(number - 1, 0) : number], *lines[number + 1 : number + 2]]
    return _is_comment(lines[number]) and not any(map(_is_comment, neighbours))


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith(_COMMENT_MARKS)


def _says_left_out(text: str, words: Sequence[str]) -> bool:
    """Return whether the words say that code is elsewhere, and hardly anything else."""
    said, others = {*words}, sum(word not in _ABOUT_CODE for word in words)
    about_rest = not _REST.isdisjoint([word for word in words if word not in _INTRODUCTION][:1])
    dots = bool(_BEGINS_WITH_DOTS.match(text) or (about_rest and _ENDS_WITH_DOTS.search(text)))
    if not others and said & _UNCHANGED and (dots or said & _CODE or "brevity" in said):
        return True
    if dots and said & _CODE and (others <= 2 if said & _REST else not others and said & (_KEPT | {"same", "before"})):
        return True
    if not said & _CODE or not about_rest:
        return False
    if not others and (said & _KEPT or (said & {"rest", "remainder"} and not text.rstrip().endswith("."))):
        return True
    return others <= 3 and words[-1] in _KEPT


def _find_hollow_comments(lines: Sequence[str], examples: Set[int]) -> list[int]:
    """Return comments that are a function's only content, if at least three and half of all functions are so."""
    functions = [
        number for number, line in enumerate(lines) if number not in examples and _FUNCTION.match(line[:_LONGEST_LINE])
    ]
    comments = [number + 1 for number in functions if _is_all_of_a_block(lines, number + 1)]
    return comments if len(comments) >= max(_HOLLOW, len(functions) / 2) else []


def _is_all_of_a_block(lines: Sequence[str], number: int) -> bool:
    """Return whether a comment line is the only content of a block."""
    if number >= len(lines) or not _is_comment(lines[number]):
        return False
    before = [line for line in lines[max(number - 3, 0) : number] if line.strip()][-1:]
    after = lines[number + 1 : number + 2]
    return any(map(_OPENS_BLOCK.search, before)) and all(map(_NOTHING.fullmatch, after))
