"""Synapses: from a line of pulses into the soma `t` of a neuron.

Each has one driver junction `Bd`, which slips once for a pulse and so puts one flux quantum into
the loop through the soma. A small resistor in every such loop lets the quantum leak away: nothing
is trapped, and the soma's dc current is its threshold current alone.

    excitatory (+1)                          inhibitory (-1)
          Li       Lp    Rp                         Li       Lp    Rp
    a ───LLLL──┬──LLLL──RRRR── t             a ───LLLL──┬──LLLL──RRRR──┐
               Bd ─ Id                                  Bd ─ Id  ┊ K1  ─┴─
              ─┴─                                      ─┴─       ┊
                                             t ────────────────LLLL──RRRR──┐
                                                                Ls    Rn  ─┴─
    gated (0 or +1) and tuned (0 … +1)
          Li       Lg    Rg        Lp    Rp
    a ───LLLL──┬──LLLL──RRRR──┬───LLLL──RRRR── t
               Bd ─ Id        Bw
              ─┴─            ─┴─ └──LLLL── w     current into w sets the strength

gated: Bw is small. With enough current in w the quantum makes it slip, and it sends a quantum on;
else the quantum leaks away in Rg. It also stops what runs back from the soma.
tuned: the same shape with a fast leak behind it (Lp/Rp of a few ps, as long as a slip lasts), so
that what reaches the soma depends on how fast Bw slips. Far below its threshold Bw only nods and
sends next to nothing; at the threshold it hesitates and most of the pulse leaks away; the more
current in w, the faster the slip and the stronger the synapse. Strength grows with the current
without a step, because at the threshold nod and slip are the same curve.

A weight of 0 that never changes needs no synapse: leave it out.
"""

from __future__ import annotations

from dataclasses import dataclass

from cosim.circuits.cell import Builder, Cell
from cosim.circuits.technology import NIOBIUM_10KA, Parasitics, Technology


@dataclass(frozen=True, kw_only=True)
class ExcitatoryParameters:
    """Weight +1. Values per neuron: `designs/`."""

    input_inductance: float = 2.07e-12
    """Li [H]; range 1e-12 … 4e-12."""
    critical_current: float = 306e-6
    """Of the driver [A]; range 200e-6 … 500e-6. Large against the soma, so that the soma's own
    spike does not slip the driver of a silent input."""
    bias: float = 149e-6
    """Of the driver [A]; range 0.4 … 0.8 of its critical current."""
    coupling_inductance: float = 7.31e-12
    """Lp [H]; range 3e-12 … 12e-12. The pulse puts about Φ0/Lp into the soma."""
    leak_resistance: float = 0.445
    """Rp [Ω]; range 0.1 … 1. The quantum leaks with the loop's inductance over Rp."""

    @property
    def weight(self) -> int:
        return 1


@dataclass(frozen=True, kw_only=True)
class InhibitoryParameters:
    """Weight -1. Values per neuron: `designs/`."""

    input_inductance: float = 2.07e-12
    """Li [H]; range 1e-12 … 4e-12."""
    critical_current: float = 350e-6
    """Of the driver [A]; range 200e-6 … 500e-6."""
    bias: float = 276e-6
    """Of the driver [A]; range 0.4 … 0.85 of its critical current."""
    primary_inductance: float = 4.45e-12
    """Lp [H]; range 2e-12 … 10e-12."""
    primary_resistance: float = 0.08
    """Rp [Ω]; range 0.03 … 0.5. Sets how long inhibition lasts: Lp/Rp."""
    secondary_inductance: float = 8.43e-12
    """Ls [H]; range 4e-12 … 16e-12."""
    secondary_resistance: float = 0.2
    """Rn [Ω]; range 0.03 … 0.5."""
    coupling: float = 0.5
    """Size of K between Lp and Ls; range 0.3 … 0.6 for windings on top of each other."""

    @property
    def weight(self) -> int:
        return -1


@dataclass(frozen=True, kw_only=True)
class GatedParameters:
    """Weight 0 or +1 after the dc current into w: 0 up to `off_current`, +1 from `on_current` on."""

    input_inductance: float = 2.07e-12
    critical_current: float = 325e-6
    """Of the driver [A]."""
    bias: float = 177e-6
    gate_inductance: float = 9.76e-12
    """Lg [H]; range 6e-12 … 15e-12."""
    gate_resistance: float = 0.435
    """Rg [Ω]; range 0.2 … 1."""
    gate_critical_current: float = 140e-6
    """Bw [A]; range 100e-6 … 250e-6."""
    control_inductance: float = 2e-12
    coupling_inductance: float = 6.1e-12
    leak_resistance: float = 0.435
    off_current: float = -56e-6
    """[A] into w for weight 0."""
    on_current: float = 97e-6
    """[A] into w for weight +1."""

    @property
    def weight(self) -> int:
        return 1


@dataclass(frozen=True, kw_only=True)
class TunedParameters:
    """Strength from 0 to about one +1 by the dc current into w; `designs/tuned.json` has the curve."""

    input_inductance: float = 2.07e-12
    critical_current: float = 306e-6
    """Of the driver [A]."""
    bias: float = 190e-6
    gate_inductance: float = 3e-12
    """Lg [H]; range 2e-12 … 5e-12. More of it shifts the curve to higher currents and makes it steeper."""
    gate_resistance: float = 0.3
    """Rg [Ω]; range 0.1 … 1."""
    gate_critical_current: float = 150e-6
    """Bw [A]; range 120e-6 … 220e-6."""
    control_inductance: float = 2e-12
    coupling_inductance: float = 2e-12
    """Lp [H]; range 1e-12 … 4e-12."""
    leak_resistance: float = 1.0
    """Rp [Ω]; range 0.5 … 2. More of it makes a wider range and a weaker synapse."""
    lowest_current: float = -80e-6
    """[A] into w: strength below a hundredth."""
    highest_current: float = 80e-6
    """[A] into w: full strength. From about 120e-6 on the soma's spike runs back through Bw."""

    @property
    def weight(self) -> int:
        return 1


SynapseParameters = ExcitatoryParameters | InhibitoryParameters | GatedParameters | TunedParameters


def excitatory(
    parameters: ExcitatoryParameters | None = None,
    *,
    name: str = "EXCITATORY",
    technology: Technology = NIOBIUM_10KA,
    parasitics: Parasitics | None = None,
) -> Cell:
    """Synapse of weight +1; ports a (pulses), t (soma)."""
    p = parameters or ExcitatoryParameters()
    builder = Builder(technology=technology, parasitics=parasitics)
    _driver(builder, p)
    builder.inductor("Lp", "d", "p", p.coupling_inductance)
    builder.resistor("Rp", "p", "t", p.leak_resistance)
    return builder.cell(name, ("a", "t"), "Synapse +1: pulses a, soma t")


def inhibitory(
    parameters: InhibitoryParameters | None = None,
    *,
    name: str = "INHIBITORY",
    technology: Technology = NIOBIUM_10KA,
    parasitics: Parasitics | None = None,
) -> Cell:
    """Synapse of weight -1, through a transformer; ports a (pulses), t (soma)."""
    p = parameters or InhibitoryParameters()
    builder = Builder(technology=technology, parasitics=parasitics)
    _driver(builder, p)
    builder.inductor("Lp", "d", "p", p.primary_inductance)
    builder.resistor("Rp", "p", "0", p.primary_resistance)
    builder.inductor("Ls", "t", "s", p.secondary_inductance)
    builder.resistor("Rn", "s", "0", p.secondary_resistance)
    builder.coupling("K1", "Lp", "Ls", -p.coupling)
    return builder.cell(name, ("a", "t"), "Synapse -1, through a transformer: pulses a, soma t")


def gated(
    parameters: GatedParameters | TunedParameters | None = None,
    *,
    name: str = "GATED",
    technology: Technology = NIOBIUM_10KA,
    parasitics: Parasitics | None = None,
) -> Cell:
    """Synapse whose strength follows the dc current into w; ports a (pulses), t (soma), w."""
    p = parameters or GatedParameters()
    builder = Builder(technology=technology, parasitics=parasitics)
    _driver(builder, p)
    builder.inductor("Lg", "d", "g", p.gate_inductance)
    builder.resistor("Rg", "g", "m", p.gate_resistance)
    builder.junction("w", "m", "0", p.gate_critical_current)
    builder.inductor("Lw", "w", "m", p.control_inductance)
    builder.inductor("Lp", "m", "p", p.coupling_inductance)
    builder.resistor("Rp", "p", "t", p.leak_resistance)
    kind = "0 … +1, tuned" if isinstance(p, TunedParameters) else "0 or +1, gated"
    return builder.cell(name, ("a", "t", "w"), f"Synapse {kind} by the current into w: pulses a, soma t")


def tuned(
    parameters: TunedParameters | None = None,
    *,
    name: str = "TUNED",
    technology: Technology = NIOBIUM_10KA,
    parasitics: Parasitics | None = None,
) -> Cell:
    """Synapse of continuous strength by the dc current into w; ports a (pulses), t (soma), w."""
    return gated(parameters or TunedParameters(), name=name, technology=technology, parasitics=parasitics)


def synapse(
    parameters: SynapseParameters,
    *,
    name: str,
    technology: Technology = NIOBIUM_10KA,
    parasitics: Parasitics | None = None,
) -> Cell:
    """The synapse that `parameters` describe."""
    if isinstance(parameters, ExcitatoryParameters):
        return excitatory(parameters, name=name, technology=technology, parasitics=parasitics)
    if isinstance(parameters, InhibitoryParameters):
        return inhibitory(parameters, name=name, technology=technology, parasitics=parasitics)
    return gated(parameters, name=name, technology=technology, parasitics=parasitics)


def _driver(builder: Builder, p: SynapseParameters) -> None:
    builder.inductor("Li", "a", "d", p.input_inductance)
    builder.junction("d", "d", "0", p.critical_current)
    builder.bias("Id", "d", p.bias)
