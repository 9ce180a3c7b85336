"""Measurements on one run: when pulses arrive, how many, how long from one place to another.

A place is a junction, whose events are its slips (crossings of odd multiples of π), or a
signal such as `V(5)` with a level, whose events are crossings of that level. Every function
takes any `Result`, that of a file of JoSIM's included; those on junctions take `Pulses` too.

Not here: latency window by window (`latency.py`), rules to pass or fail (`rules.py`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cosim.errors import CosimError
from cosim.results import Pulses, Result

Array = NDArray[np.float64]


def arrivals(run: Result | Pulses, place: str, *, level: float | None = None, rising: bool = True) -> Array:
    """Times (k,) [s] at which pulses arrive at a junction, or a signal crosses `level`.

    Of a junction: its slips upward, or downward when not `rising`. Of a signal (`V(5)`, `I(L1)`,
    `P(B1)`; `level` in its unit): linear between the samples. Raises `CosimError` for a signal
    without a level, and `UnknownNameError` for a name that the run does not hold.
    """
    sign = 1 if rising else -1
    if "(" not in place:
        pulses = run.pulses if isinstance(run, Result) else run
        times, signs = pulses.of(place)
        return times[signs == sign]
    if level is None:
        raise CosimError(f"{place} is a signal: give the level whose crossing counts; a junction needs none")
    if not isinstance(run, Result):
        raise CosimError(f"{place} is a signal, but only the slips of junctions were kept")
    values = sign * (run[place] - level)
    before = np.flatnonzero((values[:-1] < 0.0) & (values[1:] >= 0.0))
    part = -values[before] / (values[before + 1] - values[before])
    return run.time[before] + part * np.diff(run.time)[before]


def pulse_counts(run: Result | Pulses, junction: str, edges: ArrayLike) -> NDArray[np.int64]:
    """Net slips (windows,) of a junction between neighbouring `edges` (windows + 1,) [s].

    A window holds its lower edge and not its upper one. Raises `CosimError` unless edges ascend.
    """
    bounds = np.asarray(edges, dtype=np.float64)
    if bounds.ndim != 1 or len(bounds) < 2 or np.any(np.diff(bounds) <= 0.0):
        raise CosimError(f"windows need ascending edges, at least two, got {bounds!r}")
    times, signs = (run.pulses if isinstance(run, Result) else run).of(junction)
    window = np.searchsorted(bounds, times, side="right") - 1
    inside = (window >= 0) & (window < len(bounds) - 1)
    table = np.zeros(len(bounds) - 1, dtype=np.int64)
    np.add.at(table, window[inside], signs[inside].astype(np.int64))
    return table


def delays(
    run: Result | Pulses,
    start: str,
    end: str,
    *,
    levels: Sequence[float | None] = (None, None),
    in_order: bool = False,
) -> Array:
    """Delay (k,) [s] from each event at `start` to its answer at `end`.

    The answer is the first event at `end` from then on, NaN when another event at `start` comes
    before it; with `in_order` the k-th event answers the k-th, as in a pipeline whose delay
    exceeds its period. `levels` are those of signals, None for junctions.
    """
    first, last = arrivals(run, start, level=levels[0]), arrivals(run, end, level=levels[1])
    if in_order:
        answer = np.full(len(first), np.nan)
        common = min(len(first), len(last))
        answer[:common] = last[:common]
        return answer - first
    found = np.append(last, np.inf)[np.searchsorted(last, first, side="left")]
    following = np.append(first[1:], np.inf)
    return np.where(found < following, found - first, np.nan)


def turns(run: Result, junction: str, times: ArrayLike) -> Array:
    """Phase (k,) in turns that a junction has gained at `times` (k,) [s] since the first of them.

    From its phase `P(…)` where the run holds it; from its slips otherwise, in whole turns.
    """
    at = np.asarray(times, dtype=np.float64)
    label = f"P({junction})"
    if label in run:
        phase = np.interp(at, run.time, run[label]) / (2.0 * np.pi)
        return phase - phase[0]
    when, sign = run.pulses.of(junction)
    count = np.concatenate([[0], np.cumsum(sign.astype(np.int64))])[np.searchsorted(when, at, side="right")]
    return (count - count[0]).astype(np.float64)
