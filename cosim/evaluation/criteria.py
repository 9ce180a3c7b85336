"""When a mapped network counts as working, and what its margins vary."""

from __future__ import annotations

import numpy as np

from cosim.analysis import ElementGroup, SpikeTable
from cosim.evaluation.sequence import Stimulus
from cosim.mapping import Bench, SfqDesign

#: Elements of the test bench, which neither margins nor energy count.
BENCH_ELEMENTS = ("*|XSRC*", "*|XZ*", "IIN*")


def spike_table(design: SfqDesign, desk: Bench, played: Stimulus) -> SpikeTable:
    """What every input, neuron and output has to do in every slot, by the mapped logic."""
    layers = design.predict(desk.patterns[None])
    neurons = np.concatenate([layer[0] for layer in layers], axis=1)
    outputs = layers[-1][0]
    junctions = (*desk.input_junctions, *desk.neuron_junctions, *desk.output_junctions)
    expected = np.concatenate([desk.patterns, neurons, outputs], axis=1).T.astype(np.int64)
    built = [i for i, name in enumerate(junctions) if name]
    return SpikeTable(
        junctions=tuple(junctions[i] for i in built),
        edges=desk.edges,
        expected=expected[built],
        labels=tuple(_transition(played, slot) for slot in range(len(played.order))),
    )


def _transition(played: Stimulus, slot: int) -> str:
    now = played.names[played.order[slot]]
    return now if slot == 0 else f"{played.names[played.order[slot - 1]]}→{now}"


def margin_parameters(design: SfqDesign) -> list[ElementGroup]:
    """The global parameters, and the threshold current of every neuron."""

    def group(label: str, kind: str, include: tuple[str, ...] = ("*",)) -> ElementGroup:
        return ElementGroup(label=label, kind=kind, include=include, exclude=BENCH_ELEMENTS)

    groups = [
        group("bias", "bias"),
        group("critical current", "critical_current"),
        group("inductance", "inductance"),
        group("resistance", "resistance"),
    ]
    if any(b.sign < 0 for n in design.neurons for b in n.branches):
        groups.append(group("coupling", "coupling"))
    groups.append(group("threshold bias", "bias", ("ITH_*",)))
    groups += [group(f"threshold {n.name}", "bias", (f"ITH_{n.name}",)) for n in design.built]
    return groups
