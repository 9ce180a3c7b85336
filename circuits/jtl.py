"""Josephson transmission lines: carry a pulse on, and delay it.

    jtl (two junctions)                       stage (one junction)
          L1    L2 Ib L3     L4                    L1  Ib   L2
    a ───LLLL─┬─LLLL┬LLLL─┬─LLLL─── q        a ───LLLL─┬───LLLL─── q
              B1          B2                           B1
             ─┴─         ─┴─                          ─┴─

Not here: `splitter`, `merger`.
"""

from __future__ import annotations

from dataclasses import dataclass

from cosim.circuits.cell import Builder, Cell
from cosim.circuits.technology import NIOBIUM_10KA, Parasitics, Technology


@dataclass(frozen=True, kw_only=True)
class JtlParameters:
    """Of one junction with half a connection on each side; β_L = 2π·2L·Ic/Φ0 ≈ 3 between neighbours."""

    critical_current: float = 250e-6
    """[A]; range 150e-6 … 400e-6."""
    bias: float = 175e-6
    """[A] a junction: 0.7 of the critical current; range 0.4 … 0.9 of it. Less is slower."""
    inductance: float = 2.07e-12
    """On each side of a junction [H]; range 1e-12 … 4e-12."""


def jtl(
    parameters: JtlParameters | None = None,
    *,
    name: str = "JTL",
    technology: Technology = NIOBIUM_10KA,
    parasitics: Parasitics | None = None,
) -> Cell:
    """Two junctions, `B1` and `B2`, with one bias between them; ports a, q. About 4 ps."""
    p = parameters or JtlParameters()
    builder = Builder(technology=technology, parasitics=parasitics)
    builder.inductor("L1", "a", "1", p.inductance)
    builder.junction("1", "1", "0", p.critical_current)
    builder.inductor("L2", "1", "b", p.inductance)
    builder.inductor("L3", "b", "2", p.inductance)
    builder.junction("2", "2", "0", p.critical_current)
    builder.inductor("L4", "2", "q", p.inductance)
    builder.bias("Ib", "b", 2 * p.bias)
    return builder.cell(name, ("a", "q"), "Josephson transmission line of two junctions: a in, q out")


def stage(
    parameters: JtlParameters | None = None,
    *,
    name: str = "STAGE",
    technology: Technology = NIOBIUM_10KA,
    parasitics: Parasitics | None = None,
) -> Cell:
    """One junction, `B1`, for fine delays; ports a, q. About 2 ps."""
    p = parameters or JtlParameters()
    builder = Builder(technology=technology, parasitics=parasitics)
    builder.inductor("L1", "a", "1", p.inductance)
    builder.junction("1", "1", "0", p.critical_current)
    builder.bias("Ib", "1", p.bias)
    builder.inductor("L2", "1", "q", p.inductance)
    return builder.cell(name, ("a", "q"), "Josephson transmission line of one junction: a in, q out")
