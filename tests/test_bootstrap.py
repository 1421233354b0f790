"""The set-up says in one sentence what is wrong, on any Python, and leaves what is installed alone."""

import ast
from pathlib import Path

import pytest

import bootstrap

ROOT = Path(__file__).parents[1]


def test_an_old_python_gets_a_sentence() -> None:
    with pytest.raises(bootstrap.SetupError, match=r"needs Python 3\.11 or later, and .* is 3\.9\.18: install one"):
        bootstrap.main("", (3, 9, 18))


def test_it_parses_on_pythons_that_it_turns_away() -> None:
    ast.parse((ROOT / "bootstrap.py").read_text("utf-8"), feature_version=(3, 7))


def test_what_must_be_installed_depends_on_the_lock_and_the_extras() -> None:
    assert bootstrap.wanted("") < bootstrap.wanted("dev")
    assert len(bootstrap.wanted("dev,dashboard")) == 3


def test_uv_is_pinned_by_the_lock() -> None:
    name, version = bootstrap.locked("uv").split("==")
    assert name == "uv"
    assert version


def test_the_lock_names_no_registry() -> None:
    text = (ROOT / "requirements.lock").read_text("utf-8")
    assert "://" not in text
    assert "--index" not in text
