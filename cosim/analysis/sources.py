"""Which sources are bias and which are stimulus.

A bias is constant, or a ramp that begins at t = 0 and then holds; an input waits, rises and
mostly falls again. `bias_level` is what a bias settles at.

Not here: scaling of sources (`parameters.py`).
"""

from __future__ import annotations

import numpy as np

from cosim.netlist.circuit import GROUND, Circuit, CurrentSource, Element, Resistor, VoltageSource
from cosim.netlist.waveforms import Constant, PiecewiseLinear, Waveform


def bias_level(waveform: Waveform) -> float | None:
    """Level [A or V] that a bias settles at; None for one that is not a bias, or zero throughout."""
    if isinstance(waveform, Constant):
        return waveform.level or None
    if not isinstance(waveform, PiecewiseLinear) or len(waveform.times) == 0:
        return None
    times, values = np.asarray(waveform.times), np.asarray(waveform.values)
    change = np.diff(values)
    moving = np.flatnonzero(change)
    if moving.size == 0:
        return float(values[-1]) or None
    monotone = bool(np.all(change >= 0.0) or np.all(change <= 0.0))
    begins_at_once = times[moving[0]] <= 0.0
    return float(values[-1]) if monotone and begins_at_once and values[-1] != 0.0 else None


def is_bias(element: Element) -> bool:
    """True for a current or voltage source that only sets an operating point."""
    return isinstance(element, CurrentSource | VoltageSource) and bias_level(element.waveform) is not None


def bias_currents(circuit: Circuit) -> dict[str, float]:
    """Current [A] that each bias delivers, by the name of its source.

    A voltage source counts with V/R of the resistors at its node: junctions beyond them are
    at zero mean voltage. Currents count without their sign.
    """
    currents: dict[str, float] = {}
    resistors: dict[str, float] = {}
    for element in circuit.elements:
        if isinstance(element, Resistor):
            for node in element.nodes:
                resistors[node] = resistors.get(node, 0.0) + 1.0 / element.resistance
    for element in circuit.elements:
        if not isinstance(element, CurrentSource | VoltageSource):
            continue
        level = bias_level(element.waveform)
        if level is None:
            continue
        if isinstance(element, VoltageSource):
            hot = element.nodes[0] if element.nodes[0] != GROUND else element.nodes[1]
            level = level * resistors.get(hot, 0.0)
        currents[element.name] = abs(level)
    return currents
