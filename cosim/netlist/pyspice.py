"""PySpice's circuits as decks (extra `pyspice`; nothing here imports it).

`spice_text` is what a PySpice `Circuit`, or a simulation of one, says in SPICE, mended where PySpice
and ngspice or JoSIM read it differently. `from_pyspice` makes a `Deck` of it where its elements are
those of the JoSIM dialect (R L C K T V I E F G H, sub-circuits, `.param`; junctions through
`raw_spice`). Our cells as PySpice sub-circuits: `cosim.circuits.pyspice`.
"""

from __future__ import annotations

import re
from typing import Any

from cosim.errors import NetlistError
from cosim.netlist.deck import Deck
from cosim.netlist.parser import parse

# PySpice writes 1kOhm, 0.5A, 1MegHz; what follows the scale is left out, since `A` and `F` are scales too.
_UNIT = re.compile(
    r"(?<![\w.])([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?(?:Meg|[TGkmunpf])?)(?:Ohm|Hz|V|A|s|H|W|Deg)(?![\w.])"
)
_DC_BEFORE_WAVE = re.compile(r"(?i)\bDC\s+\S+\s+(?:AC\s+\S+\s+)?(?=(?:PULSE|PWL|SIN|EXP)\s*\()")


def is_pyspice(deck: object) -> bool:
    """Whether `deck` is a circuit or a simulation of PySpice."""
    names = {f"{kind.__module__}.{kind.__name__}" for kind in type(deck).__mro__}
    return bool(names & {"PySpice.Spice.Netlist.Circuit", "PySpice.Spice.Simulation.CircuitSimulation"})


def spice_text(circuit: object) -> str:
    """SPICE text of a PySpice circuit; its first line is the title. Raises `NetlistError` for anything
    else, and for circuits that PySpice itself cannot write."""
    if not is_pyspice(circuit):
        raise NetlistError(f"expected a deck or a PySpice circuit, got a {type(circuit).__name__}")
    try:
        lines = str(circuit).splitlines()
    except Exception as error:
        raise NetlistError(f"PySpice cannot write this circuit: {type(error).__name__}: {error}") from error
    title = [line for line in lines if line.lower().startswith(".title")]
    name = title[0].partition(" ")[2].strip() if title else ""
    cards = [_UNIT.sub(r"\1", line) for line in lines if line not in title and line.strip()]
    return "\n".join([f"* {name}".rstrip(), *cards]) + "\n"


def from_pyspice(circuit: Any) -> Deck:
    """Deck of a PySpice circuit.

    Raises `NetlistError`, with the line, for elements that only ngspice knows (transistors, diodes,
    behavioural sources): `cosim.spice.simulate` takes such a circuit as it is.
    """
    lines = []
    for line in spice_text(circuit).splitlines():
        kept = _DC_BEFORE_WAVE.sub("", line)
        if kept.lower().startswith(".model") and not re.match(r"(?i)\.model\s+\S+\s+jj\b", kept):
            raise NetlistError(f"{kept.split()[1]!r} is a model that only ngspice knows; simulate it there")
        lines.append(kept)
    return parse("\n".join(lines) + "\n", file="<PySpice>")
