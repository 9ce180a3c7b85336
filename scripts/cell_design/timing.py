"""Timing of a neuron, measured on its circuit: see `cosim.circuits.Timing` for what is meant."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from cell_design.verdict import STEP, passes
from cosim.circuits import (
    NeuronDesign,
    Timing,
    assemble,
    drive,
    jtl,
    neuron,
    ramped_current,
    sink,
    source,
)
from cosim.circuits.bench import neuron_bench
from cosim.josephson import BatchResult, simulate, simulate_batch
from cosim.netlist import Deck, flatten

#: First pulse [s]: by then the bias currents have spread through the slowest leak.
START = 300e-12

#: Stress under which a lead of inhibition must still work to count as permitted.
_LEAD_STRESS = 0.18
_GAP = 400e-12


def trains(
    design: NeuronDesign, times: Sequence[Sequence[float]], stop: float, probes: Sequence[str] = ()
) -> Deck:
    """The neuron with one train of pulses [s] at each input."""
    cells = (source(), jtl(), sink(), neuron(design.parameters, name="NEURON"))
    feed, line, end, cell = cells
    statements = []
    nodes = []
    for number, train in enumerate(times, start=1):
        statements += [
            drive(f"Iin{number}", f"in{number}", train),
            feed.instance(f"Xs{number}", f"in{number}", f"w{number}"),
            line.instance(f"Xj{number}", f"w{number}", f"a{number}"),
        ]
        nodes.append(f"a{number}")
    statements += [
        cell.instance("Xn", *nodes, "y", "th"),
        ramped_current("Ith", "th", "ith*sib"),
        line.instance("Xq", "y", "z"),
        end.instance("Xz", "z"),
    ]
    return assemble(cells, statements, stop=stop, settings={"ith": design.threshold_current}, probes=probes)


def _run(design: NeuronDesign, cases: Sequence[Sequence[Sequence[float]]], stop: float) -> list[BatchResult]:
    """One after the other: trains differ, and a batch shares the corners of its sources."""
    return [simulate_batch([flatten(trains(design, c, stop))], step=STEP, threads=1) for c in cases]


def _spikes(runs: Sequence[BatchResult], stop: float) -> NDArray[np.int64]:
    """(cases,) output spikes of each run."""
    return np.array([run.counts("BO2|XN", np.array([0.0, stop]))[0, 0] for run in runs])


def _pad(design: NeuronDesign, trains_: Sequence[Sequence[float]]) -> list[Sequence[float]]:
    """Silent inputs behind the given trains of the excitatory ones."""
    missing = len(design.parameters.synapses) - len(trains_)
    return [*trains_, *([()] * missing)]


def latency(design: NeuronDesign, inputs: int) -> float:
    """Time [s] from `inputs` pulses together at the drivers to the output."""
    pulses = _run(design, [_pad(design, [(START,)] * inputs)], START + _GAP)[0].pulses(0)
    arrival = [pulses.of(f"BD|XS{k}|XN")[0][0] for k in range(1, inputs + 1)]
    return float(pulses.of("BO2|XN")[0][0] - max(arrival))


def refractory(design: NeuronDesign) -> float:
    """Shortest period [s] from which on twelve patterns at threshold give twelve spikes."""
    k, count = design.signature.threshold, 12
    periods = np.arange(20e-12, 141e-12, 4e-12)
    cases = [_pad(design, [[START + n * p for n in range(count)]] * k) for p in periods]
    stop = START + count * float(periods[-1]) + 100e-12
    counts = _spikes(_run(design, cases, stop), stop)
    failing = np.flatnonzero(counts != count)
    return (
        float(periods[failing[-1] + 1])
        if len(failing) and failing[-1] + 1 < len(periods)
        else float(periods[0])
    )


def coincidence(design: NeuronDesign) -> float:
    """Largest spread [s] of pulses that gives one spike, first and last input apart by it, the rest
    with the first; for threshold pulses alone and for all inputs."""
    e, k = design.signature.excitatory, design.signature.threshold
    if e == 1:
        return math.inf
    spreads = np.arange(2e-12, 41e-12, 2e-12)
    cases = []
    for count in sorted({max(k, 2), e}):
        for spread in spreads:
            cases.append(_pad(design, [(START,)] * (count - 1) + [(START + spread,)]))
    stop = START + _GAP
    counts = _spikes(_run(design, cases, stop), stop).reshape(-1, len(spreads))
    wrong = np.flatnonzero(np.any(counts != 1, axis=0))
    if len(wrong) == 0:
        return float(spreads[-1])
    return float(spreads[wrong[0] - 1]) if wrong[0] else 0.0


def leak(design: NeuronDesign) -> float:
    """Time constant [s] of the soma's phase after one pulse that does not make it fire."""
    quiet = replace(design, threshold_current=0.2 * design.threshold_current)
    deck = trains(quiet, _pad(quiet, [(START,)]), START + 200e-12, probes=("BT.XN",))
    result = simulate(flatten(deck))
    phase = result["P(BT|XN)"]
    rest = float(np.interp(START - 5e-12, result.time, phase))
    arrival = result.pulse_times("BD|XS1|XN", sign=+1)[0]
    after = phase - rest
    peak = int(np.argmax(np.where((result.time > arrival) & (result.time < arrival + 30e-12), after, -1.0)))
    low = np.flatnonzero((np.arange(len(after)) > peak) & (after < after[peak] / math.e))
    return float(result.time[low[0]] - result.time[peak])


def inhibition_lead(design: NeuronDesign) -> tuple[float, float]:
    """Leads [s] around 8 ps at which the whole bench passes with bias and critical currents off by
    18 %, or by four fifths of the critical margin where that is less; (0, 0) without inhibition."""
    if design.signature.inhibitory == 0:
        return 0.0, 0.0
    leads = np.arange(-6e-12, 40.1e-12, 2e-12)
    off = min(_LEAD_STRESS, 0.8 * design.critical_margin)
    stress = [{}, *({name: 1.0 + sign * off} for name in ("sib", "sic") for sign in (-1, 1))]
    good = np.array([bool(np.all(passes(neuron_bench(design, lead=float(lead)), stress))) for lead in leads])
    middle = int(np.argmin(np.abs(leads - 8e-12)))
    if not good[middle]:
        raise SystemExit(
            f"{design.signature}: inhibition 8 ps ahead does not bear {100 * off:.0f} % of stress"
        )
    low = high = middle
    while low > 0 and good[low - 1]:
        low -= 1
    while high < len(leads) - 1 and good[high + 1]:
        high += 1
    return float(leads[low]), float(leads[high])


def measure(design: NeuronDesign) -> Timing:
    """All of it, rounded to a tenth of a picosecond; the design's margins are known."""
    values: Mapping[str, float] = {
        "latency": latency(design, design.signature.threshold),
        "latency_all": latency(design, design.signature.excitatory),
        "refractory": refractory(design),
        "leak": leak(design),
        "coincidence": coincidence(design),
    }
    rounded = {name: value if math.isinf(value) else round(value, 13) for name, value in values.items()}
    low, high = inhibition_lead(design)
    return Timing(**rounded, inhibition_lead=(round(low, 13) + 0.0, round(high, 13) + 0.0))
