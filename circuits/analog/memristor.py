"""Resistive devices as sub-circuits: the models of `cosim.devices`, their state bounded.

        p ──┬──────────┐             x: the state between its bounds, 0 … 1, as a voltage on a
            │          │                capacitor of 1 F, charged by the model's rate;
           Bi       (senses v)          its current carries d(state)/dt
            │          │
        n ──┴──────────┘

Both the current and the rate are evaluated at the state clipped to 0 … 1, and the rate fades within
`edge` of a bound when it points there. So the state cannot pass its bounds, whatever the voltage,
and stays within `edge` of a hard stop, which is what `cosim.devices.apply_pulse` has.

Adding a model: one function here and one line in `_LAWS`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from cosim.circuits.analog.cell import AnalogCell, number
from cosim.constants import BOLTZMANN, ELEMENTARY_CHARGE
from cosim.devices import DeviceModel, LinearDrift, StanfordPku, Vteam, Yakopcic
from cosim.errors import NetlistError

#: Share of the state's range within which its rate fades towards a bound.
EDGE = 1e-3

# Voltage across the device, and the clipped state: what the laws are written in.
_V = "v(p,n)"
_S = "min(max(v(x),0),1)"


def memristor(
    device: DeviceModel, *, name: str = "MEMRISTOR", initial: float = 0.5, edge: float = EDGE
) -> AnalogCell:
    """Sub-circuit of `device` with ports p, n and x, the state's share of its range (0 … 1).

    `initial`, the share at the start, is also a parameter of the instance. The voltage of p against n
    is that of the model. Raises `NetlistError` for a model that has no sub-circuit, and for shares
    outside 0 … 1.
    """
    laws = _LAWS.get(type(device))
    if laws is None:
        known = ", ".join(kind.__name__ for kind in _LAWS)
        raise NetlistError(f"no sub-circuit for {type(device).__name__}; there are {known}")
    if not 0 <= initial <= 1 or not 0 < edge < 0.5:
        raise NetlistError(f"initial {initial} and edge {edge}: expected 0 … 1 and above 0, below 0.5")
    low, high = _bounds(device)
    current, rate, rises = laws(device)
    gate = f"({rises} ? min(1,(1-v(x))/{number(edge)}) : min(1,v(x)/{number(edge)}))"
    return AnalogCell(
        name=name,
        ports=("p", "n", "x"),
        parameters={"initial": initial},
        cards=(
            f"Bi p n i={current}",
            f"Bx 0 x i=({rate})/{number(high - low)}*{gate}",
            "Cx x 0 1",
            ".ic v(x)={initial}",
        ),
        description=f"{type(device).__name__}: p n, state x from 0 ({low:g}) to 1 ({high:g})",
    )


def _bounds(device: DeviceModel) -> tuple[float, float]:
    low, high = (np.asarray(bound, dtype=np.float64) for bound in device.bounds)
    if low.ndim or high.ndim:
        raise NetlistError("a sub-circuit is of one device; its parameters are numbers, not arrays")
    return float(low), float(high)


def _state(device: DeviceModel) -> str:
    low, high = _bounds(device)
    return f"({number(low)}+{number(high - low)}*{_S})"


def _vteam(device: Vteam) -> tuple[str, str, str]:
    span = device.off_resistance - device.on_resistance
    current = f"{_V}/({number(device.on_resistance)}+{number(span)}*{_S})"
    off = f"pow(max({_V}/{number(device.off_threshold)}-1,0),{number(device.off_exponent)})"
    on = f"pow(max({_V}/({number(device.on_threshold)})-1,0),{number(device.on_exponent)})"
    rate = f"{number(device.off_speed)}*{off}+({number(device.on_speed)})*{on}"
    return current, rate, f"{_V}>0"


def _yakopcic(device: Yakopcic) -> tuple[str, str, str]:
    amplitude = f"({_V}>=0 ? {number(device.positive_amplitude)} : {number(device.negative_amplitude)})"
    current = f"{amplitude}*{_S}*sinh({number(device.curvature)}*{_V})"
    above = f"max(exp({_V})-exp({number(device.positive_threshold)}),0)"
    below = f"max(exp(-{_V})-exp({number(device.negative_threshold)}),0)"
    push = f"({number(device.positive_speed)}*{above}-{number(device.negative_speed)}*{below})"
    up, down = number(device.positive_edge), number(1 - device.negative_edge)
    room = number(1 - device.positive_edge)
    slow_up = f"exp(-{number(device.positive_decay)}*({_S}-{up}))*(({up}-{_S})/{room}+1)"
    slow_down = f"exp({number(device.negative_decay)}*({_S}-{down}))*{_S}/{down}"
    rising = f"({_S}>={up} ? {slow_up} : 1)"
    falling = f"({_S}<={down} ? {slow_down} : 1)"
    rises = f"{device.direction}*{_V}>=0"
    return current, f"{device.direction}*{push}*({rises} ? {rising} : {falling})", rises


def _stanford_pku(device: StanfordPku) -> tuple[str, str, str]:
    gap = _state(device)
    current = (
        f"{number(device.current_scale)}*exp(-{gap}/{number(device.gap_scale)})"
        f"*sinh({_V}/{number(device.voltage_scale)})"
    )
    kelvin = number(BOLTZMANN / ELEMENTARY_CHARGE)
    heat = f"{number(device.thermal_resistance)}*abs({_V}*{current})"
    thermal = f"({kelvin}*({number(device.ambient)}+{heat}))"
    gamma = f"({number(device.enhancement)}-{number(device.enhancement_loss)}*pow({gap}/1e-9,3))"
    least = number(device.least_field * device.thickness)
    field = f"({gamma}*{number(device.hop / device.thickness)}*{_V})"
    energy = number(device.activation_energy)
    moving = f"exp(({field}-{energy})/{thermal})-exp((-{field}-{energy})/{thermal})"
    rate = f"({gamma}*abs({_V})<{least} ? 0 : -{number(device.velocity / 2)}*({moving}))"
    return current, rate, f"{_V}<0"


def _linear_drift(device: LinearDrift) -> tuple[str, str, str]:
    off, on = device.off_resistance, device.on_resistance
    current = f"{_V}/({number(off)}-{number(off - on)}*{_S})"
    speed = number(device.mobility * on / device.thickness**2)
    window = f"*(1-pow(2*{_S}-1,{2 * device.window}))" if device.window else ""
    return current, f"{speed}*{current}{window}", f"{_V}>0"


_LAWS: dict[type, Callable[[Any], tuple[str, str, str]]] = {
    Vteam: _vteam,
    Yakopcic: _yakopcic,
    StanfordPku: _stanford_pku,
    LinearDrift: _linear_drift,
}
