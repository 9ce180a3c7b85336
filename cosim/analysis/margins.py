"""Operating margins: how far each parameter may go, on both sides, before the criterion fails.

`margins` runs the search, `MarginTable` (`margin_table.py`) holds what it found. Both ends of
all parameters advance together, one batch of the engine a round.

Not here: the search itself (`search.py`), random spreads (`yields.py`).
"""

from __future__ import annotations

import os
import time as clock
from collections.abc import Callable, Mapping, Sequence

from cosim.analysis.criterion import Criterion, as_criterion, samples_of
from cosim.analysis.margin_table import MarginEnd, MarginRow, MarginTable
from cosim.analysis.parameters import Parameter
from cosim.analysis.search import Edge, Outcome, find_edges
from cosim.analysis.subject import Subject
from cosim.errors import CosimError
from cosim.netlist import Circuit, Deck
from cosim.results import Pulses

#: Lanes of one kernel call of the engine.
_LANES = 16


def margins(
    source: Deck | Circuit | Subject,
    criterion: Criterion | Callable[[Pulses], bool | str],
    parameters: Sequence[Parameter],
    *,
    low: float = 0.1,
    high: float = 1.9,
    resolution: float = 0.005,
    scan: float = 0.1,
    guard: float = 0.025,
    step: float | None = None,
    threads: int | None = None,
    deck_parameters: Mapping[str, float] | None = None,
    progress: Callable[[float], None] | None = None,
) -> MarginTable:
    """Margins of every parameter alone, the others at nominal.

    Factors from `low` to `high` are searched, 1 being nominal: outward in steps of `scan`
    until the criterion fails, then by division of the bracket to `resolution`, and last the
    stretch of length `guard` inside the end at every step of the resolution, because operation
    often frays there. A margin is the outermost factor that passes with every factor tried
    inside it passing too; it errs on the safe side by at most the resolution. A gap that is
    narrower than `scan` and farther inside than `guard` can stay unseen.
    `step` [s] is the engine's; `deck_parameters` replace `.param` values throughout.
    `progress` gets the fraction that is done.

    A circuit that fails at nominal gets margins of zero, and the table says why.
    """
    began = clock.perf_counter()
    if not (0.0 < low < 1.0 < high):
        raise CosimError(f"margins are searched between factors low < 1 < high, got {low} and {high}")
    if not (resolution > 0.0 and scan > 0.0):
        raise CosimError(f"resolution and scan must be positive, got {resolution} and {scan}")
    subject = Subject.of(source, deck_parameters)
    judge = as_criterion(criterion)
    threads = threads or os.cpu_count() or 1
    limits = [subject.limits(parameter, low, high) for parameter in parameters]
    edges = [
        Edge(start=1.0, limit=limit, resolution=resolution, scan=scan, guard=guard)
        for pair in limits
        for limit in pair
    ]
    nominal: list[Outcome] = []
    runs = 0

    def evaluate(points: Sequence[tuple[int, float]]) -> Sequence[Outcome]:
        nonlocal runs
        cases = [{parameters[edge // 2]: factor} for edge, factor in points]
        if not nominal:
            cases.append({})
        verdicts = judge.evaluate(
            subject.simulate(cases, step=step, threads=threads, samples=samples_of(judge))
        )
        runs += len(cases)
        if not nominal:
            nominal.append(verdicts.first[-1])
            if nominal[0] is not None:
                raise _NominalFails
        return verdicts.first[: len(points)]

    rounds = 0
    try:
        # One lane of the first round is the nominal circuit's.
        rounds = find_edges(edges, evaluate, _LANES * threads - 1, progress)
    except _NominalFails:
        rounds = 1
        edges = [Edge(start=1.0, limit=1.0, resolution=resolution, scan=scan) for _ in edges]
    failure = nominal[0] if nominal else None
    asked = [low, high]
    rows = tuple(
        MarginRow(
            parameter=parameter,
            low=_end(edges[2 * k], asked[0], failure),
            high=_end(edges[2 * k + 1], asked[1], failure),
        )
        for k, parameter in enumerate(parameters)
    )
    return MarginTable(
        rows=rows,
        nominal_failure=failure,
        resolution=resolution,
        low=low,
        high=high,
        runs=runs,
        rounds=rounds,
        step=subject.step if step is None else step,
        wall_time=clock.perf_counter() - began,
    )


class _NominalFails(Exception):
    """Leaves the search at once; never leaves this module."""


def _end(edge: Edge, asked: float, nominal_failure: Outcome) -> MarginEnd:
    if nominal_failure is not None:
        return MarginEnd(factor=1.0, failing=1.0, limited_by="criterion", reason=nominal_failure)
    if edge.open:
        limited_by = "range" if edge.limit == asked else "physics"
        return MarginEnd(factor=edge.inside, failing=None, limited_by=limited_by, reason=None)
    return MarginEnd(
        factor=edge.inside,
        failing=edge.outside,
        limited_by="criterion",
        reason=edge.reason,
        islands=edge.islands,
    )
