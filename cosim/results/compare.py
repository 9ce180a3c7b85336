"""How far two results are apart: waveforms, and trains of pulses.

The waveform metric is the one Xyce uses to verify its own output: the root mean square
over time of (reference − test) / (relative·|reference| + absolute), which is below 1 when
the test lies within the tolerances. It does not ask for equal time grids.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cosim.errors import CosimError
from cosim.results.result import Result

#: Absolute tolerances by unit: far below anything that a Josephson circuit shows.
ABSOLUTE_TOLERANCE: Mapping[str, float] = {"rad": 1e-3, "V": 1e-6, "A": 1e-7}


def waveform_distance(
    reference_time: ArrayLike,
    reference: ArrayLike,
    test_time: ArrayLike,
    test: ArrayLike,
    *,
    relative: float = 1e-3,
    absolute: float = 1e-6,
) -> float:
    """Return the RMS distance in units of the tolerance; below 1 passes.

    Both curves are interpolated linearly on the union of their grids, over the time that
    they share. Raises `CosimError` when they share none. A value that is not a number
    gives infinity.
    """
    first_time, first = np.asarray(reference_time, dtype=float), np.asarray(reference, dtype=float)
    second_time, second = np.asarray(test_time, dtype=float), np.asarray(test, dtype=float)
    if first_time.size == 0 or second_time.size == 0:
        raise CosimError("cannot compare waveforms: one of them has no points")
    start = max(first_time[0], second_time[0])
    stop = min(first_time[-1], second_time[-1])
    if stop <= start:
        raise CosimError(
            "cannot compare waveforms: they share no time span (one lies in "
            f"[{first_time[0]:.4g}, {first_time[-1]:.4g}] s, the other in "
            f"[{second_time[0]:.4g}, {second_time[-1]:.4g}] s)"
        )
    grid = np.union1d(first_time, second_time)
    grid = grid[(grid >= start) & (grid <= stop)]
    good = np.interp(grid, first_time, first)
    weighted = (good - np.interp(grid, second_time, second)) / (relative * np.abs(good) + absolute)
    distance = float(np.sqrt(np.trapezoid(weighted**2, grid) / (stop - start)))
    return distance if np.isfinite(distance) else float("inf")


def compare_waveforms(
    reference: Result,
    test: Result,
    names: Iterable[str] | None = None,
    *,
    relative: float = 1e-3,
    absolute: Mapping[str, float] = ABSOLUTE_TOLERANCE,
) -> dict[str, float]:
    """Return `{name: RMS distance}` for `names`, or for all signals that both results hold.

    `absolute` gives the absolute tolerance by unit. Raises `CosimError` when `test` ends
    before `reference` by more than 1 %: a run that broke off must not pass.
    """
    chosen = [name for name in reference.signals if name in test] if names is None else list(names)
    if not chosen:
        raise CosimError("cannot compare waveforms: the results have no signal in common")
    if test.time.size and reference.time.size:
        missing = reference.time[-1] - test.time[-1]
        if missing > 0.01 * (reference.time[-1] - reference.time[0]):
            raise CosimError(
                f"cannot compare waveforms: one run ends at {test.time[-1]:.4g} s, "
                f"the other at {reference.time[-1]:.4g} s"
            )
    return {
        name: waveform_distance(
            reference.time,
            reference[name],
            test.time,
            test[name],
            relative=relative,
            absolute=absolute.get(reference.units[reference.find(name)], 1e-6),
        )
        for name in chosen
    }


@dataclass(frozen=True, kw_only=True)
class Disagreement:
    """The earliest pulse on which two runs differ: where, when [s], and how."""

    element: str
    time: float
    reason: str

    def __str__(self) -> str:
        return f"{self.element} at {self.time * 1e12:.3f} ps: {self.reason}"


@dataclass(frozen=True, kw_only=True)
class PulseComparison:
    """`max_difference` [s] is the largest arrival difference between paired pulses, met at
    `element` and `time` [s]; `pulses` counts the pairs. `first_disagreement` is None when
    counts and signs are equal and no difference exceeds the tolerance.
    """

    max_difference: float
    element: str
    time: float
    pulses: int
    counts_equal: bool
    first_disagreement: Disagreement | None

    @property
    def agree(self) -> bool:
        return self.first_disagreement is None


def compare_pulses(
    a: Result,
    b: Result,
    names: Iterable[str] | None = None,
    *,
    tolerance: float = 0.5e-12,
    stop: float | None = None,
) -> PulseComparison:
    """Compare the slips of junctions `names` (default: all that `a` knows) in two runs.

    Slips are paired in order, junction by junction. Where counts or signs differ, pairs
    from there on do not enter `max_difference`. Slips after `stop` [s], by default the
    earlier end of the two runs less the tolerance, do not count, so that a slip on the
    last sample of one run is no disagreement.
    """
    if stop is None:
        ends = [result.time[-1] for result in (a, b) if result.time.size]
        stop = float(min(ends)) - tolerance if ends else float("inf")
    largest, place, when, pairs = 0.0, "", 0.0, 0
    counts_equal = True
    first: Disagreement | None = None
    for name in a.pulses.names if names is None else names:
        (times_a, signs_a), (times_b, signs_b) = a.pulses.of(name), b.pulses.of(name)
        kept_a, kept_b = _kept(times_a, times_b, stop)
        matched = _matching(signs_a[:kept_a], signs_b[:kept_b])
        difference = np.abs(times_a[:matched] - times_b[:matched])
        pairs += matched
        if matched and difference.max() > largest:
            worst = int(np.argmax(difference))
            largest, place, when = float(difference[worst]), name, float(times_a[worst])
        found = _first(name, times_a[:kept_a], times_b[:kept_b], matched, difference, tolerance)
        if kept_a != kept_b:
            counts_equal = False
        if found is not None and (first is None or found.time < first.time):
            first = found
    return PulseComparison(
        max_difference=largest,
        element=place,
        time=when,
        pulses=pairs,
        counts_equal=counts_equal,
        first_disagreement=first,
    )


def _kept(times_a: NDArray[np.float64], times_b: NDArray[np.float64], stop: float) -> tuple[int, int]:
    """Count the slips up to `stop`; one that lies just beyond in one run alone is kept in
    both, lest the cut itself make a difference.
    """
    kept_a = int(np.searchsorted(times_a, stop, side="right"))
    kept_b = int(np.searchsorted(times_b, stop, side="right"))
    if kept_a == kept_b:
        return kept_a, kept_b
    return min(max(kept_a, kept_b), times_a.size), min(max(kept_a, kept_b), times_b.size)


def _matching(signs_a: NDArray[np.int8], signs_b: NDArray[np.int8]) -> int:
    common = min(signs_a.size, signs_b.size)
    differs = np.flatnonzero(signs_a[:common] != signs_b[:common])
    return int(differs[0]) if differs.size else common


def _first(
    name: str,
    times_a: NDArray[np.float64],
    times_b: NDArray[np.float64],
    matched: int,
    difference: NDArray[np.float64],
    tolerance: float,
) -> Disagreement | None:
    late = np.flatnonzero(difference > tolerance)
    if late.size:
        index = int(late[0])
        reason = f"pulse {index + 1} arrives {difference[index] * 1e12:.3f} ps apart"
        return Disagreement(element=name, time=float(min(times_a[index], times_b[index])), reason=reason)
    if matched == times_a.size == times_b.size:
        return None
    if matched < min(times_a.size, times_b.size):
        when = float(min(times_a[matched], times_b[matched]))
        return Disagreement(element=name, time=when, reason=f"pulse {matched + 1} has opposite signs")
    longer = times_a if times_a.size > times_b.size else times_b
    reason = f"pulse {matched + 1} is missing in one run ({times_a.size} against {times_b.size} pulses)"
    return Disagreement(element=name, time=float(longer[matched]), reason=reason)
