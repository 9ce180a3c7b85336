"""DC/SFQ converter: one pulse for every rising edge of an input current.

            L1     L3     B1     L4        L5          L6
    a ────LLLL──┬─LLLL───XX────┬──LLLL──┬──LLLL──┬────LLLL──── q
                L              Ib1      B2       B3 ── Ib2
                L2             │        │        │
               ─┴─                     ─┴─      ─┴─

B1 lets the loop flip back on the falling edge, B2 makes the pulse and B3 shapes it. It belongs
to the test bench: the global factors leave it alone unless `scaled=True`. Drive it with `drive`.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from cosim.circuits.cell import Builder, Cell, rounded
from cosim.circuits.technology import NIOBIUM_10KA, Parasitics, Technology
from cosim.netlist.deck import ElementStatement, SourceStatement
from cosim.netlist.expressions import as_expression


@dataclass(frozen=True, kw_only=True)
class SourceParameters:
    """Sizes after the DC/SFQ converters of RSFQ libraries (Likharev and Semenov, IEEE Trans. Appl.
    Supercond. 1, 3, 1991), re-optimised at 10 kA/cm². Inductances in henry, currents in ampere."""

    input_inductance: float = 1.5e-12
    storage_inductance: float = 4.0e-12
    """Holds the flux between the edges; range 3e-12 … 6e-12."""
    release_inductance: float = 0.6e-12
    loop_inductance: float = 1.1e-12
    stage_inductance: float = 4.5e-12
    output_inductance: float = 2.07e-12
    release_critical_current: float = 225e-6
    loop_critical_current: float = 225e-6
    output_critical_current: float = 250e-6
    loop_bias: float = 270e-6
    output_bias: float = 175e-6


#: Height [A], rise and fall [s] of the current that releases one pulse.
DRIVE_CURRENT = 600e-6
DRIVE_EDGE = 3e-12


def source(
    parameters: SourceParameters | None = None,
    *,
    name: str = "SOURCE",
    technology: Technology = NIOBIUM_10KA,
    parasitics: Parasitics | None = None,
    scaled: bool = False,
) -> Cell:
    """DC/SFQ converter with ports a (current) and q (pulses). Its output junction is `B3`."""
    p = parameters or SourceParameters()
    builder = Builder(technology=technology, parasitics=parasitics, scaled=scaled)
    builder.inductor("L1", "a", "1", p.input_inductance)
    builder.inductor("L2", "1", "0", p.storage_inductance)
    builder.inductor("L3", "1", "2", p.release_inductance)
    builder.junction("1", "2", "3", p.release_critical_current)
    builder.bias("Ib1", "3", p.loop_bias)
    builder.inductor("L4", "3", "4", p.loop_inductance)
    builder.junction("2", "4", "0", p.loop_critical_current)
    builder.inductor("L5", "4", "5", p.stage_inductance)
    builder.junction("3", "5", "0", p.output_critical_current)
    builder.bias("Ib2", "5", p.output_bias)
    builder.inductor("L6", "5", "q", p.output_inductance)
    return builder.cell(name, ("a", "q"), "DC/SFQ converter: a current edge in, q one pulse for each rise")


def drive(name: str, node: str, times: Sequence[float]) -> ElementStatement:
    """Current source that makes a `source` at `node` give one pulse soon after each of `times` [s].

    `times` ascend, at least 12 ps apart. Without times the source is there and stays at zero.
    """
    corners = [0.0]
    levels = [0.0]
    for time in times:
        corners += [time, time + DRIVE_EDGE, time + 2 * DRIVE_EDGE]
        levels += [0.0, DRIVE_CURRENT, 0.0]
    if len(corners) == 1:
        corners.append(DRIVE_EDGE)
        levels.append(0.0)
    if any(b <= a for a, b in itertools.pairwise(corners)):
        raise ValueError("drive: times must be above 0 and ascend by more than 6 ps")
    points = [_time(c) if i % 2 == 0 else rounded(c) for pair in zip(corners, levels, strict=True)
              for i, c in enumerate(pair)]  # fmt: skip
    statement = SourceStatement(kind="PWL", arguments=tuple(as_expression(point) for point in points))
    return ElementStatement(name=name.upper(), nodes=("0", node.upper()), source=statement)


def _time(value: float) -> str:
    """A time to the femtosecond, as text that a person reads."""
    return f"{round(value * 1e12, 3):.12g}p" if value < 1e-7 else repr(value)
