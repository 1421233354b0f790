"""Loads prompts from files in the agent's own folder, and marks people's text in them as data."""

import hashlib
from functools import cache
from importlib.resources import files
from string import Template


@cache
def load(package: str, name: str) -> Template:
    """Return the prompt `prompts/{name}.md` of an agent's package; its placeholders are `$name`."""
    return Template(files(package).joinpath("prompts", f"{name}.md").read_text(encoding="utf-8"))


def make_tag(*texts: str) -> str:
    """Return eight hexadecimal digits that depend on all the texts: no text can contain them on purpose, as its
    author would have to know the digest of the text itself."""
    digest = hashlib.sha256()
    for text in texts:
        digest.update(hashlib.sha256(text.encode()).digest())
    return digest.hexdigest()[:8]


def mark_as_data(name: str, tag: str, text: str) -> str:
    """Return a person's text between marks that it cannot forge, so that the model treats it as data."""
    return f"<{name}-{tag}>\n{text.strip()}\n</{name}-{tag}>"
