"""What the mapping did to each weight and each neuron, as text and as arrays."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cosim.mapping.design import MappedNeuron, SfqDesign
from cosim.mapping.strength import StrengthFit

#: Relative error [of the largest weight of the neuron] below which a weight counts as exact.
_EXACT = 1e-9


@dataclass(frozen=True, kw_only=True)
class WeightTable:
    """One entry a trained weight, arrays of one length.

    `trained` is the effective weight, `realised` what the synapse stands for (scale times strength),
    both without unit; `sign` is that of the synapse, 0 where there is none.
    """

    layer: NDArray[np.int64]
    neuron: NDArray[np.int64]
    input: NDArray[np.int64]
    trained: NDArray[np.float64]
    realised: NDArray[np.float64]
    sign: NDArray[np.int8]

    @property
    def error(self) -> NDArray[np.float64]:
        """Trained minus realised weight."""
        return self.trained - self.realised


def weight_table(design: SfqDesign) -> WeightTable:
    """Every weight of the network with what the hardware makes of it."""
    neurons = design.neurons
    widths = [len(n.weights) for n in neurons]
    return WeightTable(
        layer=np.repeat([n.layer for n in neurons], widths),
        neuron=np.repeat([n.index for n in neurons], widths),
        input=np.concatenate([np.arange(w) for w in widths]),
        trained=np.concatenate([n.weights for n in neurons]),
        realised=np.concatenate([n.fit.realised for n in neurons]),
        sign=np.concatenate([n.fit.signs for n in neurons]).astype(np.int8),
    )


def mapping_report(design: SfqDesign, *, rows: int = 24) -> str:
    """A table of neurons, then the weights that are not exact, at most `rows` of each."""
    lines = [
        f"{design.network.name}: {len(design.built)} neurons on SFQ cells, "
        f"slots of {design.period * 1e12:.0f} ps",
        "",
        "neuron    excitatory  inhibitory  threshold  trained threshold  wrong patterns  output at",
    ]
    for n in design.neurons[:rows]:
        ratio = n.threshold / n.fit.scale if n.fit.scale > 0.0 else math.nan
        lines.append(
            f"{n.name:<9} {_inputs(n, 1):<11} {_inputs(n, -1):<11} {_threshold(n):<10} "
            f"{ratio:<18.3g} {n.fit.mismatches:>3d} of {n.fit.tested:<8d} {_output_time(n)}"
        )
    if len(design.neurons) > rows:
        lines.append(f"… and {len(design.neurons) - rows} more")
    lines += ["", *_tuned(design), *_weights(design, rows)]
    lines += [f"note: {note}" for note in design.notes]
    return "\n".join(lines)


def _threshold(neuron: MappedNeuron) -> str:
    return "tuned" if isinstance(neuron.fit, StrengthFit) else str(neuron.fit.threshold)


def _tuned(design: SfqDesign) -> list[str]:
    lines = []
    for n in design.neurons:
        if isinstance(n.fit, StrengthFit):
            strengths = ", ".join(f"{s:+.3g}" for s in n.fit.strengths)
            controls = ", ".join(f"{1e6 * c:.1f}" for c in n.fit.control)
            low, high = n.fit.window
            lines.append(
                f"{n.name}: strengths {strengths} by {controls} µA into its tuned synapses; "
                f"threshold current {1e6 * n.fit.threshold_current:.1f} µA, "
                f"right from {1e6 * low:.0f} to {1e6 * high:.0f} µA"
            )
    return lines


def _output_time(neuron: MappedNeuron) -> str:
    return "silent" if neuron.design is None else f"{neuron.output_time * 1e12:6.1f} ps"


def _inputs(neuron: MappedNeuron, sign: int) -> str:
    named = [b.signal for b in neuron.branches if b.sign == sign]
    return ",".join(named) or "-"


def _weights(design: SfqDesign, rows: int) -> list[str]:
    table = weight_table(design)
    largest = {(n.layer, n.index): float(np.max(np.abs(n.weights), initial=0.0)) for n in design.neurons}
    scale = np.array([largest[key] for key in zip(table.layer.tolist(), table.neuron.tolist(), strict=True)])
    off = np.flatnonzero(np.abs(table.error) > _EXACT * scale)
    if not len(off):
        return [f"all {len(table.trained)} weights are represented exactly (one scale a neuron)"]
    worst = off[np.argsort(-np.abs(table.error[off] / scale[off]), kind="stable")]
    lines = [
        f"{len(off)} of {len(table.trained)} weights are not represented exactly",
        "neuron    from      trained    realised   error      of the largest",
    ]
    for i in worst[:rows]:
        source = f"IN{table.input[i]}" if table.layer[i] == 0 else f"N{table.layer[i] - 1}_{table.input[i]}"
        name = f"N{table.layer[i]}_{table.neuron[i]}"
        lines.append(
            f"{name:<9} {source:<9} {table.trained[i]:<+10.4g} {table.realised[i]:<+10.4g} "
            f"{table.error[i]:<+10.3g} {100 * abs(table.error[i]) / scale[i]:5.1f} %"
        )
    if len(worst) > rows:
        lines.append(f"… and {len(worst) - rows} more")
    return lines
