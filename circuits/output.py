"""Sink: a receiving junction and a matched resistor, where a network's pulses end.

          L1  Ib1   L2    Rt
    a ───LLLL──┬───LLLL──RRRR─┐
               B1            ─┴─
              ─┴─

Like the source it belongs to the test bench: the global factors leave it alone unless `scaled=True`.
"""

from __future__ import annotations

from dataclasses import dataclass

from cosim.circuits.cell import Builder, Cell
from cosim.circuits.technology import NIOBIUM_10KA, Parasitics, Technology


@dataclass(frozen=True, kw_only=True)
class SinkParameters:
    """A junction of the transmission line, ended."""

    critical_current: float = 250e-6
    """[A]; as the line before it."""
    bias: float = 175e-6
    """[A]."""
    inductance: float = 2.07e-12
    """On each side [H]."""
    load_resistance: float = 2.0
    """[Ω]; about the line's impedance, so that nothing comes back; range 1 … 5."""


def sink(
    parameters: SinkParameters | None = None,
    *,
    name: str = "SINK",
    technology: Technology = NIOBIUM_10KA,
    parasitics: Parasitics | None = None,
    scaled: bool = False,
) -> Cell:
    """End of a line; port a. Count the slips of `B1`."""
    p = parameters or SinkParameters()
    builder = Builder(technology=technology, parasitics=parasitics, scaled=scaled)
    builder.inductor("L1", "a", "1", p.inductance)
    builder.junction("1", "1", "0", p.critical_current)
    builder.bias("Ib1", "1", p.bias)
    builder.inductor("L2", "1", "2", p.inductance)
    builder.resistor("Rt", "2", "0", p.load_resistance)
    return builder.cell(name, ("a",), "Sink: receiving junction and matched resistor")
