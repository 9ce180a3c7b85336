"""Superconducting circuit and analog cells in one deck for ngspice: picoseconds and nanoseconds together.

ngspice takes the steps that the junctions need, so this is the slow way: a reference for
`cosim.lockstep`, which lets each side take its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from cosim.circuits.analog.cell import AnalogCell, definitions, wrapped
from cosim.errors import NetlistError
from cosim.netlist import NgspiceDeck, render_ngspice
from cosim.netlist.deck import Deck


def beside(
    deck: Deck,
    cells: Iterable[AnalogCell],
    cards: Sequence[str],
    signals: Mapping[str, str],
    *,
    maximum_step: float = 0.05e-12,
    phases: Iterable[str] = (),
) -> NgspiceDeck:
    """Render `deck` for ngspice, with analog `cells` and `cards` beside it; nodes of one name are one.

    `signals` are vectors to keep by label, e.g. `{"V(M)": "v(m)", "I(VIN)": "i(vin)"}`; `phases` the
    junctions whose slips the result is to hold. Steps are `maximum_step` [s] at most. Raises
    `NetlistError` for a label that the deck prints already, and for what `render_ngspice` refuses.
    """
    made = render_ngspice(deck, maximum_step=maximum_step, phases=phases)
    taken = sorted(set(signals) & set(made.probes))
    if taken:
        raise NetlistError(f"the deck prints {taken[0]} itself; give the signal another label")
    head, mark, tail = made.text.partition(".options method=trap")
    saved = [f".save {vector}" for vector in signals.values()]
    analog = "\n".join([definitions(cells), *map(wrapped, cards), *saved])
    units = {label: "A" if vector.lower().startswith("i(") else "V" for label, vector in signals.items()}
    return NgspiceDeck(
        text=f"{head}{analog}\n{mark}{tail}",
        probes={**made.probes, **signals},
        units={**made.units, **units},
    )
