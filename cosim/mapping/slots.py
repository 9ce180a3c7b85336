"""What a reader wants to see of a bench: slots called by their patterns, channels by their neurons."""

from __future__ import annotations

from cosim.mapping.design import SfqDesign
from cosim.mapping.netlist import Bench
from cosim.results import Slots

#: Channels of one figure; networks with more neurons show inputs and outputs first.
_MOST_PANELS = 14


def slots_of(design: SfqDesign, bench: Bench, *, answers: bool = False) -> Slots:
    """Slots of a bench with its patterns as labels, and its junctions as channels.

    With `answers` a label says what the trained network makes of the pattern: `01 → 1`.
    """
    wide = bench.patterns.shape[1] > 8
    labels = [f"p{k}" if wide else "".join(str(bit) for bit in row) for k, row in enumerate(bench.patterns)]
    if answers:
        outputs = design.network.run(bench.patterns[:, None, :]).output[:, 0, :]
        labels = [
            f"{label} → {''.join(str(bit) for bit in row)}"
            for label, row in zip(labels, outputs, strict=True)
        ]
    last = {neuron.name for neuron in design.outputs}
    neurons = list(zip(bench.neuron_junctions, design.neurons, strict=True))
    channels = [(name, f"input {i}", "input") for i, name in enumerate(bench.input_junctions)]
    channels += [
        (name, neuron.name, "output" if neuron.name in last else "neuron") for name, neuron in neurons if name
    ]
    if len(channels) > _MOST_PANELS:
        ends = [c for c in channels if c[2] != "neuron"]
        hidden = [c for c in channels if c[2] == "neuron"][: max(_MOST_PANELS - len(ends), 0)]
        channels = [c for c in channels if c in hidden or c in ends][:_MOST_PANELS]
    return Slots(
        edges=bench.edges,
        labels=tuple(labels),
        junctions=tuple(c[0] for c in channels),
        captions=tuple(c[1] for c in channels),
        roles=tuple(c[2] for c in channels),
    )
