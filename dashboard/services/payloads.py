"""Formats the bodies of messages, JSON above all."""

import json


def format_body(body: str, most: int = 20_000) -> str:
    """Return a JSON body indented, any other body as it is; long ones are cut."""
    try:
        text = json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        text = body
    return cut(text, most)


def cut(text: str, most: int = 200_000) -> str:
    """Return a text, cut if it is long, with the length of the rest."""
    return text if len(text) <= most else f"{text[:most]}\n… {len(text) - most} more characters"
