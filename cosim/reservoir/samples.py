"""What runs with and without plasticity share: the grid of a batch, its threads, its spikes."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from cosim.encoding import Events
from cosim.errors import NetworkError

Answer = TypeVar("Answer")


def steps_of(samples: Sequence[Events], channels: int, step: float, duration: float | None) -> int:
    """Return the number of steps of the longest sample, or of `duration` [s].

    Raises:
        NetworkError: no samples, a step that does not fit, a sample with other than `channels` channels.
    """
    if not samples:
        raise NetworkError("reservoir: no samples to run")
    length = max(sample.duration for sample in samples) if duration is None else duration
    if not (0 < step <= length * (1 + 1e-9)):
        raise NetworkError(
            f"reservoir: step = {step} s; expected above 0 and at most the duration, {length:g} s"
        )
    for number, sample in enumerate(samples):
        if sample.channels != channels:
            raise NetworkError(f"sample {number}: {sample.channels} channels; the reservoir has {channels}")
    return max(1, math.ceil(length / step - 1e-9))


def window_rows(steps: int, windows: int) -> NDArray[np.int32]:
    """Return (steps,) the window, of `windows` equal ones, in which each step is counted."""
    if windows < 1 or windows > steps:
        raise NetworkError(f"reservoir: windows = {windows}; expected 1 to the number of steps, {steps}")
    return (np.arange(steps) * windows // steps).astype(np.int32)


def over_samples(
    one: Callable[[int], Answer],
    count: int,
    threads: int | None,
    progress: Callable[[int], object] | None,
) -> list[Answer]:
    """Return one(0) … one(count − 1), `threads` at a time: as many as there are cores when None."""

    def told(number: int) -> Answer:
        answer = one(number)
        if progress is not None:
            progress(1)
        return answer

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    workers = min(threads or cores, count)
    if workers == 1:
        return [told(number) for number in range(count)]
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(told, range(count)))


def spike_events(rows: NDArray, who: NDArray, neurons: int, steps: int, step: float) -> Events:
    """Return the spikes of neurons `who` in steps `rows`, each at the end of its step."""
    return Events(time=(rows + 1) * step, channel=who, channels=neurons, duration=steps * step * (1 + 1e-12))
