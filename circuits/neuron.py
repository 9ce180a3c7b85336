"""Neuron: leaky integrate-and-fire soma, its synapses and its output drivers.

    a1 ── synapse ──┐         Lo    Ro         Lo1        Lo2
    a2 ── synapse ──┼── t ──LLLL──RRRR──┬─────LLLL──┬────LLLL─── q
    …               │   │               Bo1 ─ Io1   Bo2 ─ Io2
                   Lt   BT             ─┴─         ─┴─
                    │  ─┴─
                   ith

BT carries the dc threshold current `ith`. Synapses add the currents of their pulses to it; when the
sum passes its critical current BT slips once: that is the spike, and the slip takes one quantum
out of the soma, which resets it. Bo1 and Bo2 make a full pulse of it; Ro keeps dc apart. The leak
is passive, L/R of the loops through the synapses, with no clock and no reset pulse: a soma that is
reset by its own slip and forgets within some 20 ps needs nothing that would have to be distributed.

A *signature* (excitatory inputs, inhibitory inputs, threshold) names an optimised design in
`library.py`. Not here: the synapses themselves (`synapse.py`).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from cosim.circuits.cell import Builder, Cell
from cosim.circuits.synapse import (
    ExcitatoryParameters,
    GatedParameters,
    InhibitoryParameters,
    SynapseParameters,
    TunedParameters,
    synapse,
)
from cosim.circuits.technology import NIOBIUM_10KA, Parasitics, Technology


@dataclass(frozen=True, kw_only=True)
class SomaParameters:
    """Threshold junction and output drivers. Values per neuron: `designs/`."""

    critical_current: float = 154e-6
    """BT [A]; range 100e-6 … 250e-6."""
    threshold_inductance: float = 2e-12
    """Lt, in the line of the threshold current [H]."""
    output_inductance: float = 7.35e-12
    """Lo [H]; range 4e-12 … 12e-12."""
    output_resistance: float = 0.095
    """Ro [Ω]; range 0.05 … 0.3."""
    first_critical_current: float = 100e-6
    """Bo1 [A]; range 70e-6 … 150e-6."""
    first_bias: float = 78.7e-6
    """[A]; range 0.6 … 0.85 of Bo1."""
    stage_inductance: float = 6.82e-12
    """Lo1 [H]; range 3e-12 … 9e-12."""
    second_critical_current: float = 178e-6
    """Bo2 [A]; range 120e-6 … 250e-6."""
    second_bias: float = 119e-6
    """[A]; range 0.5 … 0.8 of Bo2."""
    exit_inductance: float = 2.07e-12
    """Lo2 [H]; half the connection to the next cell."""


@dataclass(frozen=True, kw_only=True)
class NeuronParameters:
    """A soma and its synapses, in the order of the ports a1, a2, …"""

    soma: SomaParameters = field(default_factory=SomaParameters)
    synapses: tuple[SynapseParameters, ...] = (ExcitatoryParameters(), ExcitatoryParameters())

    def __post_init__(self) -> None:
        if not self.synapses:
            raise ValueError("a neuron needs at least one synapse")


#: Names that synapses of a neuron get, after the kind.
_KINDS = {
    ExcitatoryParameters: "EXC",
    InhibitoryParameters: "INH",
    GatedParameters: "GATE",
    TunedParameters: "TUNE",
}


def neuron(
    parameters: NeuronParameters | None = None,
    *,
    name: str = "NEURON",
    technology: Technology = NIOBIUM_10KA,
    parasitics: Parasitics | None = None,
) -> Cell:
    """Neuron with ports a1 … aN (one a synapse), q, ith, and wK for each gated or tuned synapse K.

    Junctions: `BT` the soma, `Bo2` the output, `Bd|XsK` the driver of synapse K (all inside the
    instance, so `BT|XH1` for an instance `XH1`). Equal synapses share one sub-circuit.
    """
    p = parameters or NeuronParameters()
    soma = p.soma
    builder = Builder(technology=technology, parasitics=parasitics)
    made: dict[SynapseParameters, Cell] = {}
    counts: Counter[str] = Counter()
    controls = []
    for number, values in enumerate(p.synapses, start=1):
        if values not in made:
            kind = _KINDS[type(values)]
            counts[kind] += 1
            suffix = "" if counts[kind] == 1 else str(counts[kind])
            made[values] = synapse(
                values, name=f"{name}_{kind}{suffix}", technology=technology, parasitics=parasitics
            )
        cell = made[values]
        nodes = [f"a{number}", "t"]
        if len(cell.ports) == 3:
            nodes.append(f"w{number}")
            controls.append(f"w{number}")
        builder.instance(f"Xs{number}", cell, *nodes)
    builder.junction("T", "t", "0", soma.critical_current)
    builder.inductor("Lt", "ith", "t", soma.threshold_inductance)
    builder.inductor("Lo", "t", "r", soma.output_inductance)
    builder.resistor("Ro", "r", "o1", soma.output_resistance)
    builder.junction("o1", "o1", "0", soma.first_critical_current)
    builder.bias("Io1", "o1", soma.first_bias)
    builder.inductor("Lo1", "o1", "o2", soma.stage_inductance)
    builder.junction("o2", "o2", "0", soma.second_critical_current)
    builder.bias("Io2", "o2", soma.second_bias)
    builder.inductor("Lo2", "o2", "q", soma.exit_inductance)
    ports = (*(f"a{k}" for k in range(1, len(p.synapses) + 1)), "q", "ith", *controls)
    excitatory = sum(s.weight > 0 for s in p.synapses)
    description = (
        f"Neuron: {excitatory} excitatory and {len(p.synapses) - excitatory} inhibitory inputs aK,\n"
        "output q, threshold current into ith; soma t with junction BT"
    )
    return builder.cell(name, ports, description)
