"""Splitter: every pulse at a leaves at q and at r.

                       L2        L4
                    ┌─LLLL──┬───LLLL─── q
      L0      L1    │       B2 ─ Ib2
a ───LLLL──┬─LLLL───┤      ─┴─
           B1 ─ Ib1 │  L3        L5
          ─┴─       └─LLLL──┬───LLLL─── r
                            B3 ─ Ib3
                           ─┴─
"""

from __future__ import annotations

from dataclasses import dataclass

from cosim.circuits.cell import Builder, Cell
from cosim.circuits.technology import NIOBIUM_10KA, Parasitics, Technology


@dataclass(frozen=True, kw_only=True)
class SplitterParameters:
    """Own optimisation: margins in `designs/cells.json`."""

    input_inductance: float = 1.52e-12
    """[H]; range 1e-12 … 3e-12."""
    trunk_inductance: float = 1.49e-12
    """[H]; range 0.5e-12 … 2.5e-12."""
    branch_inductance: float = 3.0e-12
    """[H]; range 1.5e-12 … 4e-12."""
    output_inductance: float = 2.07e-12
    """[H]; range 1e-12 … 4e-12."""
    input_critical_current: float = 399e-6
    """Drives two branches [A]; range 300e-6 … 450e-6."""
    output_critical_current: float = 250e-6
    """[A]; range 200e-6 … 300e-6."""
    input_bias: float = 250e-6
    """[A]; range 200e-6 … 320e-6."""
    output_bias: float = 175e-6
    """[A]; range 120e-6 … 220e-6."""


def splitter(
    parameters: SplitterParameters | None = None,
    *,
    name: str = "SPLITTER",
    technology: Technology = NIOBIUM_10KA,
    parasitics: Parasitics | None = None,
) -> Cell:
    """One pulse into two; ports a, q, r. Its output junctions are `B2` (q) and `B3` (r)."""
    p = parameters or SplitterParameters()
    builder = Builder(technology=technology, parasitics=parasitics)
    builder.inductor("L0", "a", "1", p.input_inductance)
    builder.junction("1", "1", "0", p.input_critical_current)
    builder.bias("Ib1", "1", p.input_bias)
    builder.inductor("L1", "1", "c", p.trunk_inductance)
    for number, port in ((2, "q"), (3, "r")):
        builder.inductor(f"L{number}", "c", f"{number}", p.branch_inductance)
        builder.junction(f"{number}", f"{number}", "0", p.output_critical_current)
        builder.bias(f"Ib{number}", f"{number}", p.output_bias)
        builder.inductor(f"L{number + 2}", f"{number}", port, p.output_inductance)
    return builder.cell(name, ("a", "q", "r"), "Splitter: a in, q and r out")
