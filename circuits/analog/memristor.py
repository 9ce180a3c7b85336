"""Resistive devices as cells: the models of `cosim.devices`, their state bounded and at a port.

    p ── current law ── n        y: a capacitor of 1 F, charged by the model's d(state)/dt over its range
                                 x: the state, y clipped to 0 … 1

Current and rate (`cosim.circuits.devices.laws`) are evaluated at x, and the rate fades within `edge`
of a bound when it points there. So the state cannot pass its bounds, whatever the voltage and the
step, and stays within `edge` of a hard stop, which is what `cosim.devices.apply_pulse` has.
"""

from __future__ import annotations

import numpy as np

from cosim.circuits.analog.cell import AnalogCell, number
from cosim.circuits.devices import laws
from cosim.devices import DeviceModel
from cosim.errors import NetlistError

#: Share of the state's range within which its rate fades towards a bound.
EDGE = 1e-3


def memristor(
    device: DeviceModel, *, name: str = "MEMRISTOR", initial: float = 0.5, edge: float = EDGE
) -> AnalogCell:
    """Sub-circuit of `device` with ports p, n and x, the state's share of its range (0 … 1).

    `initial`, the share at the start, is also a parameter of the instance. The voltage of p against n
    is that of the model. Raises `NetlistError` for a model that has no sub-circuit, for one whose
    parameters are arrays, and for shares outside 0 … 1.
    """
    cards, rate = laws(device)
    if not 0 <= initial <= 1 or not 0 < edge < 0.5:
        raise NetlistError(f"initial {initial} and edge {edge}: expected 0 … 1 and above 0, below 0.5")
    bounds = [np.asarray(bound, dtype=np.float64) for bound in device.bounds]
    if any(bound.ndim for bound in bounds):
        raise NetlistError("a sub-circuit is of one device; its parameters are numbers, not arrays")
    low, high = (float(bound) for bound in bounds)
    state = f"({number(low)}+{number(high - low)}*min(max(v(y),0),1))"

    def written(text: str) -> str:
        return text.replace("{v}", "v(p,n)").replace("{s}", state)

    fades = number(edge)
    return AnalogCell(
        name=name,
        ports=("p", "n", "x"),
        parameters={"initial": initial},
        cards=(
            *map(written, cards),
            f"Brate r 0 v=({written(rate)})/{number(high - low)}",
            f"By 0 y i=v(r)*(v(r)>0 ? min(1,(1-v(y))/{fades}) : min(1,v(y)/{fades}))",
            "Cy y 0 1",
            ".ic v(y)={initial}",
            "Bx x 0 v=min(max(v(y),0),1)",
        ),
        description=f"{type(device).__name__}: p n, state x from 0 ({low:g}) to 1 ({high:g})",
    )
