"""Memristive devices as ngspice subcircuits: the netlist twins of the models in `cosim.devices`.

    X1 p n DEVICE          current by a B source; the state y = (state − low) / (high − low) is the voltage
                           of a capacitor of `time_scale` farad, charged by `time_scale` · dy/dt

So the state's node, Y inside of X1, runs from 0 to 1 V. It is held at its bounds over the last 1e-6 of its
range. Run a transient with `uic`. Adding a model is one function and one line in `_CARDS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from cosim.constants import BOLTZMANN, ELEMENTARY_CHARGE
from cosim.devices import DeviceModel, JartVcm, LinearDrift, StanfordPku, Vteam, Yakopcic
from cosim.errors import NetlistError

PLANCK = 6.62607015e-34
VACUUM_PERMITTIVITY = 8.8541878128e-12
ELECTRON_MASS = 9.1093837015e-31
THERMAL = BOLTZMANN / ELEMENTARY_CHARGE

#: What `laws` gives.
Cards = tuple[list[str], str]


def laws(device: DeviceModel) -> Cards:
    """Cards of the current between p and n, and the expression of d(state)/dt, in terms of `{v}`, the
    voltage, and `{s}`, the state. Raises `NetlistError` for models without a twin."""
    make = _CARDS.get(type(device))
    if make is None:
        known = ", ".join(model.__name__ for model in _CARDS)
        raise NetlistError(f"{type(device).__name__} has no netlist twin; known: {known}")
    return make(device)


def device_subcircuit(
    device: DeviceModel, state: float, *, name: str = "DEVICE", time_scale: float = 1e-9
) -> str:
    """The subcircuit of `device` in `state`, ready to be put into a deck.

    `time_scale` [s] should be of the order in which the state moves: it sets the scale of the state's
    equation, not its solution. Raises `NetlistError` for models without a twin and states out of bounds.
    """
    cards, rate = laws(device)
    low, high = (float(np.asarray(bound)) for bound in device.bounds)
    if not low <= state <= high:
        raise NetlistError(f"state is {state:g}; {type(device).__name__} has states from {low:g} to {high:g}")
    span = high - low
    # Expressions are written with v and s; ngspice knows nodes.
    written = [_written(card, low, span) for card in cards]
    slope = _written(rate, low, span)
    start = (state - low) / span
    return "\n".join(
        [
            f".subckt {name} p n",
            *written,
            f"BR r 0 V=({slope})*{_n(time_scale / span)}",
            "BY 0 y I=V(r)*(V(r)>0 ? min(1,max(0,(1-V(y))*1e6)) : min(1,max(0,V(y)*1e6)))",
            f"CY y 0 {_n(time_scale)} IC={_n(start)}",
            "RY y 0 1e18",
            f".ends {name}",
            "",
        ]
    )


def device_array_deck(
    device: DeviceModel,
    states: ArrayLike,
    word_segments: ArrayLike,
    bit_segments: ArrayLike,
    voltages: Mapping[str, ArrayLike],
    *,
    width: float,
    steps: int = 400,
) -> str:
    """ngspice text of an array of devices under one pulse of `width` [s] from its terminals.

    `states` (M, N) of the devices, all of one model; `word_segments` (M, N + 1) and `bit_segments` (N, M + 1)
    [Ω] as from `Crossbar.word_segments()`: finite, above zero, or infinite (open); `voltages` [V] of the
    sides left, right (M,), top, bottom (N,), which rise within a thousandth of the pulse. It saves the
    state of cell (i, j), 0 … 1, as the voltage of node Y in XC<i>_<j>.
    """
    x = np.asarray(states, dtype=np.float64)
    segments = np.asarray(word_segments, dtype=np.float64), np.asarray(bit_segments, dtype=np.float64)
    if any((part <= 0).any() for part in segments):
        raise NetlistError("a segment of the array has no resistance; expected above zero, or infinity")
    lines = ["* array of devices"]
    for place, state in np.ndenumerate(x):
        mark = "_".join(map(str, place))
        lines.append(device_subcircuit(device, float(state), name=f"DEVICE{mark}", time_scale=width))
        lines.append(f"XC{mark} w{mark} b{mark} DEVICE{mark}")
    ends = (("left", "right", "w{0}_{1}"), ("top", "bottom", "b{1}_{0}"))
    for letter, part, (near, far, node) in zip("WB", segments, ends, strict=True):
        for line, resistances in enumerate(part):
            nodes = [node.format(line, cell) for cell in range(len(resistances) - 1)]
            chain = [f"{near}{line}", *nodes, f"{far}{line}"]
            for index, resistance in enumerate(resistances):
                if np.isfinite(resistance):
                    card = f"R{letter}{line}_{index} {chain[index]} {chain[index + 1]} {_n(resistance)}"
                    lines.append(card)
            for end, resistance in ((near, resistances[0]), (far, resistances[-1])):
                if np.isfinite(resistance):
                    level = np.broadcast_to(np.asarray(voltages.get(end, 0.0), dtype=float), (len(part),))[
                        line
                    ]
                    lines.append(f"V{end}{line} {end}{line} 0 PWL(0 0 {_n(width / 1000)} {_n(level)})")
    saved = " ".join(f"v(xc{i}_{j}.y)" for i, j in np.ndindex(*x.shape))
    step = _n(width / steps)
    tail = ["*", ".options reltol=1e-6 method=gear", f".tran {step} {_n(width)} 0 {step} uic"]
    return "\n".join([*lines, *tail, f".save {saved}", ".end", ""])


def _n(value: float) -> str:
    """A number as ngspice reads it."""
    return repr(float(value))


def _written(text: str, low: float, span: float) -> str:
    state = f"({_n(low)}+{_n(span)}*min(1,max(0,V(y))))"
    return text.replace("{v}", "V(p,n)").replace("{s}", state)


def _linear_drift(d: LinearDrift) -> Cards:
    current = f"{{v}}/({_n(d.on_resistance)}*{{s}}+{_n(d.off_resistance)}*(1-{{s}}))"
    rate = f"{_n(d.mobility * d.on_resistance / d.thickness**2)}*{current}"
    if d.window:
        rate += f"*(1-(2*{{s}}-1)^{2 * d.window})"
    return [f"BD p n I={current}"], rate


def _vteam(d: Vteam) -> Cards:
    share = f"(({{s}}-{_n(d.on_state)})/{_n(d.off_state - d.on_state)})"
    current = f"{{v}}/({_n(d.on_resistance)}+{_n(d.off_resistance - d.on_resistance)}*{share})"
    above = f"{_n(d.off_speed)}*max({{v}}/{_n(d.off_threshold)}-1,0)^{_n(d.off_exponent)}"
    below = f"({_n(d.on_speed)})*max({{v}}/({_n(d.on_threshold)})-1,0)^{_n(d.on_exponent)}"
    return [f"BD p n I={current}"], f"{above}+{below}"


def _yakopcic(d: Yakopcic) -> Cards:
    sinh = f"{{s}}*sinh({_n(d.curvature)}*{{v}})"
    current = f"({{v}}>=0 ? {_n(d.positive_amplitude)} : {_n(d.negative_amplitude)})*{sinh}"
    above = f"{_n(d.positive_speed)}*max(exp({{v}})-{_n(np.exp(d.positive_threshold))},0)"
    below = f"{_n(d.negative_speed)}*max(exp(-{{v}})-{_n(np.exp(d.negative_threshold))},0)"
    up, down = d.positive_edge, 1 - d.negative_edge
    slowed = f"exp(-{_n(d.positive_decay)}*({{s}}-{_n(up)}))*(({_n(up)}-{{s}})/{_n(1 - up)}+1)"
    rising = f"({{s}}>={_n(up)} ? {slowed} : 1)"
    falling = f"({{s}}<={_n(down)} ? exp({_n(d.negative_decay)}*({{s}}-{_n(down)}))*{{s}}/{_n(down)} : 1)"
    window = f"({d.direction}*{{v}}>=0 ? {rising} : {falling})"
    return [f"BD p n I={current}"], f"{d.direction}*(({above})-({below}))*{window}"


def _stanford_pku(d: StanfordPku) -> Cards:
    current = f"{_n(d.current_scale)}*exp(-{{s}}/{_n(d.gap_scale)})*sinh({{v}}/{_n(d.voltage_scale)})"
    gamma = f"({_n(d.enhancement)}-{_n(d.enhancement_loss)}*({{s}}*1e9)^3)"
    moves = f"({gamma}*abs({{v}})>={_n(d.least_field * d.thickness)} ? 1 : 0)"
    field = f"{gamma}*{_n(d.hop / d.thickness)}*{{v}}"
    heat = f"{_n(THERMAL)}*V(t)"
    forward = f"exp(({field}-{_n(d.activation_energy)})/({heat}))"
    backward = f"exp((-({field})-{_n(d.activation_energy)})/({heat}))"
    cards = [
        f"BD p n I={current}",
        f"BT t 0 V={_n(d.ambient)}+abs({{v}}*({current}))*{_n(d.thermal_resistance)}",
    ]
    return cards, f"{_n(-0.5 * d.velocity)}*{moves}*({forward}-{backward})"


def _jart(d: JartVcm) -> Cards:
    """Contact between p and a, an ammeter, and what is in series as a voltage; temperature at node t."""
    values = {name: float(np.asarray(value)) for name, value in vars(d).items()}
    g: Callable[[str], float] = values.__getitem__
    area = np.pi * g("radius") ** 2
    z, charge = g("charge_number"), ELEMENTARY_CHARGE
    carrier = z * charge * g("mobility") * area
    disc = f"({_n(g('disc_length') / carrier)}/{{s}})"
    plug = (g("cell_length") - g("disc_length")) / (g("plug_concentration") * carrier)
    r0 = g("line_resistance")
    cubic = r0**2 * g("line_temperature_coefficient") * g("line_thermal_resistance")
    line = f"({_n(g('layer_resistance') + r0)}+{_n(cubic)}*I(VI)^2)"
    factor = (charge**3 * z / (8 * np.pi**2 * (g("barrier_permittivity") * VACUUM_PERMITTIVITY) ** 3)) ** 0.25
    psi = f"max({_n(g('barrier') - g('fermi_distance'))}-V(p,a),1e-9)"
    barrier = f"max({_n(g('barrier'))}-{_n(factor)}*({{s}}*{psi})^0.25,0)"
    tunnel = (
        charge * PLANCK / (4 * np.pi) * np.sqrt(z / (ELECTRON_MASS * g("permittivity") * VACUUM_PERMITTIVITY))
    )
    # Newton's iterates stray: what they may not leave is bounded here.
    hot, phi = f"min(max(V(t),{_n(g('ambient'))}),2e4)", "max(V(f),0)"
    # In electronvolt: W00, and kT.
    w00, kt = f"({_n(tunnel / charge)}*sqrt({{s}}))", f"({_n(THERMAL)}*{hot})"
    richardson = area * g("richardson")
    over = f"{_n(richardson)}*({hot})^2*exp(-{phi}/{kt})*(exp(min(V(p,a)/{kt},300))-1)"
    spread = f"sqrt({_n(np.pi)}*{w00}*(max(-V(p,a),0)+{phi}/cosh({w00}/{kt})^2))"
    prime = f"({w00}/({w00}/{kt}-tanh({w00}/{kt})))"
    amount = f"{_n(richardson / THERMAL)}*{hot}*{spread}*exp(-{phi}*tanh({w00}/{kt})/{w00})"
    through = f"-{amount}*(exp(min(-V(p,a)/{prime},300))-1)"
    heating = g("thermal_resistance") * (g("nominal_radius") / g("radius")) ** 2
    cards = [
        f"BF f 0 V={barrier}",
        f"BD p a I=(V(p,a)>=0 ? {over} : {through})",
        "VI a b 0",
        f"BS b n V=I(VI)*({disc}+{_n(plug)}+{line})",
        f"BT t 0 V={_n(g('ambient'))}+max(I(VI)*({{v}}-I(VI)*{line}),0)*{_n(heating)}"
        f"*({{v}}>0 ? {_n(g('reset_heating'))} : 1)",
        f"BG g 0 V=({{v}}>0 ? ({{v}}-I(VI)*{line})/{_n(g('cell_length'))} : "
        f"I(VI)*{disc}/{_n(g('disc_length'))})*{_n(z * g('hop') / (np.pi * g('activation_energy')))}",
    ]
    energy = g("activation_energy")
    mean = f"{_n(energy)}*(sqrt(max(1-V(g)^2,0))+V(g)*asin(min(max(V(g),-1),1)))"
    half = f"{_n(energy * np.pi / 2)}*V(g)"
    hops = f"(exp(-({mean}-{half})/{kt})-exp(-({mean}+{half})/{kt}))"
    least, most = g("least_concentration"), g("largest_concentration")
    limit = f"max(({{v}}>0 ? 1-({_n(least)}/{{s}})^10 : 1-({{s}}/{_n(most)})^10),0)"
    speed = 0.5 * g("hop") * g("attempt_frequency") / g("disc_length")
    return cards, f"-{_n(speed)}*({_n(g('plug_concentration'))}+{{s}})*{hops}*{limit}"


_CARDS: dict[type, Callable[[Any], Cards]] = {
    LinearDrift: _linear_drift,
    Vteam: _vteam,
    Yakopcic: _yakopcic,
    StanfordPku: _stanford_pku,
    JartVcm: _jart,
}
