"""Arrays: maps of cells, and curves with intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from cosim.errors import CosimError
from cosim.plotting.style import COLUMN, CYCLE, GREY, INK, SHADE, figure_of, new_figure, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from cosim.results import Group


def cell_map(
    values: ArrayLike,
    axes: Axes | None = None,
    *,
    label: str,
    title: str = "",
    low: float | None = None,
    high: float | None = None,
) -> Axes:
    """Draw one number a cell, (M, N) word lines × bit lines, as colours; return the axes.

    Word lines are driven from the left, currents leave below. `label` names the number and its unit,
    `low` and `high` end the colours. Raises `CosimError` unless there are two dimensions.
    """
    cells = np.asarray(values, dtype=np.float64)
    if cells.ndim != 2 or not cells.size:
        raise CosimError(f"a map of cells needs (word lines, bit lines), got shape {cells.shape}")
    with style():
        if axes is None:
            axes = new_figure(
                COLUMN, 0.35 + 2.75 * min(max(cells.shape[0] / cells.shape[1], 0.4), 1.3)
            ).subplots()
        picture = axes.imshow(
            cells,
            cmap="cividis",
            vmin=low,
            vmax=high,
            interpolation="nearest",
            aspect="equal",
            origin="upper",
        )
        bar = axes.figure.colorbar(picture, ax=axes, fraction=0.046, pad=0.03)
        bar.set_label(label)
        bar.outline.set_visible(False)  # type: ignore[operator]
        axes.set_xlabel("bit line", color=GREY)
        axes.set_ylabel("word line", color=GREY)
        for side in axes.spines.values():
            side.set_visible(False)
        axes.tick_params(length=0)
        if title:
            axes.set_title(title, loc="left")
    return axes


def interval_curves(
    positions: ArrayLike,
    curves: Mapping[str, tuple[ArrayLike, ArrayLike]],
    axes: Axes | None = None,
    *,
    xlabel: str,
    ylabel: str,
    level: float | None = None,
    title: str = "",
) -> Axes:
    """Draw curves with a band around each: name → (values, half widths), at `positions`; return the axes.

    `level`: a line across, of what is lossless.
    """
    x = np.asarray(positions, dtype=np.float64)
    with style():
        if axes is None:
            axes = new_figure(COLUMN, 2.3).subplots()
        if level is not None:
            axes.axhline(level, color=GREY, linewidth=0.6, linestyle=(0, (4, 3)), zorder=1)
        for (name, (values, half)), colour in zip(curves.items(), CYCLE, strict=False):
            mean, width = np.asarray(values, dtype=np.float64), np.asarray(half, dtype=np.float64)
            axes.fill_between(x, mean - width, mean + width, color=colour, alpha=0.18, linewidth=0, zorder=2)
            axes.plot(x, mean, color=colour, marker="o", markersize=2.6, label=name, zorder=3)
        axes.set_xlabel(xlabel)
        axes.set_ylabel(ylabel)
        if len(curves) > 1:
            axes.legend(loc="best")
        if title:
            axes.set_title(title, loc="left")
    return axes


def interval_dots(
    names: Sequence[str],
    means: ArrayLike,
    halves: ArrayLike,
    axes: Axes | None = None,
    *,
    xlabel: str,
    level: float | None = None,
    title: str = "",
) -> Axes:
    """Draw a dot with an interval for each name, one below the other, with its number; return the axes."""
    mean, half = np.asarray(means, dtype=np.float64), np.asarray(halves, dtype=np.float64)
    if not len(names) == len(mean) == len(half):
        raise CosimError(f"{len(names)} names, {len(mean)} means and {len(half)} intervals do not fit")
    rows = np.arange(len(names))
    with style():
        if axes is None:
            axes = new_figure(1.6 * COLUMN, 0.7 + 0.21 * len(names)).subplots()
        if level is not None:
            axes.axvline(level, color=GREY, linewidth=0.6, linestyle=(0, (4, 3)), zorder=1)
        for row in range(0, len(names), 2):
            axes.axhspan(row - 0.5, row + 0.5, color=SHADE, linewidth=0, zorder=0)
        axes.errorbar(mean, rows, xerr=half, fmt="o", color=CYCLE[0], markersize=3.2, capsize=2.5,
                      elinewidth=0.9, zorder=3)  # fmt: skip
        right = float((mean + half).max())
        left = float((mean - half).min())
        for row in rows:
            axes.annotate(
                f"{mean[row]:.1f} ± {half[row]:.1f}", xy=(1.02, row), xycoords=("axes fraction", "data"),
                va="center", fontsize=6.5, color=INK,
            )  # fmt: skip
        axes.set_xlim(left - 0.04 * (right - left), right + 0.04 * (right - left))
        axes.set_yticks(rows, list(names))
        axes.set_ylim(len(names) - 0.5, -0.5)
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        axes.set_xlabel(xlabel)
        if title:
            axes.set_title(title, loc="left")
    return axes


def conductance_figure(group: Group, title: str = "") -> Figure:
    """The conductances of a solved array's file."""
    cells = np.asarray(group.arrays["conductance"].values)
    return figure_of(cell_map(1e6 * cells, label="conductance (µS)", title=title))


def drop_figure(group: Group, title: str = "") -> Figure:
    """How much of the input's voltage stands across each cell of a solved array's file: its first input."""
    across = np.asarray(group.arrays["word_voltage"].values)[0]
    across = across - np.asarray(group.arrays["bit_voltage"].values)[0]
    driven = [
        np.abs(np.asarray(group.arrays[f"voltage_{side}"].values)[0]).max() for side in ("left", "right")
    ]
    largest = max(*driven, 1e-300)
    share = 100 * across / largest
    return figure_of(cell_map(share, label="cell voltage (% of the input)", title=title))
