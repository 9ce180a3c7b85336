"""Independent sources between their corners.

Between two neighbouring corners every piecewise-linear source is a straight line, so the
kernel gets constant, linear and quadratic coefficients a segment and evaluates nothing
else. Smooth waveforms (a sine, say) are replaced on a grid: currents by parabolas, which are
within 2e-6 of the amplitude, rates of phase by straight lines, within 3e-6.

Not here: what waveforms exist (`cosim.netlist.waveforms`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cosim.errors import SimulationError
from cosim.netlist.circuit import Circuit, PhaseSource
from cosim.netlist.waveforms import Constant, Noise, PiecewiseLinear, Pulse, Sine, Waveform

Array = NDArray[np.float64]

_PARABOLAS_PER_PERIOD = 128
_LINES_PER_PERIOD = 1280
#: Corners closer than this [s] are one corner.
SAME_TIME = 1e-18
#: Part of the time before t = 0 in which sources ramp up; they hold for the rest.
RAMP_SHARE = 0.4


@dataclass(frozen=True, kw_only=True)
class LineTable:
    """Every source as parabolas: source k has pieces `start[k]:start[k+1]`.

    `time` (pieces,), `value`, `slope` and `curvature` (pieces, variants) where a piece begins;
    it holds until the next.
    """

    start: NDArray[np.int64]
    time: Array
    value: Array
    slope: Array
    curvature: Array

    @property
    def sources(self) -> int:
        return len(self.start) - 1

    @classmethod
    def of(
        cls,
        waveforms: Sequence[Sequence[Waveform]],
        stop: float,
        before: float = 0.0,
        initial: Sequence[Sequence[float | None]] = (),
    ) -> LineTable:
        """`waveforms[v][k]` is source k of variant v. Corners must agree between variants.

        With `before` > 0 the sources start at -`before` [s] from zero, reach their value at
        t = 0 along a straight line in the first part of that time, and hold it for the rest. Where
        `initial[v][k]` is a number they reach that as their integral instead, and are zero then.
        """
        count = len(waveforms[0]) if waveforms else 0
        times, values, slopes, curvatures, start = [], [], [], [], [0]
        known: dict[tuple[object, ...], tuple[Array, Array, Array, Array]] = {}
        for k in range(count):
            variants = tuple(row[k] for row in waveforms)
            goals = tuple(row[k] for row in initial)
            if (variants, goals) not in known:
                known[variants, goals] = _parabolas(variants, stop, before, goals)
            moments, value, slope, curvature = known[variants, goals]
            times.append(moments)
            slopes.append(slope)
            curvatures.append(curvature)
            values.append(value)
            start.append(start[-1] + len(moments))
        width = len(waveforms)
        return cls(
            start=np.array(start, dtype=np.int64),
            time=np.concatenate([np.empty(0), *times]),
            value=np.concatenate([np.empty((0, width)), *values]),
            slope=np.concatenate([np.empty((0, width)), *slopes]),
            curvature=np.concatenate([np.empty((0, width)), *curvatures]),
        )

    def scaled(self, factors: Array) -> LineTable:
        """Source k of variant v times `factors[v, k]`; a table of one variant serves all rows."""
        rows = np.repeat(factors.T, np.diff(self.start), axis=0)
        return replace(
            self, value=self.value * rows, slope=self.slope * rows, curvature=self.curvature * rows
        )


def _parabolas(
    variants: Sequence[Waveform], stop: float, before: float, goals: Sequence[float | None]
) -> tuple[Array, Array, Array, Array]:
    """Start times (pieces,), then value, slope and curvature (pieces, variants) of one source."""
    corners = _grid(variants[0], stop, _PARABOLAS_PER_PERIOD)
    if any(not np.array_equal(_grid(other, stop, _PARABOLAS_PER_PERIOD), corners) for other in variants[1:]):
        raise SimulationError(
            "the variants of a batch have sources with corners at different times; run them one by one"
        )
    width = np.diff(corners)[:, None]
    # The parabola through the quarter points, so that a jump at a corner belongs to no piece.
    low, middle, high = (
        np.array([w.value(corners[:-1] + part * width[:, 0]) for w in variants]).T
        for part in (0.25, 0.5, 0.75)
    )
    bend = high - 2.0 * middle + low
    bend[np.abs(bend) < 1e-12 * (np.abs(low) + np.abs(high))] = 0.0
    slope = (2.0 * (high - low) - 8.0 * bend) / width
    value = middle - 0.5 * width * slope - 2.0 * bend
    curvature = 16.0 * bend / width**2
    moments = corners[:-1]
    if before > 0.0:
        ramp = RAMP_SHARE * before
        moments = np.concatenate([[-before, ramp - before], moments])
        none = np.zeros_like(value[:1])
        given = np.array([goal is not None for goal in goals], dtype=bool)
        if given.any():
            goal = np.array([[0.0 if g is None else g for g in goals]])
            slope = np.concatenate([none, none, slope])
            value = np.concatenate([goal / ramp, none, value])
        else:
            slope = np.concatenate([value[:1] / ramp, none, slope])
            value = np.concatenate([none, value[:1], value])
        curvature = np.concatenate([np.zeros((2, len(variants))), curvature])
    return moments, value, slope, curvature


def _grid(waveform: Waveform, stop: float, pieces: int) -> Array:
    """Corners, and for smooth waveforms `pieces` a period between them."""
    inside = waveform.corners(stop)
    if isinstance(waveform, Constant | Noise | PiecewiseLinear | Pulse):
        return np.concatenate([[0.0], inside, [stop]])
    if isinstance(waveform, Sine):
        period = 1.0 / waveform.frequency if waveform.frequency > 0.0 else stop
    else:
        period = stop
    count = max(1, int(np.ceil(stop / period * pieces)))
    return np.unique(np.concatenate([np.linspace(0.0, stop, count + 1), inside]))


class Walker:
    """Walks a `LineTable` from corner to corner, touching only sources that change."""

    def __init__(self, table: LineTable) -> None:
        self._table = table
        piece_source = np.repeat(np.arange(table.sources), np.diff(table.start))
        self._order = np.argsort(table.time, kind="stable")
        self._source = piece_source
        self._next = 0
        width = table.value.shape[1]
        self._base = np.zeros((table.sources, width))
        self._base_time = np.zeros(table.sources)
        self._base_slope = np.zeros((table.sources, width))
        self.slope = np.zeros((table.sources, width))
        """(sources, variants) at the time of the last `move_to`."""
        self.curvature = np.zeros((table.sources, width))

    def move_to(self, time: float) -> Array:
        """Values (sources, variants) just after `time`, which never goes backwards."""
        table, order = self._table, self._order
        while self._next < len(order) and table.time[order[self._next]] <= time + SAME_TIME:
            piece = order[self._next]
            source = self._source[piece]
            self._base[source] = table.value[piece]
            self._base_time[source] = table.time[piece]
            self._base_slope[source] = table.slope[piece]
            self.curvature[source] = table.curvature[piece]
            self._next += 1
        since = (time - self._base_time)[:, None]
        self.slope = self._base_slope + self.curvature * since
        return self._base + (self._base_slope + 0.5 * self.curvature * since) * since


def corner_times(tables: Sequence[LineTable], stop: float) -> Array:
    """The first time of all sources (0 where they do not start before), every corner, and `stop`."""
    times = np.unique(np.concatenate([[0.0], *(table.time for table in tables)]))
    times = times[times < stop - SAME_TIME]
    keep = np.concatenate([[True], np.diff(times) > SAME_TIME])
    return np.append(times[keep], stop)


def tied_rates(
    circuit: Circuit, sources: Sequence[object], flux_per_phase: float, stop: float
) -> list[Waveform]:
    """Phase rate [rad/s] of each voltage or phase source of a circuit, piecewise linear."""
    rates: list[Waveform] = []
    for source in sources:
        waveform: Waveform = source.waveform  # type: ignore[attr-defined]
        grid = _grid(waveform, stop, _LINES_PER_PERIOD)
        width = np.diff(grid)
        if isinstance(source, PhaseSource):
            values, middle = waveform.value(grid), waveform.value(grid[:-1] + 0.5 * width)
            first, last = values[:-1], values[1:]
            ends = np.stack([4.0 * middle - 3.0 * first - last, 3.0 * last - 4.0 * middle + first], axis=1)
            ends = ends / width[:, None]
        else:
            low, high = (waveform.value(grid[:-1] + part * width) for part in (0.25, 0.75))
            ends = np.stack([1.5 * low - 0.5 * high, 1.5 * high - 0.5 * low], axis=1) / flux_per_phase
        rates.append(PiecewiseLinear(tuple(np.repeat(grid, 2)[1:-1]), tuple(ends.ravel())))
    return rates
