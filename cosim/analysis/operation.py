"""Ranges of operation in time: the smallest period, and how far inputs may be skewed.

Here a point is a whole circuit with its own criterion, made by a function: its stimulus
changes, so points share no batch and run one by one, side by side on threads.

Not here: margins of parameters (`margins.py`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from cosim.analysis.criterion import Criterion, Disagreement, as_criterion, samples_of
from cosim.analysis.search import Edge, Outcome, find_edges
from cosim.analysis.subject import Subject
from cosim.errors import CosimError
from cosim.netlist import Circuit, Deck
from cosim.results import Pulses

#: Points next to an end that are tried one by one, in steps of the resolution.
_GUARD = 4

Case = tuple[Deck | Circuit, Criterion | Callable[[Pulses], bool | str]]
"""A circuit, and when it counts as working."""


@dataclass(frozen=True, kw_only=True)
class Bound:
    """One end of a range: `value` works, `failing` does not (None: the search's limit works)."""

    value: float
    failing: float | None
    reason: Disagreement | None


@dataclass(frozen=True, kw_only=True)
class Window:
    """The range around a point that works, both ends in the unit of what was varied."""

    low: Bound
    high: Bound

    @property
    def width(self) -> float:
        return self.high.value - self.low.value


def smallest_period(
    build: Callable[[float], Case],
    *,
    start: float,
    limit: float,
    resolution: float = 1e-12,
    scan: float | None = None,
    step: float | None = None,
    threads: int | None = None,
    progress: Callable[[float], None] | None = None,
) -> Bound:
    """Smallest period [s] between `limit` and `start` with which the circuit still works.

    `build(period)` returns the circuit and its criterion. The search goes from `start`, which
    must work, downward in steps of `scan` (default: a tenth of the way) until it fails;
    throughput is one over the result.
    """
    if not (0.0 < limit < start):
        raise CosimError(
            f"the smallest period is searched from start down to limit, got {start} and {limit} s"
        )
    coarse = 0.1 * (start - limit) if scan is None else scan
    edge = Edge(start=start, limit=limit, resolution=resolution, scan=coarse, guard=_GUARD * resolution)
    _search(build, start, [edge], step, threads, progress)
    return Bound(value=edge.inside, failing=edge.outside, reason=edge.reason)


def operating_window(
    build: Callable[[float], Case],
    *,
    low: float,
    high: float,
    centre: float = 0.0,
    resolution: float = 0.5e-12,
    scan: float | None = None,
    step: float | None = None,
    threads: int | None = None,
    progress: Callable[[float], None] | None = None,
) -> Window:
    """Range around `centre`, within `low`..`high`, in which the circuit works.

    `build(x)` returns the circuit and its criterion at x: the skew [s] between two inputs, the
    lead of an inhibition, anything. `scan` defaults to a twentieth of the whole range.
    """
    if not (low <= centre <= high and low < high):
        raise CosimError(f"the centre must lie within low..high, got {low}, {centre}, {high}")
    coarse = 0.05 * (high - low) if scan is None else scan
    edges = [
        Edge(start=centre, limit=limit, resolution=resolution, scan=coarse, guard=_GUARD * resolution)
        for limit in (low, high)
    ]
    _search(build, centre, edges, step, threads, progress)
    ends = [Bound(value=e.inside, failing=e.outside, reason=e.reason) for e in edges]
    return Window(low=ends[0], high=ends[1])


def _search(
    build: Callable[[float], Case],
    start: float,
    edges: Sequence[Edge],
    step: float | None,
    threads: int | None,
    progress: Callable[[float], None] | None,
) -> None:
    count = threads or os.cpu_count() or 1

    def outcome(point: float) -> Outcome:
        source, criterion = build(point)
        judge = as_criterion(criterion)
        batch = Subject.of(source).simulate([{}], step=step, threads=1, samples=samples_of(judge))
        return judge.evaluate(batch).first[0]

    first = outcome(start)
    if first is not None:
        raise CosimError(f"the search starts from a point that must work, but at {start:g}: {first}")
    with ThreadPoolExecutor(count) as pool:
        find_edges(edges, lambda points: list(pool.map(outcome, [p for _, p in points])), count, progress)
