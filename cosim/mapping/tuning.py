"""Find the threshold current of a neuron with tuned synapses, on the circuit itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from cosim.circuits import (
    ExcitatoryParameters,
    InhibitoryParameters,
    NeuronDesign,
    NeuronParameters,
    Parasitics,
    Signature,
    SomaParameters,
    TunedParameters,
    design,
)
from cosim.circuits.synapse import SynapseParameters
from cosim.josephson import simulate_batch
from cosim.mapping.design import MappedNeuron, SfqDesign
from cosim.mapping.netlist import bench
from cosim.mapping.plan import Branch, Delays, Node, balance
from cosim.mapping.strength import (
    FACTORS,
    SMALLEST_WINDOW,
    STRONGEST,
    TRIED,
    StrengthFit,
    control_current,
    wanted_strengths,
    widest_window,
)
from cosim.mapping.ternary import input_patterns
from cosim.netlist import flatten
from cosim.network import Layer, Network

Array = NDArray[np.float64]

_STEP = 0.25e-12


def tuned_design(fit: StrengthFit) -> NeuronDesign:
    """A neuron of tuned excitatory synapses and whole inhibitory ones.

    Its timing is that of the designs of threshold 2 and of one inhibitory input, on which it is
    built; margins are not known before the network's own are measured.
    """
    inhibitory = design((1, 1, 1))
    timing = design((2, 0, 2)).timing
    if fit.inhibitory:
        timing = replace(timing, inhibition_lead=inhibitory.timing.inhibition_lead)
    veto = next(s for s in inhibitory.parameters.synapses if isinstance(s, InhibitoryParameters))
    return NeuronDesign(
        signature=Signature(fit.excitatory, fit.inhibitory, 1),
        parameters=NeuronParameters(
            soma=SomaParameters(),
            synapses=tuple(_synapse(float(s), veto) for s in fit.strengths[ports(fit.signs)]),
        ),
        threshold_current=0.0,
        timing=timing,
        margins={},
    )


def ports(signs: NDArray[np.int8]) -> NDArray[np.int64]:
    """Inputs in the order of the cell's ports: excitatory first; those without a synapse left out."""
    return np.concatenate([np.flatnonzero(signs > 0), np.flatnonzero(signs < 0)])


def _synapse(strength: float, veto: InhibitoryParameters) -> SynapseParameters:
    if strength < 0.0:
        return veto
    return ExcitatoryParameters() if strength == 1.0 else TunedParameters()


def tune(
    weights: Array, threshold: float, delays: Delays, period: float, parasitics: Parasitics | None
) -> StrengthFit | None:
    """A neuron with tuned synapses that decides as `weights`·x > `threshold`, or None.

    The largest excitatory weight gets a whole +1, smaller ones tuned synapses. All 2^n input
    patterns are played, each after others, with the tuned strengths at `FACTORS` times their
    share (pulses that meet add up to more than their sum) and every threshold current of
    `TRIED`, in batches of the Josephson engine. The widest window of threshold currents wins.
    None where the strengths are out of range or no window is as wide as `SMALLEST_WINDOW`.
    """
    strengths = wanted_strengths(weights)
    if strengths is None or threshold < 0.0:
        return None
    best: StrengthFit | None = None
    for factor in FACTORS:
        tuned = (strengths > 0.0) & (strengths < 1.0)
        fit = _untried(weights, np.where(tuned, np.minimum(factor * strengths, STRONGEST), strengths))
        window = _window(fit, weights, threshold, delays, period, parasitics)
        if window is not None and (best is None or window[1] - window[0] > best.window[1] - best.window[0]):
            best = replace(fit, threshold_current=0.5 * (window[0] + window[1]), window=window)
    if best is None or best.window[1] - best.window[0] < SMALLEST_WINDOW:
        return None
    return best


def _untried(weights: Array, strengths: Array) -> StrengthFit:
    """Strengths (inputs,) with their control currents, before a threshold current is known."""
    signs = np.sign(strengths).astype(np.int8)
    scale = float(np.max(weights))
    return StrengthFit(
        signs=signs,
        strengths=strengths,
        control=tuple(control_current(float(s)) for s in strengths[ports(signs)] if 0.0 < s < 1.0),
        threshold_current=0.0,
        window=(0.0, 0.0),
        scale=scale,
        error=weights - scale * strengths,
        mismatches=0,
        tested=2 ** len(weights),
    )


def _window(
    fit: StrengthFit,
    weights: Array,
    threshold: float,
    delays: Delays,
    period: float,
    parasitics: Parasitics | None,
) -> tuple[float, float] | None:
    """The widest run of threshold currents [A] at which every pattern comes out right."""
    alone = _alone(fit, weights, threshold, delays, period, parasitics)
    bits, _ = input_patterns(len(weights))
    desk = bench(alone, bits[_order(len(bits))])
    expected = alone.predict(desk.patterns[None])[0][0, :, 0]
    circuits = [flatten(desk.deck, {"ITH_N0_0": float(current)}) for current in TRIED]
    counts = simulate_batch(circuits, step=_STEP).counts(desk.neuron_junctions[0], desk.edges)
    found = widest_window(np.all(counts == expected, axis=1))
    return None if found is None else (float(TRIED[found[0]]), float(TRIED[found[1]]))


def _order(patterns: int) -> NDArray[np.int64]:
    """Up, down, and every other one: each pattern after different ones."""
    up = np.arange(patterns)
    return np.concatenate([up, up[::-1], up[::2], up[1::2]])


def _alone(
    fit: StrengthFit,
    weights: Array,
    threshold: float,
    delays: Delays,
    period: float,
    parasitics: Parasitics | None,
) -> SfqDesign:
    """The neuron as a network of its own."""
    cell = tuned_design(fit)
    branches = tuple(
        Branch(signal=f"IN{i}", neuron="N0_0", slot=slot, sign=int(fit.signs[i]))
        for slot, i in enumerate(ports(fit.signs))
    )
    inputs = {f"IN{i}": 0.0 for i in range(len(weights))}
    node = balance([Node(name="N0_0", timing=cell.timing, branches=branches)], inputs, delays)[0]
    layer = Layer(
        name="alone",
        weight=weights[None],
        membrane_decay=np.zeros(()),
        threshold=np.array(threshold),
        reset_value=np.array(min(0.0, threshold) - 1.0),
    )
    neuron = MappedNeuron(
        name="N0_0",
        layer=0,
        index=0,
        fit=fit,
        weights=weights,
        threshold=threshold,
        memory=0.0,
        design=cell,
        branches=node.branches,
        output_time=node.output,
    )
    return SfqDesign(
        network=Network(layers=(layer,), inputs=len(weights), name="alone"),
        neurons=(neuron,),
        delays=delays,
        period=period,
        parasitics=parasitics,
        notes=(),
    )
