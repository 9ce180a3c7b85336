"""Numbers between 0 and 1 as spikes: Poisson, regular rate, latency."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from cosim.encoding.events import Events, events
from cosim.errors import NetworkError


def poisson(values: ArrayLike, *, duration: float, step: float, highest_rate: float, seed: int) -> Events:
    """Draw spikes: in each step channel i fires with probability 1 − exp(−values[i]·highest_rate·step).

    Args:
        values: (channels,) or (steps, channels), 0 to 1.
        duration: length of the sample [s]; with (steps, channels) it must be steps · step.
        step: grid of the draw [s].
        highest_rate: rate at value 1 [1/s].
        seed: key of the sample; the same seed gives the same spikes.
    """
    array = _unit_values(values, (1, 2), "poisson")
    steps = _steps(duration, step)
    if array.ndim == 2 and array.shape[0] != steps:
        raise NetworkError(f"poisson: values have {array.shape[0]} steps; duration over step is {steps}")
    chance = -np.expm1(-array * highest_rate * step)
    draws = np.random.default_rng(np.random.SeedSequence(seed)).random((steps, array.shape[-1]))
    row, channel = np.nonzero(draws < chance)
    return events(row * step, channel, array.shape[-1], duration)


def bernoulli(
    values: ArrayLike, *, duration: float, step: float, dead_time: float = 0.0, seed: int
) -> Events:
    """Draw spikes: in each step channel i is hit with probability values[i] and fires.

    For `dead_time` [s] after a spike a channel is silent; one that is hit meanwhile fires at its end (as a
    neuron does that integrates during its refractory time). `values` (channels,), 0 to 1.
    """
    array = _unit_values(values, (1,), "bernoulli")
    steps = _steps(duration, step)
    hit = np.random.default_rng(np.random.SeedSequence(seed)).random((steps, array.size)) < array
    dead = round(dead_time / step)
    if dead:
        waiting = np.zeros(array.size, dtype=bool)
        ready = np.zeros(array.size, dtype=np.int64)
        for row in range(steps):
            waiting |= hit[row]
            hit[row] = waiting & (ready <= row)
            waiting &= ~hit[row]
            ready[hit[row]] = row + 1 + dead
    row, channel = np.nonzero(hit)
    return events(row * step, channel, array.size, duration)


def regular(values: ArrayLike, *, duration: float, highest_rate: float) -> Events:
    """Fire evenly: channel i at (n + ½)/(values[i]·highest_rate), n = 0, 1, …; silent at value 0."""
    array = _unit_values(values, (1,), "regular")
    times, channels = [], []
    for channel, rate in enumerate(array * highest_rate):
        count = math.floor(duration * rate + 0.5)
        times.append((np.arange(count) + 0.5) / rate if count else np.empty(0))
        channels.append(np.full(count, channel))
    return events(np.concatenate(times), np.concatenate(channels), array.size, duration)


def latency(values: ArrayLike, *, duration: float, silent_below: float = 0.0) -> Events:
    """Fire once: channel i at (1 − values[i])·duration, the strongest first; silent at `silent_below` or
    less.
    """
    array = _unit_values(values, (1,), "latency")
    channel = np.flatnonzero(array > silent_below)
    return events((1.0 - array[channel]) * duration, channel, array.size, duration)


def _unit_values(values: ArrayLike, dimensions: tuple[int, ...], name: str) -> np.ndarray:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim not in dimensions:
        raise NetworkError(
            f"{name}: values of shape {array.shape}; expected {' or '.join(map(str, dimensions))} axes"
        )
    if array.size and not (array.min() >= 0 and array.max() <= 1):
        raise NetworkError(
            f"{name}: values from {array.min():g} to {array.max():g}; expected 0 to 1: scale them first"
        )
    return array


def _steps(duration: float, step: float) -> int:
    steps = round(duration / step)
    if steps < 1 or abs(steps * step - duration) > 1e-6 * step:
        raise NetworkError(f"duration = {duration:g} s is not a whole number of steps of {step:g} s")
    return steps
