"""Parses HTML with html5lib, which follows the standard's parsing rules and names each violation.

Inline scripts and style sheets are parsed by the parsers of their languages.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

import html5lib
from html5lib.constants import E

from qa_agent.analysers import css, data_formats, tree_sitter_languages
from qa_agent.analysers.syntax import Parse, Place

# Those of the standard's hundred parse errors that mean something is cut off, misnested or not closed. A page without
# a doctype, a fragment, an unknown entity or a misplaced start tag is still displayed as intended.
_FAULTS: Final = frozenset(
    {
        "unexpected-end-tag", "end-tag-too-early", "end-tag-too-early-named", "end-tag-too-early-ignored",
        "expected-closing-tag-but-got-eof", "expected-named-closing-tag-but-got-eof",
        "expected-one-end-tag-but-got-another",
        "adoption-agency-1.2", "adoption-agency-1.3", "adoption-agency-4.4",
        "unexpected-end-tag-before-html", "unexpected-cell-end-tag",
        "eof-in-tag-name", "eof-in-attribute-name", "eof-in-attribute-value-double-quote",
        "eof-in-attribute-value-single-quote", "eof-in-attribute-value-no-quotes", "eof-in-comment",
        "eof-in-comment-double-dash", "eof-in-comment-end-dash", "eof-in-script-in-script", "eof-in-doctype",
        "expected-attribute-name-but-got-eof", "expected-attribute-value-but-got-eof",
        "expected-end-of-tag-but-got-eof", "expected-tag-name", "expected-closing-tag-but-got-char",
        "invalid-character-in-attribute-name", "unexpected-character-after-attribute-value",
        "unexpected-EOF-after-attribute-value",
    }
)  # fmt: skip
_TEMPLATED: Final = re.compile(r"\{\{|\{%|<%|<\?php")
_TEMPLATE_ELEMENT: Final = re.compile(r"<template\b.*?</template\s*>", re.DOTALL | re.IGNORECASE)
_COMMENT: Final = re.compile(r"<!--.*?-->", re.DOTALL)
_INLINE: Final = re.compile(
    r"<(?P<name>script|style)\b(?P<attributes>(?:[^>\"']|\"[^\"]*\"|'[^']*')*)>(?P<text>.*?)</(?P=name)\s*>",
    re.DOTALL | re.IGNORECASE,
)
_TYPE: Final = re.compile(r"\btype\s*=\s*[\"']?([^\s\"'>]*)", re.IGNORECASE)
_JAVASCRIPT: Final = frozenset({"", "module", "text/javascript", "application/javascript", "text/babel", "text/jsx"})


def parse(text: str) -> Iterable[Place]:
    """Return what is cut off, misnested or not closed; sources of template engines are in doubt.

    The content of a <template> element, which html5lib does not support, is ignored.
    """
    places = [
        *_find_faults(_TEMPLATE_ELEMENT.sub(_blank_match, text)),
        *_find_inline_faults(_COMMENT.sub(_blank_match, text)),
    ]
    in_doubt = bool(_TEMPLATED.search(text))
    return [place._replace(in_doubt=in_doubt) for place in places]


def _blank_match(match: re.Match[str]) -> str:
    return "\n" * match[0].count("\n")


def _find_faults(text: str) -> list[Place]:
    parser = html5lib.HTMLParser()
    parser.parse(text)
    return [
        Place(line, (E.get(code, code) % (variables or {})).rstrip("."))
        for (line, _), code, variables in parser.errors
        if code in _FAULTS
    ]


def _find_inline_faults(text: str) -> Iterator[Place]:
    """Yield the faults in a page's inline scripts and style sheets."""
    for match in _INLINE.finditer(text):
        parser = _find_parser(match["name"].lower(), match["attributes"])
        if parser and match["text"].strip():
            line_offset = text.count("\n", 0, match.start("text"))
            yield from (place._replace(line=place.line + line_offset) for place in parser(match["text"]))


def _find_parser(element: str, attributes: str) -> Parse | None:
    """Return the parser for an element's content; None for a script in another language."""
    match = _TYPE.search(attributes)
    language = match[1].lower() if match else ""
    if element == "style":
        return css.parse if language in {"", "text/css"} else None
    if language in _JAVASCRIPT:
        return tree_sitter_languages.parse_javascript
    return data_formats.parse_json if language.endswith("json") or language == "importmap" else None
