"""The netlist of a mapped network with its test bench: sources in front, sinks behind.

Instances: `XSRC<i>` source and `XIN<i>` line of input i; `XN<l>_<j>` neuron j of layer l;
`XSPL_<signal>_<n>` splitters and `XBUF_<signal>_<n>` the stages between them; `XD_<neuron>_<slot>_<n>`
delay stages; `XOUT<j>` and `XZ<j>` line and sink of output j. Threshold currents are the parameters
`ITH_<neuron>`, control currents of tuned synapses `IW_<neuron>_<synapse>`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cosim.circuits import Cell, assemble, drive, jtl, neuron, ramped_current, sink, source, splitter, stage
from cosim.errors import MappingError
from cosim.mapping.design import MappedNeuron, SfqDesign
from cosim.mapping.plan import Branch
from cosim.netlist import Deck
from cosim.netlist.deck import Statement

#: Time [s] of the first slot's input edges: biases have risen and settled by then.
FIRST_SLOT = 60e-12


@dataclass(frozen=True, kw_only=True)
class Bench:
    """A deck that plays a sequence of patterns, and where to look in it."""

    deck: Deck
    patterns: NDArray[np.uint8]
    """(slots, inputs)."""
    edges: NDArray[np.float64]
    """(slots + 1,) [s]: slot s lasts from edges[s] to edges[s + 1]."""
    input_junctions: tuple[str, ...]
    neuron_junctions: tuple[str, ...]
    """Output junction of every neuron, in the order of the design; empty where none was built."""
    output_junctions: tuple[str, ...]
    """In the sinks, one an output."""


def bench(
    design: SfqDesign, patterns: ArrayLike, *, waveforms: bool = False, step: float = 0.05e-12
) -> Bench:
    """The deck that applies `patterns` (slots, inputs), one a slot of `design.period`.

    With `waveforms` the deck prints voltages and phases of inputs, neurons and outputs besides.
    Raises MappingError for patterns of another width.
    """
    bits = np.atleast_2d(np.asarray(patterns)).astype(np.uint8)
    inputs = design.network.inputs
    if bits.ndim != 2 or bits.shape[1] != inputs:
        raise MappingError(f"patterns have shape {bits.shape}, expected (slots, {inputs})")
    edges = np.asarray(FIRST_SLOT + design.period * np.arange(len(bits) + 1), dtype=np.float64)
    wiring = _Wiring(design)
    for i in range(inputs):
        wiring.input(i, edges[:-1][bits[:, i] > 0])
    for mapped in design.built:
        wiring.neuron(mapped)
    for j, mapped in enumerate(design.outputs):
        wiring.output(j, mapped.name)
    junctions = tuple(f"BO2|X{n.name}" if n.design is not None else "" for n in design.neurons)
    sources = tuple(f"B2|XIN{i}" for i in range(inputs))
    outputs = tuple(f"B1|XZ{j}" for j in range(len(design.outputs)))
    deck = assemble(
        wiring.cells.values(),
        wiring.statements,
        stop=float(edges[-1]),
        settings=_settings(design),
        probes=(*sources, *filter(None, junctions), *outputs) if waveforms else (),
        step=step,
        description=_title(design, len(bits)),
    )
    return Bench(
        deck=deck,
        patterns=bits,
        edges=edges,
        input_junctions=sources,
        neuron_junctions=junctions,
        output_junctions=outputs,
    )


def _title(design: SfqDesign, slots: int) -> str:
    shape = "-".join(str(n) for n in design.network.shape)
    period = design.period * 1e12
    return f"{design.network.name}: {shape} spiking network in SFQ cells, {slots} slots of {period:.0f} ps"


def _settings(design: SfqDesign) -> dict[str, float]:
    """Threshold currents, and the control currents of tuned synapses."""
    settings = {f"ITH_{n.name}": n.threshold_current for n in design.built}
    for n in design.built:
        settings |= {f"IW_{n.name}_{k}": current for k, current in enumerate(n.control)}
    return settings


class _Wiring:
    """Collects statements and cells; signals have one tap for every branch that uses them."""

    def __init__(self, design: SfqDesign) -> None:
        self._design = design
        parasitics = design.parasitics
        self.cells: dict[str, Cell] = {
            "source": source(),
            "jtl": jtl(parasitics=parasitics),
            "stage": stage(parasitics=parasitics),
            "splitter": splitter(parasitics=parasitics),
            "sink": sink(),
        }
        self.statements: list[Statement] = []
        self._branches: dict[str, list[Branch]] = {}
        for mapped in design.neurons:
            for branch in mapped.branches:
                self._branches.setdefault(branch.signal, []).append(branch)
        self._taps: dict[tuple[str, int], str] = {}

    def _instance(self, kind: str, name: str, *nodes: str) -> None:
        self.statements.append(self.cells[kind].instance(name, *nodes))

    def input(self, number: int, times: NDArray[np.float64]) -> None:
        """Source, line and splitter tree of one input."""
        self.statements.append(drive(f"IIN{number}", f"e{number}", [float(t) for t in times]))
        self._instance("source", f"XSRC{number}", f"e{number}", f"s{number}")
        signal = f"IN{number}"
        self._instance("jtl", f"XIN{number}", f"s{number}", f"o_{signal}")
        if not self._fan_out(signal):
            self._instance("sink", f"XZ_{signal}", f"o_{signal}")

    def _fan_out(self, signal: str) -> bool:
        """Tree of splitters behind node o_<signal>; False when nothing uses the signal."""
        branches = sorted(self._branches.get(signal, []), key=lambda b: b.depth)
        if not branches:
            return False
        count = 0

        def grow(node: str, leaves: list[Branch], level: int) -> None:
            nonlocal count
            if len(leaves) == 1 and leaves[0].depth == level:
                self._taps[leaves[0].neuron, leaves[0].slot] = node
                return
            number, count = count, count + 1
            if level > 0:
                self._instance("stage", f"XBUF_{signal}_{number}", node, f"b_{signal}_{number}")
                node = f"b_{signal}_{number}"
            first, second = f"q_{signal}_{number}", f"r_{signal}_{number}"
            self._instance("splitter", f"XSPL_{signal}_{number}", node, first, second)
            left, right = _halves(leaves, level + 1)
            grow(first, left, level + 1)
            grow(second, right, level + 1)

        grow(f"o_{signal}", branches, 0)
        return True

    def neuron(self, mapped: MappedNeuron) -> None:
        """Delay stages, the neuron, its threshold current and the tree behind it."""
        name = mapped.name
        assert mapped.design is not None
        label = mapped.design.signature.label + ("_TUNED" if mapped.control else "")
        key = f"neuron {label}"
        if key not in self.cells:
            self.cells[key] = neuron(
                mapped.design.parameters, name=f"NEURON_{label}", parasitics=self._design.parasitics
            )
        controls = [f"w_{name}_{k}" for k in range(len(mapped.control))]
        nodes = []
        for branch in mapped.branches:
            node = self._taps[branch.neuron, branch.slot]
            for n in range(branch.stages):
                following = f"d_{name}_{branch.slot}_{n}"
                self._instance("stage", f"XD_{name}_{branch.slot}_{n}", node, following)
                node = following
            nodes.append(node)
        self._instance(key, f"X{name}", *nodes, f"o_{name}", f"th_{name}", *controls)
        self.statements.append(ramped_current(f"ITH_{name}", f"th_{name}", f"ITH_{name}*SIB"))
        for k, node in enumerate(controls):
            self.statements.append(ramped_current(f"IW_{name}_{k}", node, f"IW_{name}_{k}*SIB"))
        if self._branches.get(name):
            self._fan_out(name)

    def output(self, number: int, name: str) -> None:
        self._instance("jtl", f"XOUT{number}", f"o_{name}", f"z{number}")
        self._instance("sink", f"XZ{number}", f"z{number}")


def _halves(leaves: list[Branch], level: int) -> tuple[list[Branch], list[Branch]]:
    """Split leaves below a splitter so that each half fills its side (Kraft's sum is one half)."""
    left: list[Branch] = []
    room = 2.0**-level
    for leaf in leaves:
        share = 2.0**-leaf.depth
        if share <= room + 1e-12:
            left.append(leaf)
            room -= share
    right = [leaf for leaf in leaves if leaf not in left]
    return left, right
