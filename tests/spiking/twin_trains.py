"""Random pulse trains for one neuron, circuit and twin side by side."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from cosim.circuits import Signature, design
from cosim.spiking import Spikes, respond, twin
from cosim.spiking.margins import doubtful_decisions
from cosim.spiking.measurement import START
from cosim.spiking.twin_bench import Response, Stimulus
from cosim.spiking.twin_bench import respond as simulate_cell

STOP = START + 650e-12


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One batch: what circuit and twin did, and where the twin was not sure."""

    circuit: list[Response]
    twin: Spikes
    sure: NDArray[np.bool_]
    """(b,)"""
    doubtful: int
    """Doubtful decisions in all samples."""
    decisions: int
    """Spikes and pulses that did not make one, roughly: the number of pulses."""

    def wrong(self) -> list[int]:
        """Samples in which twin and circuit differ in the number of spikes."""
        return [k for k, r in enumerate(self.circuit) if len(r.spikes) != self.twin.counts[k]]

    def errors(self, *, sure: bool = True) -> NDArray[np.float64]:
        """Twin minus circuit [s] of all spikes, in samples with equal counts (and sure ones)."""
        wrong = set(self.wrong())
        chosen = [
            self.twin.of(k) - r.spikes
            for k, r in enumerate(self.circuit)
            if k not in wrong and (self.sure[k] or not sure)
        ]
        return np.concatenate([np.empty(0), *chosen])


def scattered(signature: Signature, seed: int, *, gap: float = 40e-12, length: float = 400e-12) -> Stimulus:
    """Pulses without any order, at one synapse `gap` or more apart (inhibitory ones three times that)."""
    rng = np.random.default_rng(np.random.SeedSequence([seed, *signature]))
    times, synapses = [], []
    for synapse in range(signature.excitatory + signature.inhibitory):
        apart = gap * (3.0 if synapse >= signature.excitatory else 1.0)
        time = rng.uniform(0.0, 80e-12)
        while time < length:
            times.append(START + round(time * 1e12) * 1e-12)
            synapses.append(synapse)
            time += apart + rng.exponential(60e-12)
    current = design(signature).threshold_current
    return Stimulus(times=tuple(times), synapses=tuple(synapses), threshold_current=current)


def volleys(signature: Signature, seed: int, *, period: float = 200e-12, count: int = 2) -> Stimulus:
    """What a mapped network sends: pulses together in every period, inhibition ahead by the design's lead."""
    rng = np.random.default_rng(np.random.SeedSequence([seed, *signature, 7]))
    cell = design(signature)
    low, high = cell.timing.inhibition_lead
    lead = low + 0.35 * (high - low)
    times, synapses = [], []
    for volley in range(count):
        for synapse in range(signature.excitatory + signature.inhibitory):
            if rng.random() < 0.6:
                late = lead if synapse < signature.excitatory else 0.0
                jitter = rng.uniform(0.0, 2e-12)
                times.append(START + volley * period + round((late + jitter) * 1e12) * 1e-12)
                synapses.append(synapse)
    return Stimulus(times=tuple(times), synapses=tuple(synapses), threshold_current=cell.threshold_current)


def compare(signature: Signature, stimuli: list[Stimulus]) -> Comparison:
    """Run the circuit in batches and the twin on the arrivals that the circuit saw."""
    circuit = simulate_cell(design(signature), stimuli, STOP)
    kept = twin(signature)
    offset = np.concatenate([[0], np.cumsum([len(r.arrivals) for r in circuit])])
    time = np.concatenate([r.arrivals for r in circuit])
    synapse = np.concatenate([r.synapses for r in circuit])
    base = respond(kept.model, offset, time, synapse, stop=STOP)
    level = kept.guard * kept.model.soma.critical_current
    shifted = [respond(kept.model, offset, time, synapse, stop=STOP, shift=s * level) for s in (1.0, -1.0)]
    doubtful = doubtful_decisions(0, base, shifted)
    sure = base.waits == 0
    sure[doubtful.sample] = False
    return Comparison(circuit=circuit, twin=base, sure=sure, doubtful=len(doubtful), decisions=len(time))


@lru_cache(maxsize=32)
def scattered_comparison(signature: Signature, first: int = 0, count: int = 48) -> Comparison:
    return compare(signature, [scattered(signature, first + k) for k in range(count)])


@lru_cache(maxsize=32)
def volley_comparison(signature: Signature, count: int = 48) -> Comparison:
    return compare(signature, [volleys(signature, k) for k in range(count)])
