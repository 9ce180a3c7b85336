"""Process spread: one sample of a circuit whose elements carry `spread`.

As JoSIM does it (its documentation says uniform, its code draws a normal deviate): a value
is multiplied by 1 + z·spread/3. `flatten` keeps nominal values; nothing is drawn unless
this is called.
"""

from __future__ import annotations

import zlib
from dataclasses import replace

import numpy as np

from cosim.errors import NetlistError
from cosim.netlist.circuit import Capacitor, Circuit, Element, Inductor, Junction, Resistor

#: Spread of an element over its standard deviation.
SPREAD_PER_DEVIATION = 3.0


def draw(circuit: Circuit, sample: int = 0) -> Circuit:
    """Return sample number `sample` of the circuit's spread.

    The deviate of an element depends on the circuit's seed, the sample and the element's
    name alone. Raises `NetlistError` where a spread is so wide that a value falls to 0 or below.
    """
    return replace(
        circuit, elements=tuple(_drawn(element, circuit.seed, sample) for element in circuit.elements)
    )


def _drawn(element: Element, seed: int, sample: int) -> Element:
    if not isinstance(element, (Resistor, Inductor, Capacitor, Junction)) or element.spread == 0.0:
        return element
    key = np.random.SeedSequence((seed, sample, zlib.crc32(element.name.encode())))
    deviate = float(np.random.Generator(np.random.PCG64(key)).standard_normal())
    factor = 1.0 + deviate * element.spread / SPREAD_PER_DEVIATION
    if factor <= 0.0:
        raise NetlistError(
            f"{element.name}: with a spread of {element.spread:g} its value fell below 0 in sample {sample}"
        )
    match element:
        case Resistor():
            return replace(element, resistance=element.resistance * factor)
        case Inductor():
            return replace(element, inductance=element.inductance * factor)
        case Capacitor():
            return replace(element, capacitance=element.capacitance * factor)
        case Junction():
            return replace(element, area=element.area * factor)
