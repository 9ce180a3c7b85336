"""Rules that a run keeps or breaks: counts, arrivals, delays, turns at instants, bounds of signals.

A rule knows no deck: names, times, numbers. `judge` looks at one run and says what was found.
Rules that need slips alone (`needs_waveforms` False) also judge the variants of a batch, so
margins and yields can take them.

Adding a rule: a class here, a reader in `specfile.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np

from cosim.analysis.measure import arrivals, delays, pulse_counts, turns
from cosim.errors import CosimError
from cosim.results import Pulses, Result, canonical_name


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What one rule found: `asked` and `found` as a reader wants them; `complaint` is empty if it passes."""

    rule: str
    asked: str
    found: str
    complaint: str = ""

    @property
    def passed(self) -> bool:
        return not self.complaint


class Rule(Protocol):
    """Anything that judges one run."""

    needs_waveforms: ClassVar[bool]

    def judge(self, run: Result | Pulses) -> Outcome: ...

    def probes(self) -> tuple[str, ...]:
        """Signals that the rule looks at, or would rather have than slips."""
        ...


#: Counts from here on, on either side, are no bound.
UNBOUNDED = 2**31
#: Times [s] that differ by less are equal: far below what a run resolves.
_ROUNDING = 1e-18


def picoseconds(time: float) -> str:
    return "the end" if np.isposinf(time) else f"{time * 1e12:.6g} ps"


def _between(low: float, high: float, factor: float = 1.0, unit: str = "") -> str:
    """A range in words; infinite ends are left out."""
    low = float("-inf") if low <= -UNBOUNDED else low
    high = float("inf") if high >= UNBOUNDED else high
    ends = [f"{value * factor:.6g}" for value in (low, high)]
    tail = f" {unit}" if unit else ""
    if low == high:
        return ends[0] + tail
    if np.isinf(low) or np.isinf(high):
        return (f"at least {ends[0]}" if np.isinf(high) else f"at most {ends[1]}") + tail
    return f"{ends[0]} to {ends[1]}{tail}"


@dataclass(frozen=True, kw_only=True)
class CountRule:
    """Net slips of a junction in `windows` between neighbouring `edges` [s]: `least` to `most` of each."""

    needs_waveforms: ClassVar[bool] = False
    junction: str
    edges: tuple[float, ...]
    least: tuple[int, ...]
    most: tuple[int, ...]

    def __post_init__(self) -> None:
        windows = len(self.edges) - 1
        if windows < 1 or any(b <= a for a, b in zip(self.edges[:-1], self.edges[1:], strict=True)):
            raise CosimError(f"windows need ascending edges, at least two, got {self.edges}")
        if not len(self.least) == len(self.most) == windows:
            raise CosimError(f"{len(self.least)} counts for {windows} windows")

    def judge(self, run: Result | Pulses) -> Outcome:
        found = pulse_counts(run, self.junction, self.edges)
        wrong = [k for k, n in enumerate(found) if not self.least[k] <= n <= self.most[k]]
        complaint = ""
        if wrong:
            k = wrong[0]
            where = f"{picoseconds(self.edges[k])} to {picoseconds(self.edges[k + 1])}"
            asked = _between(self.least[k], self.most[k])
            complaint = f"{self.junction}: {found[k]} slips for {asked} in window {k} ({where})"
        if len(found) == 1:
            asked, shown = _between(self.least[0], self.most[0]), str(found[0])
        else:
            asked = " ".join(_between(a, b) for a, b in zip(self.least, self.most, strict=True))
            shown = " ".join(str(n) for n in found)
        span = f"{picoseconds(self.edges[0])}…{picoseconds(self.edges[-1])}"
        return Outcome(rule=f"count {self.junction} {span}", asked=asked, found=shown, complaint=complaint)

    def probes(self) -> tuple[str, ...]:
        return ()


@dataclass(frozen=True, kw_only=True)
class ArrivalRule:
    """Pulse number `pulse` of a junction arrives from `earliest` to `latest` [s].

    Pulses count from 1; -1 is the last. `rising` False counts slips downward.
    """

    needs_waveforms: ClassVar[bool] = False
    junction: str
    earliest: float
    latest: float
    pulse: int = 1
    rising: bool = True

    def judge(self, run: Result | Pulses) -> Outcome:
        times = arrivals(run, self.junction, rising=self.rising)
        name = "last pulse" if self.pulse == -1 else f"pulse {self.pulse}"
        index = self.pulse - 1 if self.pulse > 0 else len(times) + self.pulse
        asked = _between(self.earliest, self.latest, 1e12, "ps")
        if not 0 <= index < len(times):
            found = f"{len(times)} pulses"
            complaint = f"{self.junction}: no {name}, only {found}"
        else:
            found = f"{times[index] * 1e12:.4f} ps"
            late = not self.earliest - _ROUNDING <= times[index] <= self.latest + _ROUNDING
            complaint = f"{self.junction}: {name} at {found}, asked {asked}" if late else ""
        return Outcome(rule=f"arrival {self.junction} {name}", asked=asked, found=found, complaint=complaint)

    def probes(self) -> tuple[str, ...]:
        return ()


@dataclass(frozen=True, kw_only=True)
class DelayRule:
    """Every event at `start` is answered at `end` after `least` to `most` [s] (see `measure.delays`).

    Events before `after` [s] do not count. A rule that finds no event fails: it would say nothing.
    """

    needs_waveforms: ClassVar[bool] = False
    start: str
    end: str
    least: float = 0.0
    most: float = float("inf")
    after: float = 0.0
    in_order: bool = False

    def judge(self, run: Result | Pulses) -> Outcome:
        begin = arrivals(run, self.start)
        found = delays(run, self.start, self.end, in_order=self.in_order)[begin >= self.after]
        begin = begin[begin >= self.after]
        asked = _between(self.least, self.most, 1e12, "ps")
        name = f"delay {self.start} to {self.end}"
        if not len(found):
            return Outcome(rule=name, asked=asked, found="-", complaint=f"{name}: no pulse at {self.start}")
        kept = (found >= self.least - _ROUNDING) & (found <= self.most + _ROUNDING)
        bad = np.flatnonzero(~kept)
        known = found[np.isfinite(found)]
        shown = _between(float(known.min()), float(known.max()), 1e12, "ps") if len(known) else "-"
        complaint = ""
        if len(bad):
            k = int(bad[0])
            took = (
                f"took {found[k] * 1e12:.4f} ps, asked {asked}" if np.isfinite(found[k]) else "has no answer"
            )
            complaint = f"{name}: the pulse at {picoseconds(begin[k])} {took}"
        return Outcome(rule=name, asked=asked, found=shown, complaint=complaint)

    def probes(self) -> tuple[str, ...]:
        return ()


@dataclass(frozen=True, kw_only=True)
class TurnsRule:
    """Turns (2π) that junctions have gained at `times` (k,) [s], as JoSIM-tools' files state them.

    `turns` (k, junctions); the first row calibrates. Where the run holds phases they must lie
    within `threshold` turns of the numbers, so they have to have settled; slips are counted
    otherwise.
    """

    needs_waveforms: ClassVar[bool] = False
    junctions: tuple[str, ...]
    times: tuple[float, ...]
    turns: tuple[tuple[int, ...], ...]
    threshold: float = 0.05

    def __post_init__(self) -> None:
        if len(self.times) < 2 or any(b <= a for a, b in zip(self.times[:-1], self.times[1:], strict=True)):
            raise CosimError("turns need ascending times, at least two; the first row calibrates")
        if len(self.turns) != len(self.times) or any(len(row) != len(self.junctions) for row in self.turns):
            raise CosimError(
                f"turns need a row of {len(self.junctions)} numbers for each of {len(self.times)} times"
            )
        if not 0.0 < self.threshold <= 0.5:
            raise CosimError(f"the threshold lies above 0 and at most at 0.5 turns, got {self.threshold:g}")

    def judge(self, run: Result | Pulses) -> Outcome:
        result = run if isinstance(run, Result) else Result(time=np.empty(0), pulses=run)
        found = np.array([turns(result, name, self.times) for name in self.junctions]).T
        asked = np.array(self.turns) - np.array(self.turns[0])
        # A phase that is no number, beyond the end of a run, is wrong too.
        wrong = ~(np.abs(found - asked) <= self.threshold)
        name = f"turns of {len(self.junctions)} junctions at {len(self.times) - 1} instants"
        complaint = ""
        if isinstance(run, Result) and run.time.size and run.time[-1] < self.times[-1] * (1.0 - 1e-9):
            complaint = (
                f"the run ends at {picoseconds(run.time[-1])}, before the last row at "
                f"{picoseconds(self.times[-1])}"
            )
        elif wrong.any():
            row = int(np.argmax(wrong.any(axis=1)))
            column = int(np.argmax(wrong[row]))
            complaint = (
                f"{self.junctions[column]}: {found[row, column]:.3g} turns for {asked[row, column]} at "
                f"{picoseconds(self.times[row])}"
            )
        return Outcome(
            rule=name,
            asked=f"within {self.threshold:g}",
            found=f"{int(np.sum(~wrong[1:]))} of {wrong[1:].size} right",
            complaint=complaint,
        )

    def probes(self) -> tuple[str, ...]:
        return tuple(f"P({name})" for name in self.junctions)


_MEASURES = {
    "least": np.min,
    "most": np.max,
    "mean": None,
    "at": None,
}


@dataclass(frozen=True, kw_only=True)
class SignalRule:
    """A measure of a signal between `start` and `stop` [s] lies from `low` to `high` (SI).

    `measure`: "least", "most", "mean" (over time), or "at" (the value at `start`).
    """

    needs_waveforms: ClassVar[bool] = True
    signal: str
    measure: str
    low: float = float("-inf")
    high: float = float("inf")
    start: float = 0.0
    stop: float = float("inf")

    def __post_init__(self) -> None:
        if self.measure not in _MEASURES:
            raise CosimError(f"a signal is measured by {', '.join(_MEASURES)}, got {self.measure!r}")

    def judge(self, run: Result | Pulses) -> Outcome:
        if not isinstance(run, Result):
            raise CosimError(f"the rule on {self.signal} needs its waveform, but only slips were kept")
        values, time = run[self.signal], run.time
        inside = (time >= self.start) & (time <= self.stop)
        name = f"{self.measure} {self.signal}"
        asked = _between(self.low, self.high)
        if not inside.any():
            return Outcome(rule=name, asked=asked, found="-", complaint=f"{name}: no sample in its window")
        if self.measure == "at":
            value = float(np.interp(self.start, time, values))
        elif self.measure == "mean" and inside.sum() > 1:
            value = float(np.trapezoid(values[inside], time[inside]) / np.ptp(time[inside]))
        else:
            value = float((_MEASURES[self.measure] or np.mean)(values[inside]))
        passed = self.low <= value <= self.high
        complaint = "" if passed else f"{name} is {value:.6g}, asked {asked}"
        return Outcome(rule=name, asked=asked, found=f"{value:.6g}", complaint=complaint)

    def probes(self) -> tuple[str, ...]:
        return (self.signal,)


def same_places(rules: Sequence[Rule]) -> tuple[str, ...]:
    """Signals that rules look at, each once."""
    seen: dict[str, str] = {}
    for rule in rules:
        for name in rule.probes():
            seen.setdefault(canonical_name(name), name)
    return tuple(seen.values())
