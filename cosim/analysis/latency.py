"""Latency: from the pulse at an input to the pulse at an output, window by window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cosim.errors import CosimError
from cosim.results import Pulses, Result

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Latency:
    """Times of one run, a row a window; NaN where no pulse came. All in s."""

    edges: Array
    input_time: Array
    """(windows,): the last of the inputs' first pulses, from when on all is known."""
    output_time: Array
    """(windows, outputs): first pulse of each output."""
    outputs: tuple[str, ...]

    @property
    def delay(self) -> Array:
        """(windows, outputs) [s]"""
        return self.output_time - self.input_time[:, None]

    @property
    def worst(self) -> float:
        """Largest delay [s]; NaN where no output ever followed an input."""
        delay = self.delay
        return float(np.nanmax(delay)) if np.any(np.isfinite(delay)) else float("nan")


def first_pulses(run: Result | Pulses, name: str, edges: ArrayLike) -> Array:
    """Time (windows,) [s] of a junction's first positive slip in each window; NaN without one."""
    pulses = run.pulses if isinstance(run, Result) else run
    bounds = np.asarray(edges, dtype=np.float64)
    if bounds.ndim != 1 or len(bounds) < 2 or np.any(np.diff(bounds) <= 0.0):
        raise CosimError("windows need ascending edges, at least two")
    times, signs = pulses.of(name)
    times = times[signs > 0]
    position = np.searchsorted(times, bounds[:-1], side="left")
    found = np.append(times, np.inf)[position]
    return np.where(found < bounds[1:], found, np.nan)


def latency(run: Result | Pulses, inputs: Sequence[str], outputs: Sequence[str], edges: ArrayLike) -> Latency:
    """Latency in every window between neighbouring `edges` (windows + 1,) [s].

    `inputs` and `outputs` name junctions. A window in which only some inputs have a pulse
    counts from those.
    """
    if not inputs or not outputs:
        raise CosimError("latency needs at least one input and one output junction")
    arrivals = np.array([first_pulses(run, name, edges) for name in inputs])
    known = np.isfinite(arrivals)
    last = np.max(np.where(known, arrivals, -np.inf), axis=0)
    return Latency(
        edges=np.asarray(edges, dtype=np.float64),
        input_time=np.where(np.any(known, axis=0), last, np.nan),
        output_time=np.array([first_pulses(run, name, edges) for name in outputs]).T,
        outputs=tuple(outputs),
    )
