"""Search for the edges of a region of operation, many edges at a time.

Each edge is first scanned outward from a point that works, in coarse steps, until a point
fails; the bracket is then divided until it is as narrow as asked. Regions of operation often
fray: shortly before the edge there is a gap, and bisection may end on the island beyond it.
So the last stretch inside the edge, the guard, is tried point by point too. What counts is
the region connected to the start; what works beyond the first failure is kept as `islands`
and does not extend it. All edges advance together, and
the free lanes of a batch go to edges that are still open, so narrow brackets are divided
into many parts at once.

Not here: what a point is (`margins.py`: factors; `operation.py`: periods and skews).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from cosim.analysis.criterion import Disagreement

Outcome = Disagreement | None
"""None where the point works."""

#: Brackets that lack no more divisions than this are finished and guarded in one round.
_NARROW = 3


@dataclass(kw_only=True)
class Edge:
    """One edge: from `start`, which works, towards `limit`, to within `resolution`."""

    start: float
    limit: float
    resolution: float
    scan: float
    """Width of the coarse steps."""
    guard: float = 0.0
    """How far inside the edge every point of the resolution is tried."""
    tried: dict[float, Outcome] = field(init=False, default_factory=dict)
    inside: float = field(init=False)
    outside: float | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.inside = self.start
        self.tried[self.start] = None
        count = max(1, math.ceil(abs(self.limit - self.start) / self.scan - 1e-9))
        self._grid = [float(x) for x in np.linspace(self.start, self.limit, count + 1)[1:]]

    @property
    def open(self) -> bool:
        """True when everything up to the limit works."""
        return self.outside is None and self.inside == self.limit

    @property
    def done(self) -> bool:
        return self.useful == 0

    @property
    def reason(self) -> Outcome:
        """Why the point `outside` fails."""
        return None if self.outside is None else self.tried[self.outside]

    @property
    def islands(self) -> tuple[float, ...]:
        """Points beyond the first failure that work again, ascending."""
        if self.outside is None:
            return ()
        beyond = self._distance(self.outside)
        return tuple(
            sorted(p for p, outcome in self.tried.items() if outcome is None and self._distance(p) > beyond)
        )

    @property
    def useful(self) -> int:
        """Number of points that this edge can make use of now; 0 when it is found."""
        if self.outside is None:
            return len(self._ahead())
        divisions = self._divisions()
        return divisions if divisions > _NARROW else divisions + len(self._unguarded())

    def propose(self, count: int) -> list[float]:
        """The next points."""
        if self.outside is None:
            return self._ahead()[:count]
        divisions = self._divisions()
        inner = min(count, divisions)
        points = [float(x) for x in np.linspace(self.inside, self.outside, inner + 2)[1:-1]]
        return points if divisions > _NARROW else points + self._unguarded()[: count - inner]

    def absorb(self, points: Sequence[float], outcomes: Sequence[Outcome]) -> None:
        """Take the outcomes of what `propose` gave, in its order."""
        self.tried.update(zip(points, outcomes, strict=True))
        self.outside = None
        for point in sorted(self.tried, key=self._distance):
            if self.tried[point] is not None:
                self.outside = point
                return
            self.inside = point

    def _distance(self, point: float) -> float:
        return abs(point - self.start)

    def _ahead(self) -> list[float]:
        """Coarse points that are still to be scanned."""
        reached = self._distance(self.inside)
        return [p for p in self._grid if self._distance(p) > reached] if self.limit != self.start else []

    def _divisions(self) -> int:
        """Points that divide the bracket down to the resolution."""
        assert self.outside is not None
        return max(0, math.ceil(abs(self.outside - self.inside) / self.resolution - 1e-9) - 1)

    def _unguarded(self) -> list[float]:
        """Points that fill the gaps on the inner side of the edge, the outermost first."""
        reached = self._distance(self.inside)
        known = sorted(d for d in map(self._distance, self.tried) if d <= reached)[::-1]
        inward = math.copysign(1.0, self.limit - self.start)
        missing = []
        for outer, inner in pairwise(known):
            inner = max(inner, reached - self.guard)
            count = math.ceil((outer - inner) / self.resolution - 1e-6) - 1
            missing += [self.start + inward * float(d) for d in np.linspace(outer, inner, count + 2)[1:-1]]
            if inner <= reached - self.guard:
                break
        return missing


def share(edges: Sequence[Edge], slots: int) -> list[int]:
    """How many points each edge gets: one for each that is not done, free slots in turn."""
    useful = [0 if edge.done else edge.useful for edge in edges]
    given = [min(1, u) for u in useful]
    free = slots - sum(given)
    while free > 0:
        hungry = [i for i, u in enumerate(useful) if u > given[i]]
        if not hungry:
            break
        # Brackets gain more from a further point than a scan that may stop before it.
        hungry.sort(key=lambda i: (given[i], edges[i].outside is None))
        for i in hungry[:free]:
            given[i] += 1
        free -= min(free, len(hungry))
    return given


def find_edges(
    edges: Sequence[Edge],
    evaluate: Callable[[Sequence[tuple[int, float]]], Sequence[Outcome]],
    slots: int,
    progress: Callable[[float], None] | None = None,
) -> int:
    """Advance all edges to their end; returns the number of rounds.

    `evaluate` takes (index of the edge, point) pairs and returns their outcomes in order.
    `progress` gets the fraction that is done, by the width of brackets.
    """
    rounds = 0
    while not all(edge.done for edge in edges):
        given = share(edges, slots)
        asked = [edge.propose(count) for edge, count in zip(edges, given, strict=True)]
        outcomes = iter(evaluate([(i, point) for i, points in enumerate(asked) for point in points]))
        for edge, points in zip(edges, asked, strict=True):
            if points:
                edge.absorb(points, [next(outcomes) for _ in points])
        rounds += 1
        if progress is not None:
            progress(float(np.mean([_fraction(edge) for edge in edges])))
    return rounds


def _fraction(edge: Edge) -> float:
    """Share of the halvings that this edge has behind it."""
    if edge.done:
        return 1.0
    whole = max(abs(edge.limit - edge.start) / edge.resolution, 2.0)
    left = abs((edge.limit if edge.outside is None else edge.outside) - edge.inside) / edge.resolution
    return 1.0 - math.log(max(left, 1.0)) / math.log(whole)
