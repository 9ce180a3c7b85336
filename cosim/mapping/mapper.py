"""A trained network as SFQ neurons, splitters and delay stages.

One slot of the hardware is one time step of the network. Every neuron becomes a design of the
cell library (`cosim.circuits`) by its signature, or one with tuned synapses; what the hardware
cannot say exactly is kept in the `SfqDesign` and printed by `report.py`.

Not here: the fit of one neuron (`ternary.py`, `strength.py`, `tuning.py`), arrival times (`plan.py`),
netlists (`netlist.py`).
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from cosim.circuits import NeuronDesign, Parasitics, Signature, available, design
from cosim.errors import MappingError
from cosim.mapping.delays import measure_delays
from cosim.mapping.design import DEFAULT_PERIOD, MappedNeuron, SfqDesign, effective
from cosim.mapping.plan import Branch, Delays, Node, balance
from cosim.mapping.strength import StrengthFit
from cosim.mapping.ternary import TernaryFit, fit_ternary
from cosim.mapping.tuning import tune, tuned_design
from cosim.network import Network

Fit = TernaryFit | StrengthFit


def map_to_sfq(
    network: Network,
    *,
    period: float = DEFAULT_PERIOD,
    parasitics: Parasitics | None = None,
    spikes: NDArray | None = None,
    nearest: bool = False,
) -> SfqDesign:
    """Map a feed-forward network to SFQ cells.

    `period` [s] is the length of a slot. `spikes` (samples, steps, inputs), where given, limit
    what a neuron has to get right to the patterns that really reach it. With `nearest` a neuron
    that cannot be represented is replaced by the nearest one; otherwise it is an error.

    Raises MappingError naming the neurons that do not fit, or signatures that have no cell.
    """
    if not (math.isfinite(period) and period > 0.0):
        raise MappingError(f"the period must be positive, got {period!r} s")
    cells = set(available())
    delays = measure_delays(parasitics)
    fits = _tuned(_fit_layers(network, cells, spikes), network, delays, period, parasitics)
    if not nearest:
        _refuse_misfits(network, fits)
    nodes = []
    for number, row in enumerate(fits):
        for index, fit in enumerate(row):
            name = f"N{number}_{index}"
            cell = _cell(name, fit)
            if cell is not None:
                nodes.append(Node(name=name, timing=cell.timing, branches=_branches(name, number, fit)))
            elif number == len(fits) - 1:
                raise MappingError(f"output neuron {name} never fires: nothing excites it enough in one step")
    planned = balance(nodes, {f"IN{i}": 0.0 for i in range(network.inputs)}, delays)
    by_name = {node.name: node for node in planned}
    neurons = []
    for number, (layer, row) in enumerate(zip(network.layers, fits, strict=True)):
        weights, thresholds, memory = effective(layer)
        for index, fit in enumerate(row):
            name = f"N{number}_{index}"
            node = by_name.get(name)
            neurons.append(
                MappedNeuron(
                    name=name,
                    layer=number,
                    index=index,
                    fit=fit,
                    weights=weights[index],
                    threshold=float(thresholds[index]),
                    memory=float(memory[index]),
                    design=_cell(name, fit),
                    branches=() if node is None else node.branches,
                    output_time=math.nan if node is None else node.output,
                )
            )
    mapped = SfqDesign(
        network=network,
        neurons=tuple(neurons),
        delays=delays,
        period=period,
        parasitics=parasitics,
        notes=(*network.notes, *_notes(neurons, period)),
    )
    return mapped


def _fit_layers(network: Network, cells: set[Signature], spikes: NDArray | None) -> list[list[TernaryFit]]:
    def buildable(excitatory: int, inhibitory: int, threshold: int) -> bool:
        return Signature(excitatory, inhibitory, threshold) in cells

    reaching = None
    if spikes is not None:
        run = network.run(spikes)
        reaching = [run.inputs, *run.layer_spikes]
    rows = []
    silent = np.zeros(network.inputs, dtype=bool)
    for number, layer in enumerate(network.layers):
        patterns = None
        if reaching is not None:
            patterns = np.unique(reaching[number].reshape(-1, layer.inputs), axis=0)
        weights, thresholds, _ = effective(layer)
        row = []
        for w, t in zip(weights, thresholds, strict=True):
            heard = np.where(silent, 0.0, w)
            fit = fit_ternary(heard, float(t), available=buildable)
            if patterns is not None and not fit.exact:
                fit = fit_ternary(heard, float(t), available=buildable, patterns=patterns)
            row.append(replace(fit, error=w - fit.scale * fit.signs))
        rows.append(row)
        silent = np.array([fit.excitatory == 0 for fit in row])
    return rows


def _tuned(
    fits: list[list[TernaryFit]],
    network: Network,
    delays: Delays,
    period: float,
    parasitics: Parasitics | None,
) -> list[list[Fit]]:
    """Give neurons that no signs represent tuned synapses, where the circuit then decides right."""
    result: list[list[Fit]] = []
    for layer, row in zip(network.layers, fits, strict=True):
        weights, thresholds, _ = effective(layer)
        better: list[Fit] = []
        for fit, w, t in zip(row, weights, thresholds, strict=True):
            tuned = None if fit.exact else tune(w, float(t), delays, period, parasitics)
            better.append(fit if tuned is None else tuned)
        result.append(better)
    return result


def _refuse_misfits(network: Network, fits: list[list[Fit]]) -> None:
    wrong = [
        f"N{number}_{index} ({fit.mismatches} of {fit.tested} input patterns)"
        for number, row in enumerate(fits)
        for index, fit in enumerate(row)
        if not fit.exact
    ]
    if wrong:
        listed = ", ".join(wrong[:6]) + (f" and {len(wrong) - 6} more" if len(wrong) > 6 else "")
        raise MappingError(
            f"{network.name}: neither signs -1, 0, +1 with a whole threshold nor tuned strengths "
            f"decide as trained in {listed}; "
            "train with ternary weights, or accept the nearest neurons (--nearest) and look at the report"
        )


def _cell(name: str, fit: Fit) -> NeuronDesign | None:
    if fit.excitatory == 0:
        return None
    if isinstance(fit, StrengthFit):
        return tuned_design(fit)
    try:
        return design(fit.signature)
    except MappingError as error:
        raise MappingError(f"neuron {name}: {error}; train with fewer inputs a neuron") from error


def _branches(name: str, number: int, fit: Fit) -> tuple[Branch, ...]:
    """Synapses in the order of the cell's ports: excitatory first."""
    before = "IN" if number == 0 else f"N{number - 1}_"
    inputs = [*np.flatnonzero(fit.signs > 0), *np.flatnonzero(fit.signs < 0)]
    return tuple(
        Branch(signal=f"{before}{i}", neuron=name, slot=slot, sign=int(fit.signs[i]))
        for slot, i in enumerate(inputs)
    )


def _notes(neurons: list[MappedNeuron], period: float) -> list[str]:
    notes = []
    remembering = [n for n in neurons if n.memory > 0.0]
    if remembering:
        leaks = [n.design.timing.leak for n in remembering if n.design is not None]
        kept = math.exp(-period / max(leaks, default=period))
        notes.append(
            f"{len(remembering)} neurons keep up to {max(n.memory for n in remembering):.3g} of their "
            f"membrane from step to step; the cells keep {kept:.1e} "
            f"over a slot of {period * 1e12:.0f} ps, so every slot is decided from rest"
        )
    silent = [n.name for n in neurons if n.design is None]
    if silent:
        notes.append(f"never fire from rest in one step, so are not built: {', '.join(silent)}")
    scaled = [n for n in neurons if np.any(np.abs(n.fit.error) > 1e-9)]
    if scaled:
        notes.append(
            f"{len(scaled)} neurons have weights that no common scale makes -1, 0 or +1; errors are listed"
        )
    sampled = [n for n in neurons if not n.fit.exhaustive]
    if sampled:
        notes.append(f"{len(sampled)} neurons were compared with the trained ones on a part of the patterns")
    return notes
