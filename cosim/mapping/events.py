"""The behavioural twin of a mapped network: the same plan as events with delays.

Not here: what a neuron does with its pulses (`cosim.spiking`), the netlist (`netlist.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

from cosim.circuits import JtlParameters, Parasitics, SplitterParameters
from cosim.errors import SimulationError
from cosim.mapping.design import MappedNeuron, SfqDesign
from cosim.mapping.plan import Branch, Delays, through
from cosim.spiking import EventEdge, EventInput, EventNetwork, EventNeuron, EventOutput, twin


@dataclass(frozen=True, kw_only=True)
class _Lines:
    """Junctions that slip with every pulse of a signal, and their critical currents [A] in sum."""

    junctions: int
    critical_current: float


def event_network(design: SfqDesign) -> EventNetwork:
    """Event-driven form of `design`; its neurons are those that were built, in their order.

    Time 0 of an input is the slip of the last junction of its line. Raises SimulationError when a
    cell has no calibrated twin, or one that was calibrated on another circuit.
    """
    built = design.built
    signals = [f"IN{i}" for i in range(design.network.inputs)] + [n.name for n in built]
    number = {name: i for i, name in enumerate(signals)}
    position = {n.name: i for i, n in enumerate(built)}
    branches = [branch for n in built for branch in n.branches]
    lines = {name: _lines([b for b in branches if b.signal == name]) for name in signals}
    outputs = {n.name for n in design.outputs}
    return EventNetwork(
        inputs=tuple(_input(name, lines[name]) for name in signals[: design.network.inputs]),
        neurons=tuple(_neuron(n, lines[n.name], n.name in outputs, design.parasitics) for n in built),
        edges=tuple(
            EventEdge(
                signal=number[b.signal],
                neuron=position[b.neuron],
                synapse=b.slot,
                delay=branch_delay(b, design.delays, behind_neuron=number[b.signal] >= design.network.inputs),
                stages=b.stages + max(b.depth - 1, 0),
                splitters=b.depth,
            )
            for b in branches
        ),
        outputs=tuple(EventOutput(name=n.name, signal=number[n.name]) for n in design.outputs),
    )


def branch_delay(branch: Branch, delays: Delays, *, behind_neuron: bool) -> float:
    """Delay [s] from a signal to the last junction before the synapse, loads included."""
    if not branch.depth and not branch.stages:
        return delays.neuron_to_neuron if behind_neuron else 0.0
    extra = delays.after_neuron if behind_neuron else 0.0
    if branch.depth and not branch.stages:
        extra += delays.splitter_to_neuron - delays.splitter
    return through(branch.depth, delays) + branch.stages * delays.stage + extra


def _lines(branches: list[Branch]) -> _Lines:
    """A signal with m users has m - 1 splitters, and a stage before all of them but the first."""
    splitters = max(len(branches) - 1, 0)
    stages = max(splitters - 1, 0) + sum(b.stages for b in branches)
    line, split = JtlParameters(), SplitterParameters()
    each = split.input_critical_current + 2 * split.output_critical_current
    return _Lines(
        junctions=3 * splitters + stages,
        critical_current=splitters * each + stages * line.critical_current,
    )


def _input(name: str, lines: _Lines) -> EventInput:
    line = JtlParameters()
    return EventInput(
        name=name,
        junctions=2 + lines.junctions,
        critical_current=2 * line.critical_current + lines.critical_current,
    )


def _neuron(mapped: MappedNeuron, lines: _Lines, output: bool, parasitics: Parasitics | None) -> EventNeuron:
    assert mapped.design is not None
    if mapped.control:
        raise SimulationError(f"neuron {mapped.name} has tuned synapses, for which there is no twin")
    calibrated = twin(mapped.design.signature, parasitics)
    behind = 2 if output else 0
    return EventNeuron(
        name=mapped.name,
        model=calibrated.model,
        guard=calibrated.guard,
        junctions=lines.junctions + behind,
        critical_current=lines.critical_current + behind * JtlParameters().critical_current,
    )
