"""Standard stimuli of a neuron cell, and what its circuit does with them at many threshold currents.

A *case* is one arrangement of pulses. For each case and each count of spikes that it can give, the
threshold current at which the count changes is found by a coarse and a fine sweep.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cosim.circuits import NeuronDesign, Parasitics
from cosim.spiking.twin_bench import Response, Stimulus, respond

Array = NDArray[np.float64]

#: Time [s] of a case's first pulse, when the slow loops have settled after the biases rose, and the
#: end of its simulation after the last.
START = 240e-12
TAIL = 120e-12
#: Random trains last this long [s] and are simulated until `TRAIN_STOP`.
TRAIN_LENGTH = 350e-12
TRAIN_STOP = START + TRAIN_LENGTH + TAIL + 100e-12


@dataclass(frozen=True, kw_only=True)
class Case:
    """Pulses (k,): seconds after the first, and the synapse of each."""

    name: str
    delays: tuple[float, ...]
    synapses: tuple[int, ...]

    def stimulus(self, threshold_current: float) -> Stimulus:
        times = tuple(START + delay for delay in self.delays)
        return Stimulus(times=times, synapses=self.synapses, threshold_current=threshold_current)


@dataclass(frozen=True, kw_only=True)
class Threshold:
    """Case `case` gives `count` spikes or more from `current` [A] on, known within `half_width` [A]."""

    case: int
    count: int
    current: float
    half_width: float


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """All runs of all cases."""

    cases: tuple[Case, ...]
    case: NDArray[np.int64]
    """(runs,) -1 for random trains."""
    current: Array
    """(runs,) threshold current [A]."""
    responses: tuple[Response, ...]
    thresholds: tuple[Threshold, ...]
    stop: float


def _ps(*values: float) -> tuple[float, ...]:
    return tuple(value * 1e-12 for value in values)


def standard_cases(excitatory: int, inhibitory: int) -> tuple[Case, ...]:
    """One pulse, pairs on equal and on different synapses, all at once, pulses after a spike, and
    inhibition from well before to after an excitatory pulse."""
    cases = [Case(name="one", delays=(0.0,), synapses=(0,))]
    cases += [Case(name=f"repeat {d}", delays=_ps(0, d), synapses=(0, 0)) for d in (18, 24, 32, 45, 70, 110)]
    cases += [
        Case(name=f"pair {d}", delays=_ps(0, d), synapses=(0, 1))
        for d in (0, 3, 6, 10, 15, 22, 32, 45, 70)
        if excitatory > 1
    ]
    for count in range(3, excitatory + 1):
        everyone = tuple(range(count))
        cases.append(Case(name=f"{count} at once", delays=(0.0,) * count, synapses=everyone))
        cases += [
            Case(name=f"{count} by {d}", delays=_ps(*(d * k for k in everyone)), synapses=everyone)
            for d in (5, 12)
        ]
    if excitatory > 1:
        both = tuple(range(excitatory))
        cases += [
            Case(
                name=f"all, all {d}",
                delays=(0.0,) * excitatory + _ps(*[d] * excitatory),
                synapses=both + both,
            )
            for d in (18, 25, 35, 50, 80)
        ]
    else:
        cases += [Case(name=f"train {d}", delays=_ps(0, d, 2 * d), synapses=(0, 0, 0)) for d in (20, 30, 50)]
    for k in range(1, inhibitory + 1):
        lead = [-8, -5, -3, -1, 1, 3, 5, 8, 12, 18, 25, 35, 50, 80] if k == 1 else [-4, 0, 4, 10, 20, 40]
        veto = tuple(range(excitatory, excitatory + k))
        for count in sorted({1, excitatory}):
            drive = tuple(range(count))
            for d in lead:
                first = min(0, d)
                delays = _ps(*[-first] * k, *[d - first] * count)
                order = np.argsort(delays, kind="stable")
                synapses = np.array(veto + drive)[order]
                cases.append(
                    Case(
                        name=f"{k} inhibitory {d} before {count}",
                        delays=tuple(np.array(delays)[order].tolist()),
                        synapses=tuple(synapses.tolist()),
                    )
                )
    if inhibitory:
        i = excitatory
        cases += [
            Case(name=f"inhibit twice {d}", delays=_ps(0, d, d + 15), synapses=(i, i, 0)) for d in (20, 40)
        ]
        cases += [
            Case(name=f"spike, veto {d}", delays=_ps(0, d, d + 6), synapses=(0, i, 0)) for d in (30, 60)
        ]
    return tuple(cases)


def measure(
    design: NeuronDesign,
    *,
    parasitics: Parasitics | None = None,
    cases: Sequence[Case] | None = None,
    coarse: int = 16,
    fine: int = 8,
    progress: Callable[[int], None] | None = None,
) -> Measurement:
    """Simulate the cell for all cases: `coarse` threshold currents over its range, then `fine` ones in
    each interval in which the count of spikes changes. `progress` takes the number of finished runs."""
    signature = design.signature
    all_cases = tuple(cases or standard_cases(signature.excitatory, signature.inhibitory))
    critical = design.parameters.soma.critical_current
    stop = START + max(max(c.delays) for c in all_cases) + TAIL
    low = min(design.threshold_current - 0.45 * critical, 0.3 * critical)
    high = max(0.97 * critical, design.threshold_current + 0.1 * critical)
    grid = np.linspace(low, high, coarse)
    plan = [(k, float(current)) for k in range(len(all_cases)) for current in grid]
    responses = _run(design, all_cases, plan, stop, parasitics, progress)
    proper = np.array(
        [len(r.arrivals) == len(all_cases[k].delays) for (k, _), r in zip(plan, responses, strict=True)]
    )
    proper = proper.reshape(len(all_cases), coarse)
    counts = np.array([len(r.spikes) for r in responses]).reshape(len(all_cases), coarse)
    brackets = []
    for k in range(len(all_cases)):
        for j in np.flatnonzero((np.diff(counts[k]) == 1) & proper[k, :-1] & proper[k, 1:]):
            brackets.append((k, int(counts[k, j + 1]), float(grid[j]), float(grid[j + 1])))
    finer = []
    for k, _, start, end in brackets:
        finer += [(k, float(c)) for c in np.linspace(start, end, fine + 2)[1:-1]]
    fine_responses = _run(design, all_cases, finer, stop, parasitics, progress)
    thresholds = []
    for n, (k, count, start, end) in enumerate(brackets):
        inside = fine_responses[n * fine : (n + 1) * fine]
        reached = np.array([False, *(len(r.spikes) >= count for r in inside), True])
        currents = np.linspace(start, end, fine + 2)
        if np.sum(np.diff(reached.astype(int)) != 0) != 1:
            continue
        j = int(np.argmax(reached))
        middle = 0.5 * (currents[j - 1] + currents[j])
        half = 0.5 * (currents[j] - currents[j - 1])
        thresholds.append(Threshold(case=k, count=count, current=float(middle), half_width=float(half)))
    trains = random_trains(len(design.parameters.synapses), design.threshold_current)
    train_responses: list[Response] = []
    for start in range(0, len(trains), 16):
        train_responses += respond(design, trains[start : start + 16], TRAIN_STOP, parasitics=parasitics)
    plan += finer
    plan += [(-1, train.threshold_current) for train in trains]
    stop = max(stop, TRAIN_STOP)
    sent = [len(all_cases[k].delays) if k >= 0 else -1 for k, _ in plan[: -len(trains)]]
    sent += [len(train.times) for train in trains]
    runs = zip(plan, (*responses, *fine_responses, *train_responses), sent, strict=True)
    # Near its critical current a soma can throw a pulse back through a synapse: not what a twin is for.
    used = [(k, current, response) for (k, current), response, n in runs if len(response.arrivals) == n]
    return Measurement(
        cases=all_cases,
        case=np.array([k for k, _, _ in used]),
        current=np.array([current for _, current, _ in used]),
        responses=tuple(response for _, _, response in used),
        thresholds=tuple(thresholds),
        stop=stop,
    )


def random_trains(inputs: int, threshold_current: float, *, count: int = 48, seed: int = 1) -> list[Stimulus]:
    """Pulses at random on all synapses, at threshold currents within 10 % of the given one. Pulses at one
    synapse are 40 ps or more apart, and half of the trains come in volleys, as in a network."""
    trains = []
    for k in range(count):
        rng = np.random.default_rng(np.random.SeedSequence([seed, inputs, k]))
        pulses: list[tuple[float, int]] = []
        if k % 2:
            for synapse in range(inputs):
                time = rng.uniform(0.0, 60.0)
                while time < TRAIN_LENGTH / 1e-12:
                    pulses.append((time, synapse))
                    time += 40.0 + rng.exponential(60.0)
        else:
            for volley in range(3):
                chosen = np.flatnonzero(rng.random(inputs) < 0.7)
                pulses += [(volley * 130.0 + rng.uniform(0.0, 12.0), int(s)) for s in chosen]
        current = threshold_current * (1.0 + rng.uniform(-0.1, 0.1))
        times = tuple(START + round(t) * 1e-12 for t, _ in pulses)
        trains.append(
            Stimulus(times=times, synapses=tuple(s for _, s in pulses), threshold_current=float(current))
        )
    return trains


def _run(
    design: NeuronDesign,
    cases: Sequence[Case],
    plan: Sequence[tuple[int, float]],
    stop: float,
    parasitics: Parasitics | None,
    progress: Callable[[int], None] | None,
) -> list[Response]:
    found: list[Response] = []
    for start in range(0, len(plan), 16):
        part = plan[start : start + 16]
        found += respond(design, [cases[k].stimulus(c) for k, c in part], stop, parasitics=parasitics)
        if progress is not None:
            progress(len(found))
    return found
