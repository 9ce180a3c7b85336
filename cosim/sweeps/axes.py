"""Directions in which a sweep goes: a grid value by value, lists, corners, repetitions.

An axis is a dimension of the merged file. It has a length and says which parameters each of its
points sets; the cases of a sweep are the product of its axes. Random axes are in `draws.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from cosim.errors import SweepError
from cosim.sweeps.fields import Value, number, value_of, whole


class Axis(Protocol):
    """One direction of a sweep."""

    @property
    def dimension(self) -> str:
        """Name of the dimension in the merged file."""
        ...

    @property
    def names(self) -> tuple[str, ...]:
        """Parameters that a point sets; may be empty."""
        ...

    @property
    def labels(self) -> tuple[str, ...] | None:
        """(length,) names of the points, or None where they are numbered or are their own values."""
        ...

    def __len__(self) -> int: ...

    def point(self, index: int, seed: int) -> Mapping[str, Value]:
        """Parameters of one point. Nothing else than `index` and the sweep's `seed` may matter."""
        ...


@dataclass(frozen=True, kw_only=True)
class Grid:
    """One parameter over `values`; several grids are crossed with each other."""

    name: str
    values: tuple[Value, ...]

    def __post_init__(self) -> None:
        values = tuple(value_of(v, f"grid {self.name}") for v in self.values)
        if not values:
            raise SweepError(f"grid {self.name}: there are no values")
        if len({type(v) for v in values}) > 1:
            raise SweepError(f"grid {self.name}: numbers and texts are mixed: {values}")
        if len(set(values)) != len(values):
            raise SweepError(f"grid {self.name}: a value occurs twice")
        object.__setattr__(self, "values", values)

    @classmethod
    def between(cls, name: str, low: Any, high: Any, points: Any, spacing: str = "linear") -> Grid:
        """`points` values from `low` to `high`, both included; `spacing` "linear" or "log"."""
        import numpy as np

        first, last = number(low, f"grid {name}, from"), number(high, f"grid {name}, to")
        count = whole(points, f"grid {name}, points", 1)
        if spacing not in ("linear", "log"):
            raise SweepError(f"grid {name}: spacing {spacing!r}; there are 'linear' and 'log'")
        if spacing == "log" and (first <= 0.0 or last <= 0.0):
            raise SweepError(f"grid {name}: spacing 'log' needs positive ends, got {first} and {last}")
        made = np.geomspace(first, last, count) if spacing == "log" else np.linspace(first, last, count)
        # Ten digits less than the last: 0.1 steps are 0.3, not 0.30000000000000004.
        return cls(name=name, values=tuple(float(f"{value:.12g}") for value in made))

    @property
    def dimension(self) -> str:
        return self.name

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name,)

    @property
    def labels(self) -> None:
        return None

    def __len__(self) -> int:
        return len(self.values)

    def point(self, index: int, seed: int) -> Mapping[str, Value]:
        return {self.name: self.values[index]}


@dataclass(frozen=True, kw_only=True)
class Zip:
    """Several parameters that go together: point i takes entry i of each list."""

    values: Mapping[str, tuple[Value, ...]]
    dimension: str = "point"

    def __post_init__(self) -> None:
        values = {
            name: tuple(value_of(v, f"zip {name}") for v in column) for name, column in self.values.items()
        }
        lengths = {name: len(column) for name, column in values.items()}
        if len(set(lengths.values())) != 1 or 0 in lengths.values():
            raise SweepError(f"zip: lists of one length are needed, got {lengths}")
        object.__setattr__(self, "values", values)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.values)

    @property
    def labels(self) -> None:
        return None

    def __len__(self) -> int:
        return len(next(iter(self.values.values())))

    def point(self, index: int, seed: int) -> Mapping[str, Value]:
        return {name: column[index] for name, column in self.values.items()}


@dataclass(frozen=True, kw_only=True)
class Points:
    """Named or numbered points that set parameters one by one: a list, corners, conditions.

    Every point sets the same parameters.
    """

    points: tuple[Mapping[str, Value], ...]
    dimension: str = "point"
    labels: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        what = f"{self.dimension} list"
        points = tuple(
            {str(name): value_of(v, f"{what}, {name}") for name, v in p.items()} for p in self.points
        )
        if not points:
            raise SweepError(f"{what}: there are no points")
        for i, point in enumerate(points[1:], start=1):
            if set(point) != set(points[0]):
                label = i if self.labels is None else self.labels[i]
                raise SweepError(
                    f"{what}: point {label} sets {', '.join(sorted(point))}, "
                    f"the first sets {', '.join(sorted(points[0]))}; every point sets the same parameters"
                )
        if self.labels is not None and len(set(self.labels)) != len(points):
            raise SweepError(f"{what}: {len(points)} points need as many different names, got {self.labels}")
        object.__setattr__(self, "points", points)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.points[0])

    def __len__(self) -> int:
        return len(self.points)

    def point(self, index: int, seed: int) -> Mapping[str, Value]:
        return self.points[index]


def corners(levels: Mapping[str, Sequence[Value]], *, nominal: Mapping[str, Value] | None = None) -> Points:
    """All combinations of the levels, called `SIC=0.9,SL=1.1` …; first `nominal`, where it is given."""
    import itertools

    points: list[dict[str, Value]] = []
    labels: list[str] = []
    if nominal is not None:
        points.append(dict(nominal))
        labels.append("nominal")
    for combination in itertools.product(*levels.values()):
        point = dict(zip(levels, combination, strict=True))
        points.append(point)
        labels.append(",".join(f"{name}={value}" for name, value in point.items()))
    return Points(points=tuple(points), dimension="corner", labels=tuple(labels))


@dataclass(frozen=True, kw_only=True)
class Repetitions:
    """The same case `count` times, each with a seed of its own."""

    count: int

    def __post_init__(self) -> None:
        whole(self.count, "repetitions", 1)

    @property
    def dimension(self) -> str:
        return "repetition"

    @property
    def names(self) -> tuple[str, ...]:
        return ()

    @property
    def labels(self) -> None:
        return None

    def __len__(self) -> int:
        return self.count

    def point(self, index: int, seed: int) -> Mapping[str, Value]:
        return {}
