"""The format of durations on every screen."""


def format_age(seconds: float) -> str:
    """Format a duration in its two largest units: 3 d 4 h, 2 min 5 s, 7 s."""
    left, parts = max(0, int(seconds)), []
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)):
        number, left = divmod(left, size)
        if number:
            parts.append(f"{number} {unit}")
    return " ".join(parts[:2]) or "0 s"
