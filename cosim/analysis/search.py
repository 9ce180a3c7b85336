"""Search for the edges of a region of operation, many edges at a time.

Each edge is first scanned outward from a point that works, in coarse steps, until a point
fails; the bracket is then divided until it is as narrow as asked. What counts is the region
connected to the start, as far as the scan resolves it: points that work again beyond the
first failure are kept as `islands` and do not extend it. All edges advance together, and
the free lanes of a batch go to edges that are still open, so narrow brackets are divided
into many parts at once.

Not here: what a point is (`margins.py`: factors; `operation.py`: periods and skews).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from cosim.analysis.criterion import Disagreement

Outcome = Disagreement | None
"""None where the point works."""


@dataclass(kw_only=True)
class Edge:
    """One edge: from `start`, which works, towards `limit`, to within `resolution`."""

    start: float
    limit: float
    resolution: float
    scan: float
    """Width of the coarse steps."""
    inside: float = field(init=False)
    outside: float | None = field(init=False, default=None)
    reason: Disagreement | None = field(init=False, default=None)
    islands: list[float] = field(init=False, default_factory=list)
    pending: list[float] = field(init=False)

    def __post_init__(self) -> None:
        self.inside = self.start
        count = max(1, math.ceil(abs(self.limit - self.start) / self.scan - 1e-9))
        grid = np.linspace(self.start, self.limit, count + 1)[1:]
        self.pending = [float(x) for x in grid] if self.limit != self.start else []

    @property
    def open(self) -> bool:
        """True when everything up to the limit works."""
        return self.outside is None and not self.pending

    @property
    def done(self) -> bool:
        if self.outside is None:
            return not self.pending
        return abs(self.outside - self.inside) <= self.resolution * (1.0 + 1e-9)

    @property
    def useful(self) -> int:
        """Number of points that this edge can make use of now."""
        if self.outside is None:
            return len(self.pending)
        return max(0, math.ceil(abs(self.outside - self.inside) / self.resolution - 1e-9) - 1)

    def propose(self, count: int) -> list[float]:
        """The next points, from inside to outside."""
        if self.outside is None:
            return self.pending[:count]
        return [float(x) for x in np.linspace(self.inside, self.outside, count + 2)[1:-1]]

    def absorb(self, points: Sequence[float], outcomes: Sequence[Outcome]) -> None:
        """Take the outcomes of what `propose` gave, in its order."""
        if self.outside is None:
            self.pending = self.pending[len(points) :]
        for index, (point, outcome) in enumerate(zip(points, outcomes, strict=True)):
            if outcome is None:
                self.inside = point
                continue
            self.outside, self.reason, self.pending = point, outcome, []
            again = [p for p, later in zip(points[index:], outcomes[index:], strict=True) if later is None]
            self.islands.extend(again)
            return


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
