"""From one target to a population of cells: small transformations of conductances, each with a seed.

    cells = populate(targets, [ProgrammingError(fit=MILO_2021), StuckCells(low_share=0.01)], seed=1)

Each transformation draws from a generator of its own, keyed by the seed and its place in the list, so
that adding one at the end leaves the others' draws as they were. Results are clipped at zero: a
conductance is never negative. What differs from device to device is drawn once for a seed; what
differs from cycle to cycle, or from reading to reading, is wrapped in `CycleToCycle` and drawn anew
for each `cycle`. The transformations are in `variability.py`, `noise.py`, `retention.py`, `faults.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, Protocol, TypeVar, cast

import numpy as np
from numpy.typing import ArrayLike

from cosim.devices.checks import positive
from cosim.devices.model import Array, DeviceModel, first_bad
from cosim.errors import SimulationError, did_you_mean

Model = TypeVar("Model", bound=DeviceModel)


class Transformation(Protocol):
    """One thing that happens to all cells."""

    def apply(self, conductance: Array, random: np.random.Generator) -> Array:
        """Conductances [S] afterwards, of the same shape."""
        ...


@dataclass(frozen=True, kw_only=True)
class CycleToCycle:
    """A transformation that is drawn anew for each cycle of programming, or for each reading."""

    of: Transformation

    def apply(self, conductance: Array, random: np.random.Generator) -> Array:
        """See `Transformation`."""
        return self.of.apply(conductance, random)


@dataclass(frozen=True, kw_only=True)
class ByConductance:
    """One transformation for high-resistance cells, another for low-resistance ones."""

    border: float
    """[S]."""
    below: Transformation
    """As a rule lognormal, with more telegraph noise."""
    above: Transformation
    """As a rule normal."""

    def __post_init__(self) -> None:
        positive("border between two kinds of cells", self.border, "S")

    def apply(self, conductance: Array, random: np.random.Generator) -> Array:
        """See `Transformation`. Both draw for all cells, so that a cell's draw depends on itself alone."""
        low, high = (part.apply(conductance, random) for part in (self.below, self.above))
        return np.where(conductance < self.border, low, high)


def populate(
    target: ArrayLike, transformations: Sequence[Transformation], *, seed: int, cycle: int = 0
) -> Array:
    """Apply `transformations` in their order to conductances `target` [S]; equal seeds give equal cells.

    `cycle` (0, 1, 2 …) redraws the transformations that are wrapped in `CycleToCycle`, and only those.
    Raises `SimulationError` for targets that are negative or NaN and for a negative cycle.
    """
    if cycle < 0:
        raise SimulationError(f"cycle is {cycle}; expected 0, 1, 2 …")
    cells = np.array(target, dtype=np.float64)
    bad = ~(cells >= 0)
    if bad.any():
        place = first_bad(bad)
        where = list(place) if place else [0]
        raise SimulationError(f"target of cell {where} is {cells[place]} S; expected a number from 0 up")
    for index, transformation in enumerate(transformations):
        repeated = (cycle,) if isinstance(transformation, CycleToCycle) else ()
        key = np.random.SeedSequence(seed, spawn_key=(index, *repeated))
        cells = np.maximum(transformation.apply(cells, np.random.default_rng(key)), 0.0)
    return cells


def vary(device: Model, spreads: Mapping[str, Transformation], shape: tuple[int, ...], *, seed: int) -> Model:
    """A device model whose named parameters differ from device to device: arrays of `shape`.

        vary(KVATINSKY_2015, {"off_threshold": NormalSpread(relative=0.05)}, (64, 64), seed=1)

    A spread is any transformation of positive numbers; parameters below zero keep their sign. The
    model then stands for that many devices, and its states broadcast with `shape`. Raises
    `SimulationError` for a name that the model does not have.
    """
    if not is_dataclass(device):
        raise SimulationError(f"{type(device).__name__} has no parameters to vary")
    known = [field.name for field in fields(device)]
    values: dict[str, Array] = {}
    for name, spread in spreads.items():
        if name not in known:
            raise SimulationError(
                f"{type(device).__name__} has no parameter {name!r}{did_you_mean(name, known)}"
            )
        nominal = np.broadcast_to(np.asarray(getattr(device, name), dtype=np.float64), shape)
        key = np.random.SeedSequence(seed, spawn_key=(known.index(name),))
        values[name] = np.sign(nominal) * spread.apply(np.abs(nominal), np.random.default_rng(key))
    return cast("Model", replace(cast("Any", device), **values))


def cells_of(device: DeviceModel, place: tuple[int, ...] | slice | Array) -> Any:
    """The part of a varied `device` at `place`: its array parameters indexed, the others as they are."""
    if not is_dataclass(device):
        return device
    values = {field.name: getattr(device, field.name) for field in fields(device)}
    picked = {
        name: np.asarray(value)[place]  # pyright: ignore[reportArgumentType, reportCallIssue]
        for name, value in values.items()
        if isinstance(value, np.ndarray) and value.ndim
    }
    return replace(cast("Any", device), **picked) if picked else device
