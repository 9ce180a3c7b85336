"""Lines of an ngspice deck, as ngspice itself counts and joins them.

What lives here: physical lines with their origin, logical cards (a line with its `+`
continuations), SPICE numbers. What is refused is in `safety.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_NUMBER = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)(meg|mil|[tgkmunpfa])?[a-z]*", re.IGNORECASE)
_SCALE = {
    "": 1.0,
    "t": 1e12,
    "g": 1e9,
    "meg": 1e6,
    "k": 1e3,
    "mil": 25.4e-6,
    "m": 1e-3,
    "u": 1e-6,
    "n": 1e-9,
    "p": 1e-12,
    "f": 1e-15,
    "a": 1e-18,
}


@dataclass(frozen=True, slots=True)
class Line:
    """One physical line; `file` and `number` say where it came from."""

    text: str
    file: str
    number: int


@dataclass(frozen=True, slots=True)
class Card:
    """A logical line: `text` joined with blanks, and the physical lines it was made of."""

    text: str
    lines: tuple[int, ...]
    """Indices into the list of physical lines."""

    @property
    def keyword(self) -> str:
        """The first word in lower case; empty for a blank card."""
        words = self.text.split(None, 1)
        return words[0].lower() if words else ""


def split_lines(text: str, file: str) -> list[Line]:
    """Split at line feeds and at carriage returns, as ngspice or an older reader may."""
    return [Line(line, file, number) for number, line in enumerate(_physical(text), start=1)]


def continues(text: str) -> bool:
    """Whether a line ends with two backslashes, so that ngspice joins the next one to it."""
    return text.rstrip().endswith("\\\\") and not text.startswith(("*", "$"))


def join_cards(lines: Iterable[Line], *, backslashes: bool = True) -> list[Card]:
    """Join continuations: a `+` at the beginning and, with `backslashes`, two of them at the end
    of the line before. Comments and blank lines vanish, also amid continuations."""
    cards: list[Card] = []
    open_ended = False
    for index, line in enumerate(lines):
        text = line.text.strip()
        joined = open_ended or text.startswith("+")
        if not text or (text.startswith("*") and not open_ended):
            continue
        open_ended = backslashes and continues(line.text)
        text = text.removesuffix("\\\\") if open_ended else text
        if joined and cards:
            last = cards[-1]
            cards[-1] = Card(f"{last.text} {text.removeprefix('+').strip()}", (*last.lines, index))
        else:
            cards.append(Card(text, (index,)))
    return cards


def spice_number(text: str) -> float | None:
    """Return the value of a SPICE number such as `0.05p`, `1meg` or `10ns`; else None."""
    found = _NUMBER.fullmatch(text.strip())
    return None if found is None else float(found[1]) * _SCALE[(found[2] or "").lower()]


def _physical(text: str) -> list[str]:
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
