"""What kind of liquid this is: branching, separation of perturbed twins, kernel quality, memory.

The spectral radius of the weights is in `topology.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cosim.encoding import Events, events
from cosim.errors import NetworkError
from cosim.reservoir.readout import Ridge
from cosim.reservoir.simulate import Reservoir, run
from cosim.reservoir.synapses import Synapses


def branching_factor(
    spikes: Events, synapses: Synapses, *, window: float = 4e-3, margin: float = 25e-3
) -> float:
    """Return the mean number of descendants of a spike over that of its ancestors.

    For each spike: how many spikes its targets fire in the `window` [s] after it, over how many its sources
    fired in the window before it; the mean over all spikes that have ancestors, away from both ends by
    `margin` [s]. Above 1 activity grows, below 1 it dies out; 1 is the edge of chaos. The estimate of
    Ivanov and Michmizos (NeurIPS 2021), which corrects neither for input-driven spikes nor for common
    ancestors.
    """
    grid = 1e-3
    steps = max(1, round(spikes.duration / grid))
    width = max(1, round(window / grid))
    raster = np.zeros((steps + 2 * width + 1, spikes.channels))
    bins = np.minimum(np.rint(spikes.time / grid).astype(int), steps)
    np.add.at(raster, (bins + width, spikes.channel), 1)
    total = np.concatenate([np.zeros((1, spikes.channels)), np.cumsum(raster, axis=0)])
    place = bins + width
    inside = (bins >= margin / grid + width) & (bins < steps - margin / grid - width)
    before = total[place] - total[place - width]
    after = total[np.minimum(place + 1 + width, len(total) - 1)] - total[place + 1]
    incoming: list[list[int]] = [[] for _ in range(synapses.targets)]
    for source, target in zip(synapses.source(), synapses.target, strict=True):
        incoming[target].append(int(source))
    ratios = []
    for row in np.flatnonzero(inside):
        neuron = spikes.channel[row]
        ancestors = before[row, incoming[neuron]].sum()
        if ancestors > 0:
            descendants = after[
                row, synapses.target[synapses.offsets[neuron] : synapses.offsets[neuron + 1]]
            ].sum()
            ratios.append(descendants / ancestors)
    return float(np.mean(ratios)) if ratios else float("nan")


@dataclass(frozen=True, kw_only=True)
class Separation:
    """How a small difference of the input grows or fades in a reservoir."""

    time: NDArray[np.float64]
    """(steps,) [s] after the difference"""
    distance: NDArray[np.float64]
    """(steps,) root mean square difference of filtered spike trains, mean over samples"""
    exponent: float
    """[1/s] slope of log(distance) from its first value to the middle of its range; above 0: chaotic"""


def separation(
    reservoir: Reservoir,
    samples: Sequence[Events],
    *,
    at: float,
    shift: float = 2e-3,
    step: float = 1e-3,
    filter_time: float = 20e-3,
    seed: int = 0,
) -> Separation:
    """Run each sample beside a twin in which the first input spike after `at` [s] comes `shift` [s] later.

    Distance of two spike trains: both filtered by exp(−t/filter_time), root mean square over neurons (van
    Rossum).
    """
    twins = []
    for sample in samples:
        time = sample.time.copy()
        later = np.flatnonzero(time >= at)
        if later.size == 0:
            raise NetworkError(f"separation: a sample has no input spike after {at:g} s")
        time[later[0]] = min(time[later[0]] + shift, sample.duration)
        twins.append(events(time, sample.channel, sample.channels, sample.duration))
    first = run(reservoir, samples, step=step, record_spikes=True, seed=seed)
    second = run(reservoir, twins, step=step, record_spikes=True, seed=seed)
    decay = np.exp(-step / filter_time)
    curves = []
    for one, other in zip(first.spikes, second.spikes, strict=True):
        difference = one.dense(step).astype(float) - other.dense(step)
        state = np.zeros(difference.shape[1])
        curve = np.empty(difference.shape[0])
        for row, values in enumerate(difference):
            state = state * decay + values
            curve[row] = np.sqrt(np.mean(state**2))
        curves.append(curve)
    length = min(map(len, curves))
    distance = np.mean([curve[:length] for curve in curves], axis=0)
    begin = round(at / step)
    distance = distance[begin:]
    return Separation(
        time=np.arange(distance.size) * step, distance=distance, exponent=_growth(distance, step)
    )


def _growth(distance: NDArray[np.float64], step: float) -> float:
    seen = np.flatnonzero(distance > 0)
    if seen.size == 0:
        return float("-inf")
    start = int(seen[0])
    peak = int(np.argmax(distance))
    if peak > start + 2:
        middle = np.sqrt(distance[start] * distance[peak])
        stop = start + int(np.argmax(distance[start : peak + 1] >= middle))
        stop = max(stop, start + 2)
    else:
        stop = min(start + 50, distance.size)
    window = distance[start:stop]
    rows = np.flatnonzero(window > 0)
    if rows.size < 2:
        return float("-inf")
    return float(np.polyfit(rows * step, np.log(window[rows]), 1)[0])


def rank(states: ArrayLike, tolerance: float = 1e-3) -> int:
    """Return how many singular values of (samples, neurons) states exceed `tolerance` times the largest."""
    values = np.linalg.svd(np.asarray(states, dtype=np.float64), compute_uv=False)
    return int(np.sum(values > tolerance * values[0])) if values.size and values[0] > 0 else 0


@dataclass(frozen=True, kw_only=True)
class KernelQuality:
    """Ranks of states for different inputs and for noisy versions of one input."""

    kernel: int
    """rank over different inputs: how many of them a linear readout can tell apart"""
    generalisation: int
    """rank over jittered versions of one input: lower is better"""


def kernel_quality(
    reservoir: Reservoir,
    samples: Sequence[Events],
    *,
    jitter: float = 2e-3,
    step: float = 1e-3,
    tolerance: float = 1e-2,
    seed: int = 0,
) -> KernelQuality:
    """Measure both ranks on spike counts: `samples` as they are, and the first one jittered as often.

    Legenstein and Maass, Neural Networks 20, 323 (2007), doi:10.1016/j.neunet.2007.04.017. `jitter` [s] is
    the standard deviation by which each input spike of the second set moves.
    """
    generator = np.random.default_rng(np.random.SeedSequence([seed, 6]))
    model = samples[0]
    jittered = [
        events(
            np.clip(model.time + generator.normal(0.0, jitter, model.count), 0.0, model.duration),
            model.channel,
            model.channels,
            model.duration,
        )
        for _ in samples
    ]
    different = run(reservoir, samples, step=step, seed=seed).counts.sum(axis=1)
    same = run(reservoir, jittered, step=step, seed=seed).counts.sum(axis=1)
    return KernelQuality(kernel=rank(different, tolerance), generalisation=rank(same, tolerance))


def memory_capacity(
    reservoir: Reservoir,
    *,
    rate: float = 50.0,
    slot: float = 10e-3,
    slots: int = 2000,
    longest: int = 20,
    step: float = 1e-3,
    seed: int = 0,
) -> NDArray[np.float64]:
    """Return (longest,) how well a linear readout recalls the input 1, 2, … slots ago.

    In each slot [s] every channel is silent or fires at `rate`, all alike, by a coin; readouts of the
    counts of the present slot are trained on the first half and the squared correlation with the coin k
    slots ago is taken over the second. The sum is the memory capacity (Jaeger, GMD report 152 (2001)).
    """
    generator = np.random.default_rng(np.random.SeedSequence([seed, 7]))
    coin = generator.integers(0, 2, slots)
    fired = generator.random((round(slots * slot / step), reservoir.channels)) < rate * step
    fired &= np.repeat(coin, round(slot / step))[:, None].astype(bool)
    row, channel = np.nonzero(fired)
    sample = events(row * step, channel, reservoir.channels, slots * slot)
    states = run(reservoir, [sample], step=step, windows=slots, seed=seed).counts[0].astype(float)
    half = slots // 2
    capacity = np.zeros(longest)
    for back in range(1, longest + 1):
        target = np.roll(coin, back).astype(float)
        fitted = Ridge(penalty=10.0).fit(states[longest:half], target[longest:half])
        guess = fitted.predict(states[half:])
        if guess.std() > 0:
            capacity[back - 1] = np.corrcoef(guess, target[half:])[0, 1] ** 2
    return capacity
