"""Setup and hold time of a clocked cell: how near the data may come to the clock.

The data pulse is moved against a clock pulse. Early data is read by that clock pulse, late data
by the next one; between the two the cell answers late, twice or not at all. Setup is how long
before the clock the data must have come, hold how long after it the data must stay away: both
as they arrive at two junctions before the cell, and with an answer that is no later than
`push_out` times its delay far from the edge. A negative hold time is common: the cell decides
before the clock's pulse is over.

Both edges are found together, by scan and division of brackets, a batch of the engine a round.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cosim.analysis.criterion import Disagreement
from cosim.analysis.search import Edge, Outcome, find_edges
from cosim.analysis.stimulus import simulate_stimuli
from cosim.analysis.subject import Subject
from cosim.errors import CosimError
from cosim.netlist import Deck, flatten
from cosim.results import Pulses

_LANES = 16
#: Points inside an edge that are tried one by one, in steps of the resolution.
_GUARD = 4


@dataclass(frozen=True, kw_only=True)
class SetupHold:
    """Times in s; `clock_to_output` is that of early and of late data, far from the edges."""

    setup: float
    hold: float
    clock_to_output: tuple[float, float]
    last_early: float
    """Value of the parameter at the edge of what the clock pulse reads."""
    first_late: float
    resolution: float
    runs: int

    @property
    def window(self) -> float:
        """Length of the time in which data must not come: setup + hold."""
        return self.setup + self.hold

    def text(self) -> str:
        early, late = (f"{t * 1e12:.2f}" for t in self.clock_to_output)
        return (
            f"setup {self.setup * 1e12:.2f} ps, hold {self.hold * 1e12:.2f} ps "
            f"(window {self.window * 1e12:.2f} ps, to {self.resolution * 1e12:g} ps; "
            f"clock to output {early} and {late} ps)"
        )


@dataclass(frozen=True, kw_only=True)
class _Timing:
    """What one run shows: arrival of the data, of the clock pulses, of the answers [s]."""

    data: float
    clock: float
    following: float
    answers: tuple[float, ...]

    @classmethod
    def of(cls, pulses: Pulses, places: tuple[str, str, str], number: int) -> _Timing:
        data, clock, output = (_rising(pulses, place) for place in places)
        if len(data) != 1:
            raise CosimError(
                f"{len(data)} pulses at {places[0]}; setup and hold need a deck with one data pulse"
            )
        if len(clock) <= number:
            raise CosimError(
                f"{len(clock)} pulses at {places[1]}; clock pulse {number} and the next one are needed"
            )
        return cls(data=data[0], clock=clock[number - 1], following=clock[number], answers=tuple(output))

    def answer(self, early: bool) -> float | str:
        """Delay [s] of the one answer after the clock pulse that should have read; else what is wrong."""
        if len(self.answers) != 1:
            return f"{len(self.answers)} answers for 1"
        delay = self.answers[0] - (self.clock if early else self.following)
        if delay <= 0.0 or (early and self.answers[0] > self.following):
            return "another clock pulse read the data"
        return delay


def _rising(pulses: Pulses, place: str) -> list[float]:
    times, signs = pulses.of(place)
    return [float(t) for t in times[signs > 0]]


def setup_and_hold(
    deck: Deck,
    *,
    parameter: str,
    early: float,
    late: float,
    data: str,
    clock: str,
    output: str,
    clock_pulse: int = 2,
    push_out: float = 1.1,
    resolution: float = 0.05e-12,
    scan: float = 2e-12,
    step: float | None = None,
    threads: int | None = None,
) -> SetupHold:
    """Setup and hold time at the junctions `data`, `clock` and `output` of a deck.

    `parameter` names the `.param` that says when the deck sends its one data pulse. With the value
    `early` [s] clock pulse number `clock_pulse` (from 1) reads it, with `late` the next one. An
    answer counts up to `push_out` times its delay at `early` and `late`. Edges are found to
    `resolution` [s], after a scan in steps of `scan`.

    Raises `CosimError` when early or late data is not read as said, or the deck has more than one
    data pulse.
    """
    if not (early < late and push_out > 1.0 and resolution > 0.0 and scan > 0.0):
        raise CosimError(
            f"setup and hold need early < late, push_out above 1, positive resolution and scan; got {early}, "
            f"{late}, {push_out}, {resolution}, {scan}"
        )
    places = (data, clock, output)
    name = parameter.upper()
    step = step or Subject.of(deck, {name: early}).step / 1.5
    runs = 0

    def timings(values: Sequence[float]) -> list[_Timing]:
        nonlocal runs
        runs += len(values)
        circuits = [flatten(deck, {name: value}) for value in values]
        batch = simulate_stimuli(circuits, step=step, threads=threads)
        if np.any(batch.failed):
            raise CosimError(f"the run with {name} = {values[int(np.argmax(batch.failed))]:g} s diverged")
        return [_Timing.of(batch.pulses(k), places, clock_pulse) for k in range(len(values))]

    usual = []
    for value, timing, is_early in zip((early, late), timings([early, late]), (True, False), strict=True):
        answer = timing.answer(is_early)
        if isinstance(answer, str):
            number = clock_pulse if is_early else clock_pulse + 1
            raise CosimError(
                f"with {name} = {value * 1e12:g} ps clock pulse {number} should read the data: {answer}"
            )
        usual.append(answer)
    edges = [
        Edge(start=start, limit=limit, resolution=resolution, scan=scan, guard=_GUARD * resolution)
        for start, limit in ((early, late), (late, early))
    ]
    seen: dict[float, _Timing] = {}

    def evaluate(points: Sequence[tuple[int, float]]) -> list[Outcome]:
        found = timings([value for _, value in points])
        seen.update({value: timing for (_, value), timing in zip(points, found, strict=True)})
        return [
            _outcome(t, edge == 0, push_out * usual[edge]) for (edge, _), t in zip(points, found, strict=True)
        ]

    find_edges(edges, evaluate, _LANES)
    inside = [edge.inside for edge in edges]
    missing = [value for value in inside if value not in seen]
    if missing:
        seen.update(zip(missing, timings(missing), strict=True))
    first, last = seen[inside[0]], seen[inside[1]]
    return SetupHold(
        setup=first.clock - first.data,
        hold=last.data - last.clock,
        clock_to_output=(usual[0], usual[1]),
        last_early=inside[0],
        first_late=inside[1],
        resolution=resolution,
        runs=runs,
    )


def _outcome(timing: _Timing, early: bool, longest: float) -> Outcome:
    answer = timing.answer(early)
    if isinstance(answer, str):
        return Disagreement(text=answer)
    if answer > longest:
        return Disagreement(text=f"the answer took {answer * 1e12:.3f} ps")
    return None
