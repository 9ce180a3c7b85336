"""Monte Carlo yield: the share of manufactured circuits that work.

Every element gets its own Gaussian factor, and each kind may have a factor that a whole chip
shares. Sample k depends on the seed and on k alone, not on batches, threads or order.

Not here: deterministic margins (`margins.py`).
"""

from __future__ import annotations

import os
import time as clock
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cosim.analysis.criterion import Criterion, Disagreement, as_criterion, samples_of
from cosim.analysis.parameters import ElementGroup, source_elements
from cosim.analysis.subject import Subject, scale
from cosim.errors import CosimError
from cosim.josephson import Values
from cosim.netlist import Circuit, Deck
from cosim.results import Pulses

Array = NDArray[np.float64]

#: Factors are cut off here, so that no element changes its sign or vanishes.
_SMALLEST_FACTOR = 0.05
#: Largest coupling that a sample may have.
_LARGEST_COUPLING = 0.999
#: Samples of one batch: enough groups of lanes to keep threads busy, few enough to show progress.
_GROUPS_PER_THREAD = 4
_LANES = 16

#: Kinds that `independent_spreads` varies.
ALL_KINDS = ("junction_area", "inductance", "resistance", "capacitance", "coupling", "bias")


@dataclass(frozen=True, kw_only=True)
class Spread:
    """Relative standard deviations of a group of elements, normal around nominal.

    `local` is drawn for each element on its own, `common` once a chip for the whole group.
    """

    group: ElementGroup
    local: float = 0.0
    common: float = 0.0

    def __post_init__(self) -> None:
        if not (0.0 <= self.local < 1.0 and 0.0 <= self.common < 1.0):
            raise CosimError(
                f"spread of {self.group.label}: standard deviations are fractions of nominal in 0..1, "
                f"got local {self.local} and common {self.common}"
            )


def independent_spreads(
    circuit: Circuit | Subject,
    sigma: float | Mapping[str, float],
    *,
    common: float | Mapping[str, float] = 0.0,
    exclude: Iterable[str] = (),
) -> tuple[Spread, ...]:
    """A spread for each kind that the circuit has: one number for all, or one a kind.

    Kinds are `ALL_KINDS`: the area of a junction takes its critical current, capacitance and
    conductance along. `exclude` keeps a test bench at nominal.
    """
    subject = Subject.of(circuit)
    spreads = []
    for kind in ALL_KINDS:
        group = ElementGroup(label=kind.replace("_", " "), kind=kind, exclude=tuple(exclude))
        local = sigma.get(kind, 0.0) if isinstance(sigma, Mapping) else sigma
        shared = common.get(kind, 0.0) if isinstance(common, Mapping) else common
        if (local or shared) and group.indices(subject.circuit, subject.topology):
            spreads.append(Spread(group=group, local=local, common=shared))
    return tuple(spreads)


@dataclass(frozen=True, kw_only=True)
class YieldEstimate:
    """`passed` of `samples` work; `interval` holds the true yield with `confidence`."""

    samples: int
    passed: int
    interval: tuple[float, float]
    confidence: float
    method: str
    """Of the interval: "wilson" or "exact" (Clopper and Pearson)."""
    failures: tuple[tuple[int, Disagreement], ...]
    """Index of each failing sample, and what went wrong first in it."""
    seed: int
    first_sample: int = 0
    spreads: tuple[Spread, ...] = ()
    step: float = 0.0
    wall_time: float = 0.0
    stats: Mapping[str, float | int] = field(default_factory=dict)

    @property
    def value(self) -> float:
        return self.passed / self.samples

    def text(self) -> str:
        """One line, and a line for each kind of failure, the most frequent first."""
        low, high = self.interval
        lines = [
            f"yield {100.0 * self.value:.1f} % ({self.passed} of {self.samples}), "
            f"{100.0 * self.confidence:g} % interval {100.0 * low:.1f}–{100.0 * high:.1f} %"
        ]
        causes: dict[str, list[int]] = {}
        for sample, reason in self.failures:
            causes.setdefault(reason.text, []).append(sample)
        for cause, which in sorted(causes.items(), key=lambda item: (-len(item[1]), item[1][0])):
            shown = ", ".join(str(k) for k in which[:8]) + (", …" if len(which) > 8 else "")
            lines.append(f"  {len(which):4d} × {cause} (samples {shown})")
        return "\n".join(lines)

    def arrays(self) -> dict[str, NDArray]:
        """Failing samples as columns, ready for a file."""
        reasons = [str(reason) for _, reason in self.failures]
        return {
            "failing_sample": np.array([sample for sample, _ in self.failures], dtype=np.int64),
            "failing_reason": np.array(reasons, dtype=str if reasons else object),
        }


def binomial_interval(passed: int, samples: int, confidence: float, method: str) -> tuple[float, float]:
    """Confidence interval of a proportion: "wilson", or "exact" after Clopper and Pearson."""
    from scipy.stats import binomtest

    if method not in ("wilson", "exact"):
        raise CosimError(f'interval method {method!r}; there are "wilson" and "exact"')
    interval = binomtest(passed, samples).proportion_ci(confidence_level=confidence, method=method)  # type: ignore[arg-type]
    return float(interval.low), float(interval.high)


def mean_interval(values: ArrayLike, confidence: float = 0.95) -> tuple[float, float]:
    """Mean of some repetitions and half of its confidence interval (Student's t); 0 for a single one."""
    from scipy.stats import t

    array = np.asarray(values, dtype=np.float64)
    if array.size < 2:
        return float(array.mean()), 0.0
    quantile = t.ppf(0.5 + confidence / 2, array.size - 1)
    return float(array.mean()), float(quantile * array.std(ddof=1) / np.sqrt(array.size))


def draw(
    subject: Subject, spreads: Sequence[Spread], samples: Sequence[int], seed: int
) -> tuple[Values, Array]:
    """Numbers of the given samples: `Values` with one row each, and `source_scale`.

    Sample k uses `SeedSequence(seed, spawn_key=(k,))`; spreads draw in their order, first the
    common deviate, then one a element, so adding an element changes only what follows it.
    """
    values = subject.values.repeated(len(samples))
    sources = np.ones((len(samples), len(source_elements(subject.topology))))
    columns = [np.array(subject.indices(spread.group)) for spread in spreads]
    for row, sample in enumerate(samples):
        generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(sample,))))
        for spread, chosen in zip(spreads, columns, strict=True):
            shared = spread.common * generator.standard_normal()
            factor = 1.0 + shared + spread.local * generator.standard_normal(len(chosen))
            factor = np.maximum(factor, _SMALLEST_FACTOR)
            scale(values, sources, spread.group.kind, row, chosen, factor)
    np.clip(values.coupling, -_LARGEST_COUPLING, _LARGEST_COUPLING, out=values.coupling)
    return values, sources


def estimate_yield(
    source: Deck | Circuit | Subject,
    criterion: Criterion | Callable[[Pulses], bool | str],
    spreads: Sequence[Spread],
    *,
    samples: int,
    seed: int = 0,
    first_sample: int = 0,
    confidence: float = 0.95,
    method: str = "wilson",
    step: float | None = None,
    threads: int | None = None,
    batch: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> YieldEstimate:
    """Yield of `samples` random circuits, numbers `first_sample` and on.

    `step` [s] is the engine's. `batch` circuits run at a time; the result does not depend on
    it. `progress` gets the number of samples that were done since its last call.
    """
    began = clock.perf_counter()
    if samples < 1:
        raise CosimError(f"a yield needs at least one sample, got {samples}")
    if not spreads:
        raise CosimError(
            "a yield needs at least one spread; independent_spreads(circuit, 0.05) makes the usual ones"
        )
    subject = Subject.of(source)
    judge = as_criterion(criterion)
    threads = threads or os.cpu_count() or 1
    size = batch or _LANES * threads * _GROUPS_PER_THREAD
    passed = 0
    failures: list[tuple[int, Disagreement]] = []
    everything = range(first_sample, first_sample + samples)
    for begin in range(0, samples, size):
        chosen = everything[begin : begin + size]
        values, sources = draw(subject, spreads, chosen, seed)
        result = subject.run(
            values, sources, step=step, threads=threads, progress=progress, samples=samples_of(judge)
        )
        verdicts = judge.evaluate(result)
        passed += int(np.sum(verdicts.passed))
        failures += [
            (k, reason) for k, reason in zip(chosen, verdicts.first, strict=True) if reason is not None
        ]
    return YieldEstimate(
        samples=samples,
        passed=passed,
        interval=binomial_interval(passed, samples, confidence, method),
        confidence=confidence,
        method=method,
        failures=tuple(failures),
        seed=seed,
        first_sample=first_sample,
        spreads=tuple(spreads),
        step=subject.step if step is None else step,
        wall_time=clock.perf_counter() - began,
    )
