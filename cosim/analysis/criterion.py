"""When a circuit counts as working: criteria that judge every variant of a batch at once.

`SpikeTable` is a criterion as data: how often each junction slips, net, in each time window.
`PulseCriterion` wraps any Python function of the slips of one variant. Both give `Verdicts`.

Not here: what is varied (`parameters.py`), and how far (`margins.py`, `yields.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cosim.errors import CosimError
from cosim.josephson import BatchResult, Samples
from cosim.results import Pulses, Result

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Disagreement:
    """The first thing that went wrong in a variant. Without a junction only `text` speaks."""

    text: str
    junction: str = ""
    window: int = -1
    """Index of the time window, -1 where the criterion has none."""
    got: int = 0
    expected: int = 0

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, kw_only=True)
class Verdicts:
    """Outcome of one batch: `passed` (variants,), and for each failure what disagreed first."""

    passed: NDArray[np.bool_]
    first: tuple[Disagreement | None, ...]
    """(variants,): None where the variant passed."""


class Criterion(Protocol):
    """Anything that judges the slips of a batch."""

    def evaluate(self, batch: BatchResult) -> Verdicts:
        """Judge every variant."""
        ...


@dataclass(frozen=True, kw_only=True)
class SpikeTable:
    """Expected net slips `expected` (junctions, windows) between neighbouring `edges` (windows + 1,) [s].

    Of several disagreements the earliest window counts, and in it the junction named first:
    name junctions in the order in which a pulse passes them, and the cause is reported
    rather than its consequences. `labels` (windows,) name the windows for a reader.
    """

    junctions: tuple[str, ...]
    edges: Array
    expected: NDArray[np.int64]
    labels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        edges = np.asarray(self.edges, dtype=np.float64)
        expected = np.asarray(self.expected, dtype=np.int64)
        junctions = tuple(name.upper().replace(".", "|") for name in self.junctions)
        if edges.ndim != 1 or len(edges) < 2 or np.any(np.diff(edges) <= 0.0):
            raise CosimError(f"a spike table needs ascending window edges, at least two, got {edges!r}")
        if expected.shape != (len(junctions), len(edges) - 1):
            raise CosimError(
                f"a spike table of {len(junctions)} junctions and {len(edges) - 1} windows needs counts of "
                f"shape {(len(junctions), len(edges) - 1)}, got {expected.shape}"
            )
        if not junctions:
            raise CosimError("a spike table without junctions passes everything; name at least one")
        if self.labels and len(self.labels) != expected.shape[1]:
            raise CosimError(f"{len(self.labels)} labels for {expected.shape[1]} windows")
        object.__setattr__(self, "junctions", junctions)
        object.__setattr__(self, "edges", edges)
        object.__setattr__(self, "expected", expected)

    @classmethod
    def of(
        cls,
        reference: Pulses | Result,
        edges: ArrayLike,
        junctions: Sequence[str] | None = None,
        labels: Sequence[str] = (),
    ) -> SpikeTable:
        """What a reference run did. Without `junctions`: all, in the order of their first slip."""
        pulses = reference.pulses if isinstance(reference, Result) else reference
        bounds = np.asarray(edges, dtype=np.float64)
        if junctions is None:
            first = np.full(len(pulses.names), np.inf)
            np.minimum.at(first, pulses.element, pulses.time)
            junctions = [pulses.names[i] for i in np.argsort(first, kind="stable")]
        counts = np.zeros((len(junctions), len(bounds) - 1), dtype=np.int64)
        for row, name in enumerate(junctions):
            times, signs = pulses.of(name)
            counts[row] = _histogram(times, signs, bounds)
        return cls(junctions=tuple(junctions), edges=bounds, expected=counts, labels=tuple(labels))

    def counts(self, batch: BatchResult) -> NDArray[np.int64]:
        """Net slips (variants, junctions, windows)."""
        rows = np.array([batch.index(name) for name in self.junctions])
        windows = len(self.edges) - 1
        window = np.searchsorted(self.edges, batch.time, side="right") - 1
        row_of = np.full(len(batch.names), -1)
        row_of[rows] = np.arange(len(rows))
        row = row_of[batch.junction]
        kept = (row >= 0) & (window >= 0) & (window < windows)
        cell = (batch.variant[kept] * len(rows) + row[kept]) * windows + window[kept]
        table = np.zeros(batch.variants * len(rows) * windows, dtype=np.int64)
        np.add.at(table, cell, batch.sign[kept].astype(np.int64))
        table = table.reshape(batch.variants, len(rows), windows)
        return table[:, row_of[rows], :]

    def evaluate(self, batch: BatchResult) -> Verdicts:
        """Judge every variant; a run that diverged fails."""
        counts = self.counts(batch)
        wrong = counts != self.expected[None]
        passed = ~np.any(wrong, axis=(1, 2)) & ~batch.failed
        first: list[Disagreement | None] = [None] * batch.variants
        for variant in np.flatnonzero(~passed):
            if batch.failed[variant]:
                first[variant] = Disagreement(text="the solution grew without bound")
                continue
            window = int(np.argmax(np.any(wrong[variant], axis=0)))
            row = int(np.argmax(wrong[variant, :, window]))
            first[variant] = self._disagreement(row, window, int(counts[variant, row, window]))
        return Verdicts(passed=passed, first=tuple(first))

    def _disagreement(self, row: int, window: int, got: int) -> Disagreement:
        expected = int(self.expected[row, window])
        low, high = self.edges[window] * 1e12, self.edges[window + 1] * 1e12
        where = f"window {window} {self.labels[window]}" if self.labels else f"window {window}"
        return Disagreement(
            text=f"{self.junctions[row]}: {got} for {expected} in {where} ({low:g}–{high:g} ps)",
            junction=self.junctions[row],
            window=window,
            got=got,
            expected=expected,
        )


def _histogram(times: Array, signs: NDArray[np.int8], edges: Array) -> NDArray[np.int64]:
    """Net slips (windows,); a window holds its lower edge, not its upper."""
    window = np.searchsorted(edges, times, side="right") - 1
    inside = (window >= 0) & (window < len(edges) - 1)
    table = np.zeros(len(edges) - 1, dtype=np.int64)
    np.add.at(table, window[inside], signs[inside].astype(np.int64))
    return table


@dataclass(frozen=True, kw_only=True)
class PulseCriterion:
    """A Python function of the slips of one variant.

    It returns True or False, or a text that says what is wrong ("" passes).
    """

    function: Callable[[Pulses], bool | str]
    description: str = ""

    def evaluate(self, batch: BatchResult) -> Verdicts:
        """Judge the variants one after the other; a run that diverged fails unseen."""
        first: list[Disagreement | None] = []
        for variant in range(batch.variants):
            if batch.failed[variant]:
                first.append(Disagreement(text="the solution grew without bound"))
                continue
            answer = self.function(batch.pulses(variant))
            text = answer if isinstance(answer, str) else ""
            passed = not text if isinstance(answer, str) else bool(answer)
            first.append(
                None if passed else Disagreement(text=text or self.description or "criterion not met")
            )
        return Verdicts(passed=np.array([reason is None for reason in first], dtype=bool), first=tuple(first))


def samples_of(criterion: Criterion) -> Samples | None:
    """Phases that a criterion needs besides slips: its `samples`, where it has such."""
    return getattr(criterion, "samples", None)


def as_criterion(criterion: Criterion | Callable[[Pulses], bool | str]) -> Criterion:
    """Wrap a plain function of `Pulses`; criteria pass through."""
    if hasattr(criterion, "evaluate"):
        return criterion  # type: ignore[return-value]
    return PulseCriterion(function=criterion)  # type: ignore[arg-type]
