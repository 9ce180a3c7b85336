"""What went wrong, in as few words as a figure has room for."""

from __future__ import annotations

import re

_PLACE = re.compile(r"\s*\([^()]*ps\)$")
_WINDOW = re.compile(r"window \d+ (?=\S)")


def short_reason(reason: str, most: int = 46) -> str:
    """Without the times of a window, without its number where it has a name, and cut to `most`."""
    text = _WINDOW.sub("", _PLACE.sub("", reason.strip()))
    return text if len(text) <= most else text[: most - 1] + "…"
