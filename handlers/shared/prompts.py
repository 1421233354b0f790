"""Prompts as files: read from the agent's own folder, with what people wrote put in as marked data."""

import hashlib
from functools import cache
from importlib.resources import files
from string import Template


@cache
def load(package: str, name: str) -> Template:
    """Return the prompt `prompts/{name}.md` of an agent's package, its places written `$name`."""
    return Template(files(package).joinpath("prompts", f"{name}.md").read_text(encoding="utf-8"))


def make_tag(*texts: str) -> str:
    """Return eight hexadecimal digits that depend on all the texts: a mark that no text can contain on purpose,
    since to write it one would have to know the digest of what one writes."""
    digest = hashlib.sha256()
    for text in texts:
        digest.update(hashlib.sha256(text.encode()).digest())
    return digest.hexdigest()[:8]


def mark_as_data(name: str, tag: str, text: str) -> str:
    """Return a person's text between marks that it cannot forge, so that the model reads it as data."""
    return f"<{name}-{tag}>\n{text.strip()}\n</{name}-{tag}>"
