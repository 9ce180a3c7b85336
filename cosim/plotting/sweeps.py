"""The right picture of a merged sweep: a shmoo over two parameters, a curve over one, else how it is
spread."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from cosim.errors import ResultFileError, did_you_mean
from cosim.plotting.distributions import curve, histogram
from cosim.plotting.shmoo import is_share, shmoo
from cosim.plotting.style import COLUMN, engineering, figure_of, new_figure, style
from cosim.plotting.yields import yield_histogram
from cosim.results import Group

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Axes of chance: what they hold is averaged or spread, never an axis of a picture.
CHANCE = ("sample", "repetition")


def is_sweep(group: Group) -> bool:
    """True for the tree of a merged sweep."""
    return group.attributes.get("content") == "sweep" and "status" in group.arrays


def measured_names(group: Group) -> list[str]:
    """Measurements that are one number a case, pass or fail first."""
    dimensions = group.arrays["status"].dimensions
    names = [
        name
        for name in str(group.attributes.get("measured", "")).split(", ")
        if name in group.arrays
        and group.arrays[name].dimensions == dimensions
        and np.asarray(group.arrays[name].values).dtype.kind == "f"
    ]
    return sorted(names, key=lambda name: not is_share(np.asarray(group.arrays[name].values)))


def pictures_of_sweep(group: Group) -> tuple[str, ...]:
    """Pictures that a merged sweep allows, the most telling first."""
    names = measured_names(group)
    if not names:
        return ()
    wide = len(_wide(group))
    found = ["shmoo"] if wide >= 2 else ["curve"] if wide == 1 else []
    shares = is_share(np.asarray(group.arrays[names[0]].values))
    found += ["yield", "histogram"] if shares else ["histogram"]
    if wide >= 2:
        found.append("curve")
    return tuple(dict.fromkeys(found))


def figures_of_sweep(group: Group) -> list[tuple[str, str]]:
    """(picture, measurement) of all that is worth a look: the best picture of each measurement, and
    how it is spread where there is chance."""
    pictures = pictures_of_sweep(group)
    status = group.arrays["status"]
    lengths = dict(zip(status.dimensions, np.shape(status.values), strict=True))
    chance = any(lengths.get(name, 1) > 1 for name in CHANCE)
    found = []
    for name in measured_names(group):
        spread = "yield" if is_share(np.asarray(group.arrays[name].values)) else "histogram"
        best = pictures[0] if pictures[0] in ("shmoo", "curve") else spread
        found.append((best, name))
        if chance and best != spread:
            found.append((spread, name))
    return found


def sweep_figure(
    group: Group, picture: str, measurements: Sequence[str] | None = None, title: str = ""
) -> Figure:
    """Draw measurements of a merged sweep, a panel each; by default the first one.

    Axes beyond those of the picture are averaged: a shmoo over samples shows the share that
    passes. Raises `ResultFileError` for a measurement that is not there.
    """
    known = measured_names(group)
    chosen = list(measurements or known[:1])
    for name in chosen:
        if name not in known:
            raise ResultFileError(
                f"the sweep holds no number {name!r} a case{did_you_mean(name, known)}; it holds "
                f"{', '.join(known)}"
            )
    title = title or str(group.attributes.get("name", ""))
    if len(chosen) == 1:
        return figure_of(_panel(group, picture, chosen[0], None, title))
    with style():
        figure = new_figure(1.3 * COLUMN * len(chosen), COLUMN)
        panels = figure.subplots(1, len(chosen), squeeze=False)[0]
    for panel, name in zip(panels, chosen, strict=True):
        _panel(group, picture, name, panel, name)
    return figure


def _panel(group: Group, picture: str, name: str, axes: Axes | None, title: str) -> Axes:
    array = group.arrays[name]
    values = np.asarray(array.values, dtype=np.float64)
    factor, unit = engineering(values, array.units)
    values, label = factor * values, f"{name} ({unit})" if unit else name
    wide = _wide(group)
    if picture == "shmoo" and len(wide) >= 2:
        # The last two axes of the specification: the first of them goes to the right.
        across, up = wide[-2], wide[-1]
        table = _reduced(values, array.dimensions, (up, across))
        return shmoo(
            table, _points(group, across), _points(group, up), axes,
            x_label=across, y_label=up, value_label=label, title=title,
        )  # fmt: skip
    if picture == "curve" and wide:
        # The first axis of numbers: names of corners and conditions say less as a curve.
        along = next((name for name in wide if _points(group, name).dtype.kind in "iuf"), wide[0])
        if is_share(values):
            share = _reduced(values, array.dimensions, (along,))
            label = f"{label}: share that passes" if values.ndim > 1 else label
            return curve(_points(group, along), share, axes, x_label=along, value_label=label, title=title)
        moved = np.moveaxis(values, array.dimensions.index(along), 0)
        return curve(_points(group, along), moved, axes, x_label=along, value_label=label, title=title)
    if picture == "yield":
        return _yield(group, values, name, axes, title)
    return histogram(values, axes, label=label, title=title)


def _wide(group: Group) -> list[str]:
    """Dimensions with more than one point that are not chance; the merged file's order."""
    status = group.arrays["status"]
    lengths = dict(zip(status.dimensions, np.shape(status.values), strict=True))
    return [name for name, length in lengths.items() if length > 1 and name not in CHANCE]


def _points(group: Group, dimension: str) -> Any:
    return np.asarray(group.arrays[dimension].values)


def _reduced(values: np.ndarray, dimensions: tuple[str, ...], kept: tuple[str, ...]) -> np.ndarray:
    """(kept…) means over all other dimensions; NaN where no case has a number."""
    order = [dimensions.index(name) for name in kept]
    rest = [axis for axis in range(values.ndim) if axis not in order]
    table = values.transpose([*order, *rest]).reshape(*(values.shape[axis] for axis in order), -1)
    known = np.isfinite(table)
    count = known.sum(axis=-1)
    total = np.where(known, table, 0.0).sum(axis=-1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _yield(group: Group, values: np.ndarray, name: str, axes: Axes | None, title: str) -> Axes:
    """The share of cases that pass; those without a result fail for their cause."""
    causes = np.asarray(group.arrays["cause"].values, dtype=object)
    reasons = [
        str(causes[place]) or "fails" if not np.isfinite(values[place]) else "fails"
        for place in map(tuple, np.argwhere(~(values >= 1.0)))
    ]
    samples = int(values.size)
    interval = _wilson(samples - len(reasons), samples)
    return yield_histogram(reasons, samples, axes, interval=interval, title=title)


def _wilson(passed: int, samples: int) -> tuple[float, float]:
    from cosim.analysis import binomial_interval

    return binomial_interval(passed, samples, 0.95, "wilson")
