"""SFQ/DC converter: each pulse toggles a voltage that an amplifier can read.

          Li        Lc    B3 ┌───┬── Il               u ──────┬─── Lo ── q
    a ───LLLL──┬───LLLL──XX──┤   B1                   │  Iq  B5
               Bi ── Ii      c   ─┴─   Ls ┊ K1 ┊ Lq   L      ─┴─
              ─┴─            │   L ┄┄┄┄┄┄┄┊    ┊┄┄┄┄┄ L
                          XX─┤   L        ┊    ┊      L
                          B4 └───┴── B2 ─┴─           v ──────┬── B6 ─┴─    If

A T flip-flop (B1 … B4 around Ls): a pulse at c slips B1 and B4 when no quantum is stored and stores
one, the next slips B2 and B3 and takes it out. The current of the quantum in Ls goes, by the
transformer K1, into the loop of a two-junction interferometer (B5, B6, Lq): without it the
interferometer stays below its critical current and q is at 0 V; with it the interferometer runs and q
has a mean voltage, with a ripple of hundreds of GHz that no amplifier follows.

T flip-flop after Likharev and Semenov, IEEE Trans. Appl. Supercond. 1, 3 (1991); sizes are ours, by
random search on the smallest margin. Not here: the amplifier (`cosim.circuits.analog`).
"""

from __future__ import annotations

from dataclasses import dataclass

from cosim.circuits.cell import Builder, Cell
from cosim.circuits.technology import NIOBIUM_10KA, Parasitics, Technology

#: Mean output [V] of the default sizes with a quantum stored, into 50 Ω and into an open end; without
#: one it is 0. From both follows the output resistance, 3.5 Ω.
HIGH_50_OHM = 0.3126e-3
HIGH_OPEN = 0.3343e-3
#: Time [s] from the slip of the input junction `Bi` to the step that has the same area as the output.
RISE_DELAY = 4.5e-12
FALL_DELAY = 1.8e-12


@dataclass(frozen=True, kw_only=True)
class SfqDcParameters:
    """Inductances [H], critical currents and bias currents [A]."""

    input_inductance: float = 2.0e-12
    input_critical_current: float = 250e-6
    input_bias: float = 205e-6
    common_inductance: float = 1.15e-12
    escape_critical_current: float = 193e-6
    """B3 and B4; below that of B1 and B2, so that they give way."""
    storage_critical_current: float = 259e-6
    """B1 and B2."""
    storage_inductance: float = 6.38e-12
    """Ls; range 5e-12 … 9e-12."""
    storage_bias: float = 157e-6
    """Il; says which of B1 and B2 slips first."""
    output_inductance: float = 7.44e-12
    """Lq."""
    coupling: float = 0.476
    """Of Ls and Lq; range 0.35 … 0.6 for windings on top of each other."""
    output_critical_current: float = 102e-6
    """B5 and B6 each."""
    output_bias: float = 79.4e-6
    """Iq."""
    flux_bias: float = 72.6e-6
    """If; with Iq it biases the interferometer, and sets the flux in it."""
    lead_inductance: float = 5e-12
    """Lo."""


def sfq_dc(
    parameters: SfqDcParameters | None = None,
    *,
    name: str = "SFQDC",
    technology: Technology = NIOBIUM_10KA,
    parasitics: Parasitics | None = None,
) -> Cell:
    """SFQ/DC converter; ports a (pulses), q (voltage). `B5` runs while a quantum is stored."""
    p = parameters or SfqDcParameters()
    builder = Builder(technology=technology, parasitics=parasitics)
    builder.inductor("Li", "a", "i", p.input_inductance)
    builder.junction("i", "i", "0", p.input_critical_current)
    builder.bias("Ii", "i", p.input_bias)
    builder.inductor("Lc", "i", "c", p.common_inductance)
    builder.junction("3", "c", "l", p.escape_critical_current)
    builder.junction("4", "c", "r", p.escape_critical_current)
    builder.junction("1", "l", "0", p.storage_critical_current)
    builder.junction("2", "r", "0", p.storage_critical_current)
    builder.inductor("Ls", "l", "r", p.storage_inductance)
    builder.bias("Il", "l", p.storage_bias)
    builder.inductor("Lq", "u", "v", p.output_inductance)
    builder.coupling("K1", "Ls", "Lq", p.coupling)
    builder.junction("5", "u", "0", p.output_critical_current)
    builder.junction("6", "v", "0", p.output_critical_current)
    builder.bias("Iq", "u", p.output_bias)
    builder.bias("If", "v", p.flux_bias)
    builder.inductor("Lo", "u", "q", p.lead_inductance)
    return builder.cell(name, ("a", "q"), "SFQ/DC converter: pulses a toggle the voltage at q")
