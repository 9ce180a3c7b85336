"""Changes to an ngspice deck before it runs: transient window and parameters.

The deck stays text; only the cards that are named change, so that what ngspice reads is
what the user wrote, otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from cosim.errors import NetlistError, SimulationError, did_you_mean
from cosim.spice.cards import Card, Line, join_cards, spice_number

_ASSIGNMENT = r"(?<![\w.]){name}\s*=\s*(\{{[^}}]*\}}|'[^']*'|[^\s,]+)"


@dataclass(frozen=True, slots=True)
class Window:
    """The transient of a deck [s]; `stop` is None when only ngspice can evaluate it."""

    stop: float | None
    maximum_step: float | None


def set_transient(
    lines: list[Line], *, stop: float | None, maximum_step: float | None
) -> tuple[list[Line], Window]:
    """Return the lines with `.tran` changed to `stop` and to steps of `maximum_step` at most.

    None leaves a value as the deck has it; a deck without `.tran` gets one when there is a `stop`.
    Raises `NetlistError` when there is not exactly one `.tran`, or when a time is not positive.
    """
    cards = [card for card in _cards(lines) if card.keyword == ".tran"]
    if not cards and stop is not None and lines:
        step = maximum_step or stop / 50.0
        added = Line(f".tran {step!r} {stop!r}", "<added>", 0)
        return set_transient([lines[0], added, *lines[1:]], stop=stop, maximum_step=maximum_step)
    if not cards:
        raise SimulationError(
            "the deck has no .tran; this engine returns transients, so add e.g. `.tran 0.1p 100p` "
            "or give stop"
        )
    if len(cards) > 1:
        second = lines[cards[1].lines[0]]
        raise NetlistError("a second .tran; one run has one transient", file=second.file, line=second.number)
    where = lines[cards[0].lines[0]]
    words = re.findall(r"\{[^}]*\}|'[^']*'|[^\s,]+", cards[0].text)[1:]
    flags = [word for word in words if word.lower() == "uic"]
    times = [word for word in words if word.lower() != "uic"]
    if not 2 <= len(times) <= 4:
        raise NetlistError(
            f".tran has {len(times)} times; it needs step and stop, then start and largest step",
            file=where.file,
            line=where.number,
        )
    for name, value in (("stop", stop), ("maximum_step", maximum_step)):
        if value is not None and not 0.0 < value < float("inf"):
            raise SimulationError(f"{name} must be a positive time in seconds, got {value!r}")
    if stop is not None:
        times[1] = f"{stop:.17g}"
    if maximum_step is not None:
        times = [*times, "0"][:3] if len(times) < 3 else times[:3]
        times.append(f"{maximum_step:.17g}")
    window = Window(spice_number(times[1]), spice_number(times[3]) if len(times) > 3 else None)
    if window.stop is not None and window.stop <= 0.0:
        raise NetlistError(f".tran ends at {times[1]}", file=where.file, line=where.number)
    return _replaced(lines, cards[0], " ".join([".tran", *times, *flags])), window


def set_parameters(lines: list[Line], parameters: Mapping[str, float]) -> list[Line]:
    """Return the lines with values of top-level `.param` cards replaced.

    Raises `NetlistError` for a name that no top-level `.param` defines.
    """
    remaining = {name.lower(): (name, value) for name, value in parameters.items()}
    known: list[str] = []
    depth = 0
    for card in _cards(lines):
        depth += (card.keyword in (".subckt", ".macro")) - (card.keyword in (".ends", ".eom"))
        if depth or card.keyword not in (".param", ".params", ".csparam"):
            continue
        text = card.text
        names = re.findall(r"(?<![\w.])([A-Za-z_]\w*)\s*=(?!=)", text)
        known.extend(names)
        for name in names:
            if name.lower() in remaining:
                _, value = remaining.pop(name.lower())
                pattern = _ASSIGNMENT.format(name=re.escape(name))
                text = re.sub(pattern, f"{name}={float(value):.17g}", text)
        if text != card.text:
            lines = _replaced(lines, card, text)
    if remaining:
        name = next(iter(remaining.values()))[0]
        raise NetlistError(f"no top-level .param defines {name!r}{did_you_mean(name, known)}")
    return lines


#: Options that ngspice's library keeps for all later circuits of its process.
LASTING_OPTIONS = frozenset(("interp", "cshunt"))


def parameter_names(lines: list[Line]) -> list[str]:
    """Names that top-level `.param` cards define."""
    names: list[str] = []
    depth = 0
    for card in _cards(lines):
        depth += (card.keyword in (".subckt", ".macro")) - (card.keyword in (".ends", ".eom"))
        if not depth and card.keyword in (".param", ".params", ".csparam"):
            names += re.findall(r"(?<![\w.])([A-Za-z_]\w*)\s*=(?!=)", card.text)
    return names


def leaves_traces(lines: list[Line]) -> bool:
    """Whether a deck sets an option that later decks in the same process would feel."""
    return any(
        card.keyword.startswith(".opt")
        and LASTING_OPTIONS.intersection(re.split(r"[\s=,]+", card.text.lower()))
        for card in _cards(lines)
    )


def with_end(lines: list[Line]) -> list[Line]:
    """Return the lines with `.end` at the end, where there is none."""
    if any(card.keyword == ".end" for card in _cards(lines)):
        return lines
    return [*lines, Line(".end", "<added>", 0)]


def _cards(lines: list[Line]) -> list[Card]:
    """Return the cards of a deck without its first line, which is the title whatever it says."""
    return [card for card in join_cards(lines) if card.lines[0] > 0]


def _replaced(lines: list[Line], card: Card, text: str) -> list[Line]:
    """Return the lines with one card replaced, comments amid its lines kept."""
    changed = list(lines)
    for index in card.lines:
        changed[index] = Line("*", lines[index].file, lines[index].number)
    first = card.lines[0]
    changed[first] = Line(text, lines[first].file, lines[first].number)
    return changed
