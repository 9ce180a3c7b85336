"""Merger (confluence buffer): a pulse at a or at b leaves at q; two within about 10 ps leave as one.

          La1       Lc1   Be1
    a ───LLLL──┬───LLLL───XX───┐
               Ba1 ─ Ib1       │   Lm        Lo2
              ─┴─              c──LLLL──┬───LLLL─── q
          La2       Lc2   Be2  │        Bo ─ Ibo
    b ───LLLL──┬───LLLL───XX───┘       ─┴─
               Ba2 ─ Ib2
              ─┴─

Be1 and Be2 flip in place of the input that is silent, so that no pulse runs back into it.
"""

from __future__ import annotations

from dataclasses import dataclass

from cosim.circuits.cell import Builder, Cell
from cosim.circuits.technology import NIOBIUM_10KA, Parasitics, Technology


@dataclass(frozen=True, kw_only=True)
class MergerParameters:
    """Own optimisation: margins in `designs/cells.json`."""

    input_inductance: float = 1.41e-12
    """[H]; range 1e-12 … 3e-12."""
    escape_inductance: float = 1.71e-12
    """[H]; range 0.5e-12 … 3e-12."""
    trunk_inductance: float = 1.52e-12
    """[H]; range 0.5e-12 … 3e-12."""
    output_inductance: float = 4.0e-12
    """[H]; range 2e-12 … 5e-12."""
    input_critical_current: float = 323e-6
    """[A]; range 250e-6 … 400e-6."""
    escape_critical_current: float = 260e-6
    """[A]; range 180e-6 … 320e-6."""
    output_critical_current: float = 154e-6
    """[A]; range 120e-6 … 250e-6."""
    input_bias: float = 84.8e-6
    """[A] each; range 40e-6 … 160e-6."""
    output_bias: float = 255e-6
    """[A]; part of it flows back to the inputs; range 180e-6 … 320e-6."""


def merger(
    parameters: MergerParameters | None = None,
    *,
    name: str = "MERGER",
    technology: Technology = NIOBIUM_10KA,
    parasitics: Parasitics | None = None,
) -> Cell:
    """Two inputs into one; ports a, b, q. Its output junction is `Bo`."""
    p = parameters or MergerParameters()
    builder = Builder(technology=technology, parasitics=parasitics)
    for number, port in ((1, "a"), (2, "b")):
        builder.inductor(f"La{number}", port, f"n{number}", p.input_inductance)
        builder.junction(f"a{number}", f"n{number}", "0", p.input_critical_current)
        builder.bias(f"Ib{number}", f"n{number}", p.input_bias)
        builder.inductor(f"Lc{number}", f"n{number}", f"e{number}", p.escape_inductance)
        builder.junction(f"e{number}", f"e{number}", "c", p.escape_critical_current)
    builder.inductor("Lm", "c", "o", p.trunk_inductance)
    builder.junction("o", "o", "0", p.output_critical_current)
    builder.bias("Ibo", "o", p.output_bias)
    builder.inductor("Lo2", "o", "q", p.output_inductance)
    return builder.cell(
        name,
        ("a", "b", "q"),
        "Merger: a or b in, q out; Be1, Be2 stop pulses that run back",
    )
