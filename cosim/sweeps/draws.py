"""Random directions of a sweep: independent draws, and points of low discrepancy.

Distributions are those of `scipy.stats`, by name. Draw k of `Random` depends on the sweep's seed
and on k alone: more samples leave the first ones as they are.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cosim.errors import SweepError, did_you_mean
from cosim.sweeps.fields import Value, number, whole

SAMPLERS = ("sobol", "halton", "latin")


@dataclass(frozen=True, kw_only=True)
class Distribution:
    """A continuous distribution of `scipy.stats`: its name, its shape parameters, `loc` and `scale`.

    `least` and `most` cut it off: what lies beyond takes the value of the end.
    """

    name: str
    arguments: Mapping[str, float]
    least: float = -float("inf")
    most: float = float("inf")

    @classmethod
    def of(cls, table: Any, where: str) -> Distribution:
        """From `{distribution = "norm", loc = 1, scale = 0.05, least = 0.5}`."""
        if isinstance(table, Distribution):
            return table
        if not isinstance(table, Mapping) or not isinstance(table.get("distribution"), str):
            raise SweepError(
                f"{where}: expected a table such as {{distribution = 'norm', loc = 1, scale = 0.05}}"
            )
        numbers = {k: number(v, f"{where}, {k}") for k, v in table.items() if k != "distribution"}
        ends = {k: numbers.pop(k) for k in ("least", "most") if k in numbers}
        made = cls(name=table["distribution"], arguments=numbers, **ends)
        made.frozen(where)
        return made

    def frozen(self, where: str = "distribution") -> Any:
        """The distribution as SciPy's frozen object; `SweepError` for a name or a setting that it lacks."""
        from scipy import stats

        found = getattr(stats, self.name, None)
        if not isinstance(found, stats.rv_continuous):
            known = [n for n in dir(stats) if isinstance(getattr(stats, n), stats.rv_continuous)]
            raise SweepError(
                f"{where}: scipy.stats has no distribution {self.name!r}{did_you_mean(self.name, known)}"
            )
        allowed = [*(found.shapes or "").replace(" ", "").split(","), "loc", "scale"]
        for key in self.arguments:
            if key not in allowed:
                listed = ", ".join(name for name in [*allowed, "least", "most"] if name)
                raise SweepError(
                    f"{where}: {self.name} has no setting {key!r}{did_you_mean(key, allowed)}; "
                    f"there are {listed}"
                )
        try:
            made = found(**self.arguments)
            bad = not np.isfinite(made.ppf(0.5))
        except TypeError as error:
            raise SweepError(f"{where}: {self.name}: {error}") from error
        if bad:
            raise SweepError(f"{where}: {self.name} with {dict(self.arguments)} is no distribution")
        return made


@dataclass(frozen=True, kw_only=True)
class Random:
    """`samples` independent draws of each parameter."""

    samples: int
    distributions: Mapping[str, Distribution]
    dimension: str = "sample"

    def __post_init__(self) -> None:
        whole(self.samples, "random, samples", 1)
        _require(self.distributions, "random")

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.distributions)

    @property
    def labels(self) -> None:
        return None

    def __len__(self) -> int:
        return self.samples

    def point(self, index: int, seed: int) -> Mapping[str, Value]:
        generator = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(index,)))
        uniform = generator.random(len(self.distributions))
        return _values(self.distributions, uniform)


@dataclass(frozen=True, kw_only=True)
class LowDiscrepancy:
    """`samples` points that fill the space evenly: "sobol" (best in powers of 2), "halton" or "latin"."""

    samples: int
    distributions: Mapping[str, Distribution]
    sampler: str = "sobol"
    dimension: str = "sample"

    def __post_init__(self) -> None:
        whole(self.samples, "qmc, samples", 1)
        _require(self.distributions, "qmc")
        if self.sampler not in SAMPLERS:
            raise SweepError(
                f"qmc: no sampler {self.sampler!r}{did_you_mean(self.sampler, SAMPLERS)}; "
                f"there are {', '.join(SAMPLERS)}"
            )

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.distributions)

    @property
    def labels(self) -> None:
        return None

    def __len__(self) -> int:
        return self.samples

    def point(self, index: int, seed: int) -> Mapping[str, Value]:
        table = _sequence(self.sampler, len(self.distributions), self.samples, seed)
        return _values(self.distributions, table[index])


def _require(distributions: Mapping[str, Distribution], what: str) -> None:
    if not distributions:
        raise SweepError(f"{what}: name at least one parameter with its distribution")


def _values(distributions: Mapping[str, Distribution], uniform: NDArray[np.float64]) -> dict[str, Value]:
    return {
        name: _inverse(law, float(share))
        for (name, law), share in zip(distributions.items(), uniform, strict=True)
    }


def _inverse(law: Distribution, share: float) -> float:
    # Sobol's first point may be the corner 0, where most distributions have no value.
    inner = min(max(share, 2.0**-53), 1.0 - 2.0**-53)
    value = float(_frozen(law.name, tuple(sorted(law.arguments.items()))).ppf(inner))
    return min(max(value, law.least), law.most)


@functools.lru_cache(maxsize=256)
def _frozen(name: str, arguments: tuple[tuple[str, float], ...]) -> Any:
    return Distribution(name=name, arguments=dict(arguments)).frozen()


@functools.lru_cache(maxsize=4)
def _sequence(sampler: str, dimensions: int, samples: int, seed: int) -> NDArray[np.float64]:
    """(samples, dimensions) in 0..1; scrambled by the seed."""
    import warnings

    from scipy.stats import qmc

    generator = np.random.default_rng(np.random.SeedSequence(seed))
    kind = {"sobol": qmc.Sobol, "halton": qmc.Halton, "latin": qmc.LatinHypercube}[sampler]
    with warnings.catch_warnings():
        # Sobol's warning about balance is in the documentation of `LowDiscrepancy`.
        warnings.simplefilter("ignore", UserWarning)
        try:
            engine = kind(dimensions, rng=generator)
        except TypeError:  # SciPy before 1.15
            engine = kind(dimensions, seed=generator)
        return np.asarray(engine.random(samples), dtype=np.float64)
