"""Learning while a sample runs: pair STDP, its depression set by an astrocyte, synaptic scaling.

The neuron–astrocyte liquid state machine is that of Ivanov and Michmizos, "Increasing liquid state machine
performance with edge-of-chaos dynamics organized by astrocyte-modulated plasticity", NeurIPS 2021. Defaults
are theirs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cosim.encoding import Events
from cosim.errors import NetworkError
from cosim.reservoir import plastic_kernel
from cosim.reservoir.neurons import Lif
from cosim.reservoir.samples import over_samples, spike_events, steps_of, window_rows
from cosim.reservoir.simulate import Activity, Reservoir, constants_of
from cosim.reservoir.synapses import Synapses, joined


@dataclass(frozen=True, kw_only=True)
class Astrocyte:
    """Sets the amplitude of depression: A ← A + (w(Σ reservoir spikes − Σ input spikes) + b − A)/τ each step.

    The stronger the reservoir's activity over its input's, the more depression. With `domains`, each
    astrocyte sums and modulates only the neurons of its own domain; an input channel belongs to domain 0
    unless said otherwise.
    """

    weight: float = 0.015
    """w, a spike [unit of A]; the published networks of 1000 neurons use 0.015"""
    time: float = 100e-3
    """τ [s]"""
    bias: float | None = None
    """b; the depression of the rule when None"""
    domains: ArrayLike | None = None
    """(channels + neurons,) number of each one's astrocyte, from 0; one for all when None"""


@dataclass(frozen=True, kw_only=True)
class Homeostasis:
    """Synaptic scaling: w ← w·(1 + rate·(target − activity)) for incoming excitatory synapses, each step.

    Turrigiano et al., Nature 391, 892 (1998), doi:10.1038/36103, in its simplest multiplicative form.
    """

    target: float = 20.0
    """[1/s]"""
    rate: float = 0.01
    """relative change a step for each spike a step of error"""
    time: float = 1.0
    """[s] over which activity is averaged"""


@dataclass(frozen=True, kw_only=True)
class Stdp:
    """Pair-based spike-timing-dependent plasticity with one trace a neuron.

    A spike of the target potentiates by `potentiation` times the source's trace; a spike of the source
    depresses by `depression` times the target's trace. From inhibitory sources, whose weights are negative,
    both signs are exchanged. Weights stay between 0 and ±`bound`; those of inputs between −bound and bound.
    """

    potentiation: float = 0.15
    depression: float = 0.15
    """start value where an astrocyte modulates it"""
    trace_time: float = 10e-3
    """time constant of the traces [s]"""
    trace_increment: float = 0.1
    """what a spike adds to its trace"""
    bound: float = 3.0
    """largest magnitude of a weight [A]"""
    shrink: float = 0.99
    """factor of all amplitudes each step: learning fades during a sample; 1 for none"""
    astrocyte: Astrocyte | None = None
    homeostasis: Homeostasis | None = None


@dataclass(frozen=True, kw_only=True)
class PlasticActivity(Activity):
    """What a batch did, and what its astrocytes."""

    depression: NDArray[np.float64]
    """(samples, steps, domains) amplitude of depression after each step"""


class PlasticReservoir:
    """A reservoir with a rule of plasticity. Its weights change by `adapt`; `run` leaves them as they are."""

    def __init__(self, reservoir: Reservoir, rule: Stdp) -> None:
        """Take the reservoir's weights as the start.

        Raises:
            NetworkError: conductance-based neurons, weights outside the rule's bounds, read noise,
                domains that do not fit.
        """
        if not isinstance(reservoir.neuron, Lif):
            raise NetworkError("plasticity: only current-based neurons (Lif) learn")
        if reservoir.read_noise:
            raise NetworkError("plasticity: read noise and learning at once are not supported")
        self.reservoir = reservoir
        self.rule = rule
        synapses = joined([reservoir.inputs, reservoir.recurrent])
        if synapses.count and np.abs(synapses.weight).max() > rule.bound * (1 + 1e-12):
            raise NetworkError(
                f"plasticity: a weight of {np.abs(synapses.weight).max():g} A is beyond bound = "
                f"{rule.bound:g} A"
            )
        self._synapses = synapses
        self.weight = synapses.weight.copy()
        """(synapses,) present weights, inputs first"""
        self._from_input = synapses.source() < reservoir.channels
        domains = None if rule.astrocyte is None else rule.astrocyte.domains
        nodes = reservoir.channels + reservoir.neurons
        self._domain = np.zeros(nodes, np.int32) if domains is None else np.asarray(domains, dtype=np.int32)
        if self._domain.shape != (nodes,) or self._domain.min() < 0:
            raise NetworkError(
                f"plasticity: domains of shape {self._domain.shape}; expected ({nodes},), "
                "channels first, from 0 on"
            )

    def present(self) -> Reservoir:
        """Return the reservoir with the present weights."""
        border = self.reservoir.inputs.count
        return replace(
            self.reservoir,
            inputs=self.reservoir.inputs.with_weights(self.weight[:border]),
            recurrent=self.reservoir.recurrent.with_weights(self.weight[border:]),
        )

    def adapt(self, samples: Sequence[Events], *, step: float = 1e-3, duration: float | None = None) -> None:
        """Run samples one after the other and keep what they change.

        Voltages and amplitudes start afresh with each sample, traces go on: presentations may be short.
        """
        network, constants, rule, steps, domains = self._compiled(samples, step, duration, fading=False)
        scratch = np.zeros((1, self.reservoir.neurons), np.int32)
        window = np.full(steps, -1, np.int32)
        astrocyte = np.empty((steps, domains))
        trace = np.zeros(self.reservoir.channels + self.reservoir.neurons)
        for sample in samples:
            plastic_kernel.run_plastic(
                steps,
                self.reservoir.neurons,
                constants,
                network,
                rule,
                self.weight,
                sample.steps(step),
                sample.channel,
                window,
                scratch,
                domains,
                astrocyte,
                trace,
                False,
            )

    def run(
        self,
        samples: Sequence[Events],
        *,
        step: float = 1e-3,
        duration: float | None = None,
        windows: int = 1,
        record_spikes: bool = False,
        threads: int | None = None,
        progress: Callable[[int], object] | None = None,
    ) -> PlasticActivity:
        """Run each sample from the present weights, which learn during it and are restored after it."""
        network, constants, rule, steps, domains = self._compiled(samples, step, duration, fading=True)
        neurons = self.reservoir.neurons
        window = window_rows(steps, windows)
        counts = np.zeros((len(samples), windows, neurons), np.int32)
        depression = np.empty((len(samples), steps, domains))

        def one(number: int) -> tuple[NDArray, NDArray]:
            sample = samples[number]
            return plastic_kernel.run_plastic(
                steps,
                neurons,
                constants,
                network,
                rule,
                self.weight.copy(),
                sample.steps(step),
                sample.channel,
                window,
                counts[number],
                domains,
                depression[number],
                np.zeros(self.reservoir.channels + neurons),
                record_spikes,
            )

        answers = over_samples(one, len(samples), threads, progress)
        return PlasticActivity(
            counts=counts,
            spikes=tuple(spike_events(rows, who, neurons, steps, step) for rows, who in answers)
            if record_spikes
            else (),
            voltages=np.zeros((len(samples), steps, 0)),
            synaptic_events=np.zeros(len(samples), np.int64),
            step=step,
            duration=steps * step,
            depression=depression,
        )

    def _compiled(self, samples: Sequence[Events], step: float, duration: float | None, fading: bool):
        steps = steps_of(samples, self.reservoir.channels, step, duration)
        network = _network(
            self._synapses, self.reservoir, self._from_input, self.rule.bound, step, self._domain
        )
        constants = constants_of(self.reservoir.neuron, step)
        return network, constants, _rule(self.rule, step, fading), steps, int(self._domain.max()) + 1


def _network(
    synapses: Synapses,
    reservoir: Reservoir,
    from_input: NDArray[np.bool_],
    bound: float,
    step: float,
    domain: NDArray[np.int32],
) -> plastic_kernel.PlasticNetwork:
    source = synapses.source()
    recurrent = reservoir.recurrent
    inhibitory = np.zeros(synapses.sources, dtype=bool)
    inhibitory[reservoir.channels :] = (
        np.bincount(recurrent.source(), weights=recurrent.weight, minlength=reservoir.neurons) < 0
    )
    negative = inhibitory[source]
    delay = np.rint(synapses.delay / step).astype(np.int32)
    by_target = np.argsort(synapses.target, kind="stable").astype(np.int64)
    offsets = np.zeros(synapses.targets + 1, dtype=np.int64)
    np.cumsum(np.bincount(synapses.target, minlength=synapses.targets), out=offsets[1:])
    return plastic_kernel.PlasticNetwork(
        reservoir.channels,
        synapses.offsets,
        synapses.target,
        delay,
        np.where(from_input | negative, -bound, 0.0),
        np.where(negative, 0.0, bound),
        inhibitory,
        offsets,
        by_target,
        source,
        int(delay.max(initial=0)) + 2,
        domain,
    )


def _rule(rule: Stdp, step: float, fading: bool) -> plastic_kernel.Rule:
    astrocyte = rule.astrocyte
    homeostasis = rule.homeostasis
    return plastic_kernel.Rule(
        math.exp(-step / rule.trace_time),
        float(rule.trace_increment),
        float(rule.potentiation),
        float(rule.depression),
        float(rule.shrink) if fading else 1.0,
        astrocyte is not None,
        0.0 if astrocyte is None else float(astrocyte.weight),
        float(rule.depression if astrocyte is None or astrocyte.bias is None else astrocyte.bias),
        1.0 if astrocyte is None else astrocyte.time / step,
        0.0 if homeostasis is None else float(homeostasis.rate),
        0.0 if homeostasis is None else homeostasis.target * step,
        1.0 if homeostasis is None else math.exp(-step / homeostasis.time),
    )
