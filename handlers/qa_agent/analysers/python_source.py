"""Parses Python with the running interpreter and, if that is too old for the code, with ruff."""

import warnings
from collections.abc import Iterable
from typing import Final

from qa_agent.analysers.ruff import run_ruff
from qa_agent.analysers.syntax import Place

NEWEST = "py314"
"""The newest Python that ruff supports: code for it is valid even if QA runs on an older version."""

_STATEMENTS: Final = "F701,F702,F704,F706,F707"
"""Misplaced statements, which are syntax errors in Python and lint rules in ruff."""


def parse(text: str) -> Iterable[Place]:
    """Compile the text, which finds more than parsing (a `return` outside of a function); nothing is run."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(text, "<file>", "exec", dont_inherit=True)
        except (RecursionError, MemoryError):
            return (Place(1, "is nested too deeply for Python"),)
        except SyntaxError as error:
            return _check_newer_python(text, Place(error.lineno or 1, error.msg))
        except ValueError as error:
            return (Place(1, str(error)),)
    return ()


def _check_newer_python(text: str, place: Place) -> list[Place]:
    """Return the place where Python stopped, unless a newer Python accepts the code."""
    return [place] if run_ruff(("--target-version", NEWEST, "--select", _STATEMENTS, "-"), text) else []
