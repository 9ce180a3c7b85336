"""The netlist twin of a neuron on its bench: trains of pulses in, slips out, many variants a batch.

source ── jtl ── aK │ neuron │ q ── jtl ── sink
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from cosim.circuits import (
    NeuronDesign,
    Parasitics,
    assemble,
    drive,
    jtl,
    neuron,
    ramped_current,
    sink,
    source,
)
from cosim.josephson import BatchResult, simulate_batch
from cosim.netlist import Deck, flatten
from cosim.netlist.circuit import Circuit, CurrentSource
from cosim.netlist.waveforms import PiecewiseLinear

Array = NDArray[np.float64]

#: Before this time [s] no pulse may be asked for: biases rise and settle.
FIRST = 20e-12
#: Least time [s] between pulses of one source.
SPACING = 15e-12
_HEIGHT, _EDGE = 600e-6, 3e-12
_GROUP = 16


@dataclass(frozen=True, kw_only=True)
class Stimulus:
    """Pulses for one neuron: `times` (k,) [s] at which sources are triggered, `synapses` (k,) from 0."""

    times: tuple[float, ...]
    synapses: tuple[int, ...]
    threshold_current: float


@dataclass(frozen=True, kw_only=True)
class Response:
    """What the circuit did in one variant; times in seconds, ascending."""

    arrivals: Array
    """(k,): slips of the last junctions before the neuron."""
    synapses: NDArray[np.int64]
    """(k,)"""
    drivers: tuple[Array, ...]
    """Slips of the driver of each synapse."""
    soma: Array
    """(s,): slips of the soma."""
    spikes: Array
    """(s,): slips of the output junction."""
    backward: int
    """Slips of the wrong sign anywhere in the neuron."""


def bench_deck(design: NeuronDesign, parasitics: Parasitics | None = None) -> Deck:
    """The bench with one pulse a source, as a deck that any engine runs."""
    cell = neuron(design.parameters, name="NEURON", parasitics=parasitics)
    line, load, origin = jtl(parasitics=parasitics), sink(), source()
    inputs = range(1, len(design.parameters.synapses) + 1)
    statements = []
    for k in inputs:
        statements += [
            drive(f"Iin{k}", f"in{k}", (FIRST + 20e-12,)),
            origin.instance(f"Xs{k}", f"in{k}", f"w{k}"),
            line.instance(f"Xj{k}", f"w{k}", f"a{k}"),
        ]
    statements += [
        cell.instance("Xn", *(f"a{k}" for k in inputs), "y", "th"),
        ramped_current("Ith", "th", "ith*sib"),
        line.instance("Xq", "y", "z"),
        load.instance("Xz", "z"),
    ]
    return assemble(
        (origin, line, cell, load),
        statements,
        stop=200e-12,
        settings={"ith": design.threshold_current},
        probes=("BT.Xn", "Bo2.Xn"),
        description=f"Bench of the neuron {design.signature}: one pulse at every input",
    )


@cache
def _flat(design_key: str, design: _Hashable, parasitics: Parasitics | None) -> Circuit:
    return flatten(bench_deck(design.design, parasitics))


@dataclass(frozen=True, eq=False)
class _Hashable:
    """Lets `cache` take a design, which holds a mapping."""

    design: NeuronDesign

    def __hash__(self) -> int:
        return hash(self.design.parameters)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Hashable) and self.design.parameters == other.design.parameters


def respond(
    design: NeuronDesign,
    stimuli: Sequence[Stimulus],
    stop: float,
    *,
    parasitics: Parasitics | None = None,
) -> list[Response]:
    """Simulate the neuron's circuit once for each stimulus, up to `stop` [s].

    Raises ValueError for pulses before `FIRST` or closer than `SPACING` at one synapse.
    """
    circuit = _flat(design.signature.label, _Hashable(design), parasitics)
    inputs = len(design.parameters.synapses)
    groups = [stimuli[k : k + _GROUP] for k in range(0, len(stimuli), _GROUP)]
    responses: list[Response] = []
    for group in groups:
        batch = simulate_batch(_variants(circuit, inputs, group), stop=stop, threads=1)
        responses += _responses(batch, inputs)
    return responses


def _responses(batch: BatchResult, inputs: int) -> list[Response]:
    neuron_junctions = [name for name in batch.names if name.endswith("|XN")]
    responses = []
    for k in range(batch.variants):
        pulses = batch.pulses(k)

        def forward(name: str, pulses=pulses) -> Array:
            times, signs = pulses.of(name)
            return times[signs > 0]

        before = [forward(f"B2|XJ{i + 1}") for i in range(inputs)]
        arrivals = np.concatenate(before)
        synapses = np.repeat(np.arange(inputs), [len(times) for times in before])
        order = np.argsort(arrivals, kind="stable")
        responses.append(
            Response(
                arrivals=arrivals[order],
                synapses=synapses[order],
                drivers=tuple(forward(f"BD|XS{i + 1}|XN") for i in range(inputs)),
                soma=forward("BT|XN"),
                spikes=forward("BO2|XN"),
                backward=sum(int(np.sum(pulses.of(name)[1] < 0)) for name in neuron_junctions),
            )
        )
    return responses


def _variants(circuit: Circuit, inputs: int, group: Sequence[Stimulus]) -> list[Circuit]:
    """The circuit with the sources of each stimulus, all with corners at the same times."""
    waves = [_waves(stimulus, inputs) for stimulus in group]
    corners = {name: sorted({t for wave in waves for t in wave[name].times}) for name in waves[0]}
    variants = []
    for wave in waves:
        drawn = {
            name: PiecewiseLinear(
                times=tuple(corners[name]), values=tuple(wave[name].value(np.array(corners[name])).tolist())
            )
            for name in wave
        }
        elements = tuple(
            replace(e, waveform=drawn[e.name]) if isinstance(e, CurrentSource) and e.name in drawn else e
            for e in circuit.elements
        )
        variants.append(replace(circuit, elements=elements))
    return variants


def _waves(stimulus: Stimulus, inputs: int) -> dict[str, PiecewiseLinear]:
    waves = {"ITH": PiecewiseLinear(times=(0.0, 10e-12), values=(0.0, stimulus.threshold_current))}
    times, synapses = np.asarray(stimulus.times, float), np.asarray(stimulus.synapses, int)
    for k in range(inputs):
        waves[f"IIN{k + 1}"] = _triggers(np.sort(times[synapses == k]))
    return waves


def _triggers(times: Array) -> PiecewiseLinear:
    if (times.size and times[0] < FIRST) or np.any(np.diff(times) < SPACING):
        raise ValueError(f"pulses must come after {FIRST} s and {SPACING} s apart, got {times.tolist()}")
    corners = (times[:, None] + np.array([0.0, _EDGE, 2 * _EDGE])).ravel()
    levels = np.tile([0.0, _HEIGHT, 0.0], times.size)
    return PiecewiseLinear(times=(0.0, *corners.tolist()), values=(0.0, *levels.tolist()))
