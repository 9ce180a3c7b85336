"""Test benches: a cell between sources and sinks, with the pulses that it must give.

`neuron_bench` runs a neuron through every ordered pair of input patterns, because what a pattern
leaves behind (the rebound of a transformer above all) decides the margins of the next. A bench
holds a deck and the expected counts; to simulate it is up to the caller.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cosim.circuits.assemble import assemble
from cosim.circuits.cell import Cell, ramped_current
from cosim.circuits.jtl import jtl, stage
from cosim.circuits.library import NeuronDesign, Signature
from cosim.circuits.merger import merger
from cosim.circuits.neuron import NeuronParameters, SomaParameters, neuron
from cosim.circuits.output import sink
from cosim.circuits.source import drive, source
from cosim.circuits.splitter import splitter
from cosim.circuits.synapse import ExcitatoryParameters, GatedParameters, SynapseParameters, TunedParameters
from cosim.circuits.technology import Parasitics
from cosim.netlist.deck import Deck, Statement

#: First input and time between patterns [s].
START = 60e-12
PERIOD = 300e-12

#: Threshold current [A] of the soma beside a gated or tuned synapse: one pulse of +1 makes it fire.
SOMA_CURRENT = 119e-6

#: Time [s] by which inhibitory pulses lead excitatory ones in the bench of a neuron.
LEAD = 8e-12


@dataclass(frozen=True, kw_only=True)
class Bench:
    """A deck and what it must do."""

    name: str
    deck: Deck
    edges: tuple[float, ...]
    """(windows+1,) times [s] between which slips are counted; the first window is before any input."""
    expected: Mapping[str, tuple[int, ...]]
    """Slips (windows,) of each watched junction."""


def transitions(states: int) -> list[int]:
    """A sequence over range(states) in which every ordered pair of neighbours stands exactly once
    (a de Bruijn cycle of order 2, closed)."""
    sequence = []
    for low in range(states):
        sequence.append(low)
        for high in range(low + 1, states):
            sequence += [low, high]
    return [*sequence, 0]


class _Deck:
    """What the benches have in common: inputs through a source and a line, outputs to a sink."""

    def __init__(self, slots: int, parasitics: Parasitics | None, period: float) -> None:
        self.slots, self.period = slots, period
        self.parasitics = parasitics
        self.source = source(parasitics=parasitics)
        self.line = jtl(parasitics=parasitics)
        self.sink = sink(parasitics=parasitics)
        self.statements: list[Statement] = []
        self.expected: dict[str, tuple[int, ...]] = {}
        self.settings: dict[str, float] = {}

    def input(self, number: int, pulses: Sequence[int], node: str, delay: float = 0.0) -> None:
        times = [START + slot * self.period + delay for slot, pulse in enumerate(pulses) if pulse]
        self.statements += [
            drive(f"Iin{number}", f"in{number}", times),
            self.source.instance(f"Xs{number}", f"in{number}", f"w{number}"),
            self.line.instance(f"Xj{number}", f"w{number}", node),
        ]
        self.watch(f"B2|XJ{number}", pulses)

    def output(self, name: str, node: str, pulses: Sequence[int]) -> None:
        self.statements += [
            self.line.instance(f"Xq{name}", node, f"z{name}"),
            self.sink.instance(f"Xz{name}", f"z{name}"),
        ]
        self.watch(f"B1|XZ{name}".upper(), pulses)

    def watch(self, junction: str, pulses: Sequence[int]) -> None:
        self.expected[junction] = (0, *(int(pulse) for pulse in pulses))

    def control(self, name: str, node: str, current: float, setting: str) -> None:
        self.settings[setting] = current
        self.statements.append(ramped_current(name, node, f"{setting}*sib"))

    def close(self, name: str, cell: Cell, description: str) -> Bench:
        stop = START + (self.slots + 0.4) * self.period
        edges = (0.0, *(START + slot * self.period for slot in range(self.slots)), stop)
        deck = assemble(
            (self.source, self.line, self.sink, cell),
            self.statements,
            stop=stop,
            settings=self.settings,
            probes=tuple(self.expected),
            description=description,
        )
        return Bench(name=name, deck=deck, edges=edges, expected=self.expected)


def line_bench(parasitics: Parasitics | None = None, *, single: bool = False) -> Bench:
    """Four pulses through two cells of a transmission line (`single`: four one-junction stages)."""
    deck = _Deck(4, parasitics, PERIOD)
    pulses = (1, 1, 0, 1)
    cell = stage(parasitics=parasitics) if single else jtl(parasitics=parasitics)
    deck.input(1, pulses, "n0")
    count = 4 if single else 2
    deck.statements += [cell.instance(f"Xd{k}", f"n{k}", f"n{k + 1}") for k in range(count)]
    deck.output("q", f"n{count}", pulses)
    kind = "stage" if single else "jtl"
    return deck.close(kind, cell, f"Test bench of {kind}: pulses in slots 1, 2 and 4 arrive once each")


def source_bench(parasitics: Parasitics | None = None) -> Bench:
    """DC/SFQ converter and sink: one pulse a current edge."""
    deck = _Deck(4, parasitics, PERIOD)
    pulses = (1, 1, 0, 1)
    deck.input(1, pulses, "n0")
    deck.watch("B3|XS1", pulses)
    deck.output("q", "n0", pulses)
    return deck.close(
        "source", deck.source, "Test bench of source and sink: one pulse for each rise of the current"
    )


def splitter_bench(parasitics: Parasitics | None = None) -> Bench:
    """Four slots into one splitter."""
    deck = _Deck(4, parasitics, PERIOD)
    pulses = (1, 1, 0, 1)
    cell = splitter(parasitics=parasitics)
    deck.input(1, pulses, "a")
    deck.statements.append(cell.instance("Xd", "a", "q", "r"))
    deck.output("q", "q", pulses)
    deck.output("r", "r", pulses)
    return deck.close("splitter", cell, "Test bench of splitter: every pulse leaves twice")


def merger_bench(parasitics: Parasitics | None = None) -> Bench:
    """Either input, then both within the dead time, then neither."""
    first, second = (1, 0, 1, 0, 0, 1), (0, 1, 1, 0, 1, 0)
    deck = _Deck(len(first), parasitics, PERIOD)
    cell = merger(parasitics=parasitics)
    deck.input(1, first, "a")
    deck.input(2, second, "b", delay=2e-12)
    deck.statements.append(cell.instance("Xd", "a", "b", "q"))
    deck.output("q", "q", [a or b for a, b in zip(first, second, strict=True)])
    return deck.close(
        "merger", cell, "Test bench of merger: a or b leaves once; both 2 ps apart leave as one"
    )


def neuron_bench(
    design: NeuronDesign,
    parasitics: Parasitics | None = None,
    *,
    lead: float = LEAD,
    period: float = PERIOD,
) -> Bench:
    """A neuron of the library through all ordered pairs of patterns.

    Patterns that differ only in which of several equal inputs is on count as one. `lead` [s] is the
    time by which inhibition is ahead, `period` [s] the time between patterns.
    """
    patterns = _patterns(design.signature)
    sequence = [patterns[k] for k in transitions(len(patterns))]
    return _neuron_bench(
        f"neuron_{design.signature.label}",
        design.parameters,
        design.threshold_current,
        sequence,
        [_fires(design.signature, pattern) for pattern in sequence],
        parasitics,
        lead=lead if design.signature.inhibitory else 0.0,
        period=period,
        description=f"Test bench of a neuron {design.signature}: every pattern after every pattern",
    )


def _patterns(signature: Signature) -> list[tuple[int, ...]]:
    inputs = signature.excitatory + signature.inhibitory
    if inputs <= 2:
        return list(itertools.product((0, 1), repeat=inputs))
    return [
        tuple([1] * e + [0] * (signature.excitatory - e) + [1] * i + [0] * (signature.inhibitory - i))
        for e in range(signature.excitatory + 1)
        for i in range(signature.inhibitory + 1)
    ]


def _fires(signature: Signature, pattern: Sequence[int]) -> int:
    surplus = sum(pattern[: signature.excitatory]) - sum(pattern[signature.excitatory :])
    return int(surplus >= signature.threshold)


def gated_bench(
    parameters: GatedParameters | None = None, parasitics: Parasitics | None = None, *, on: bool = True
) -> Bench:
    """A gated synapse beside an excitatory one, on a soma of threshold 1; `on`: weight +1, else 0."""
    p = parameters or GatedParameters()
    sequence = [(0, 0), (1, 0), (1, 0), (0, 1), (1, 1), (0, 0), (1, 0)]
    fires = [int(b or (a and on)) for a, b in sequence]
    current = p.on_current if on else p.off_current
    weight = 1 if on else 0
    return _synapse_bench("gated", p, current, sequence, fires, parasitics, f"gated synapse, weight {weight}")


def tuned_bench(
    parameters: TunedParameters | None = None, parasitics: Parasitics | None = None, *, strong: bool = True
) -> Bench:
    """A tuned synapse beside an excitatory one: at its highest current it makes the soma fire
    alone, at its lowest (`strong=False`) it does not."""
    p = parameters or TunedParameters()
    current = p.highest_current if strong else p.lowest_current
    sequence = [(0, 0), (1, 0), (1, 0), (0, 1), (1, 1), (0, 0), (1, 0)]
    fires = [int(b or (a and strong)) for a, b in sequence]
    level = "full" if strong else "no"
    return _synapse_bench(
        "tuned", p, current, sequence, fires, parasitics, f"tuned synapse at {level} strength"
    )


def strength_deck(parameters: SynapseParameters, *, driven: bool = True) -> Deck:
    """One pulse, or none, at a synapse whose strength is to be found; a silent +1 beside it.

    The deck's `ith` and `iw` [A] are the threshold current of the soma and the synapse's control
    current. The strength is by how much less `ith` the soma (`BT|XN`) needs to fire with the pulse.
    """
    whole = NeuronParameters(synapses=(parameters, ExcitatoryParameters()))
    cell = neuron(whole, name="NEURON")
    deck = _Deck(1, None, PERIOD)
    deck.input(1, (int(driven),), "a1")
    deck.input(2, (0,), "a2")
    controls = [f"c{port}" for port in cell.ports if port.startswith("W")]
    deck.statements.append(cell.instance("Xn", "a1", "a2", "y", "th", *controls))
    deck.control("Ith", "th", SOMA_CURRENT, "ith")
    for node in controls:
        deck.control("Iw", node, 0.0, "iw")
    deck.output("q", "y", (0,))
    return deck.close("strength", cell, "Strength of a synapse").deck


def _synapse_bench(
    name: str,
    parameters: SynapseParameters,
    current: float,
    sequence: Sequence[tuple[int, ...]],
    fires: Sequence[int],
    parasitics: Parasitics | None,
    description: str,
) -> Bench:
    whole = NeuronParameters(soma=SomaParameters(), synapses=(parameters, ExcitatoryParameters()))
    text = f"Test bench of a {description}: beside a +1 synapse on a soma of threshold 1"
    return _neuron_bench(
        name,
        whole,
        119e-6,
        sequence,
        fires,
        parasitics,
        lead=0.0,
        period=PERIOD,
        description=text,
        control=current,
    )


def _neuron_bench(
    name: str,
    parameters: NeuronParameters,
    threshold_current: float,
    sequence: Sequence[tuple[int, ...]],
    fires: Sequence[int],
    parasitics: Parasitics | None,
    *,
    lead: float,
    period: float,
    description: str,
    control: float | None = None,
) -> Bench:
    deck = _Deck(len(sequence), parasitics, period)
    cell = neuron(parameters, name=name, parasitics=parasitics)
    nodes = []
    for number, values in enumerate(parameters.synapses, start=1):
        pulses = [pattern[number - 1] for pattern in sequence]
        deck.input(number, pulses, f"a{number}", delay=lead if values.weight > 0 else 0.0)
        nodes.append(f"a{number}")
    controls = [port for port in cell.ports if port.startswith("W")]
    deck.statements.append(cell.instance("Xn", *nodes, "y", "th", *(f"c{port}" for port in controls)))
    deck.control("Ith", "th", threshold_current, "ith")
    for port in controls:
        deck.control(f"I{port}", f"c{port}", control or 0.0, f"i{port}".lower())
    deck.watch("BT|XN", fires)
    deck.watch("BO2|XN", fires)
    deck.output("q", "y", fires)
    return deck.close(name, cell, description)
