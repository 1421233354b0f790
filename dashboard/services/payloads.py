"""Messages' bodies, made easy to read where they are JSON."""

import json


def formatted(body: str, most: int = 20_000) -> str:
    """Return a body with its members on lines of their own, or as it is where it is no JSON; long ones are cut."""
    try:
        text = json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        text = body
    return cut(text, most)


def cut(text: str, most: int = 200_000) -> str:
    """Return a text as it is, or its beginning with how much follows."""
    return text if len(text) <= most else f"{text[:most]}\n… {len(text) - most} more characters"
