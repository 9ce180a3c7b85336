"""How a measurement is spread: a histogram, and a curve over one parameter with its band."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from cosim.errors import CosimError
from cosim.plotting.shmoo import is_geometric
from cosim.plotting.style import BLUE, COLUMN, GREY, INK, SKY, VERMILION, new_figure, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def histogram(
    values: ArrayLike, axes: Axes | None = None, *, label: str = "", title: str = "", bins: int | str = "auto"
) -> Axes:
    """Draw how often values occur, their median and the range of the middle 95 %; return the axes.

    `values` of any shape; numbers that are not finite (cases without a result) are left out and
    counted in the title. Raises `CosimError` when none is left.
    """
    everything = np.asarray(values, dtype=np.float64).ravel()
    known = everything[np.isfinite(everything)]
    if not known.size:
        raise CosimError(f"{label or 'the measurement'}: no case gave a number, so there is nothing to draw")
    with style():
        if axes is None:
            axes = new_figure(1.35 * COLUMN, 0.8 * COLUMN).subplots()
        span = float(np.ptp(known))
        # Values that are equal but for the last digits are one bar.
        flat = span <= 1e-12 * max(abs(float(known.max())), abs(float(known.min())))
        axes.hist(known, bins=1 if flat else min(len(np.histogram_bin_edges(known, bins)), 101) - 1,
                  color=BLUE, edgecolor="white", linewidth=0.4, zorder=2)  # fmt: skip
        low, middle, high = np.percentile(known, [2.5, 50.0, 97.5])
        axes.axvline(middle, color=VERMILION, linewidth=1.0, zorder=3, label=f"median {middle:.4g}")
        if not flat and known.size >= 20:
            axes.axvspan(low, high, color=SKY, alpha=0.18, linewidth=0, zorder=1,
                         label=f"95 % in {low:.4g} … {high:.4g}")  # fmt: skip
        axes.legend(fontsize=6.5, loc="upper left", bbox_to_anchor=(0.0, -0.16), ncols=2, borderaxespad=0.0)
        axes.set_xlabel(label)
        axes.set_ylabel("cases", color=GREY)
        lost = everything.size - known.size
        axes.set_title(
            title or f"{known.size} cases" + (f", {lost} without a result" if lost else ""), loc="left"
        )
    return axes


def curve(
    x: ArrayLike,
    values: ArrayLike,
    axes: Axes | None = None,
    *,
    x_label: str = "",
    value_label: str = "",
    title: str = "",
) -> Axes:
    """Draw `values` (x,), or (x, cases) as their median with the band from least to most; return the axes.

    Points without a number leave a gap. Texts on `x` become its labels.
    """
    across = np.asarray(x)
    table = np.asarray(values, dtype=np.float64)
    if table.shape[:1] != across.shape:
        raise CosimError(f"a curve over {across.size} points, but values {table.shape}")
    table = table.reshape(across.size, -1)
    place = across.astype(np.float64) if across.dtype.kind in "biuf" else np.arange(across.size, dtype=float)
    with style():
        if axes is None:
            axes = new_figure(1.35 * COLUMN, 0.85 * COLUMN).subplots()
        known = np.isfinite(table).any(axis=1)
        middle = np.full(across.size, np.nan)
        middle[known] = np.nanmedian(table[known], axis=1)
        if table.shape[1] > 1:
            low, high = np.full(across.size, np.nan), np.full(across.size, np.nan)
            low[known], high[known] = np.nanmin(table[known], axis=1), np.nanmax(table[known], axis=1)
            axes.fill_between(place, low, high, color=SKY, alpha=0.35, linewidth=0, label="least … most")
        marker = "o" if across.size <= 60 else None
        axes.plot(place, middle, color=BLUE, marker=marker, markersize=2.5, label="median")
        if table.shape[1] > 1:
            axes.legend(fontsize=6.5, loc="best")
        if across.dtype.kind not in "biuf":
            axes.set_xticks(place, [str(text) for text in across], rotation=30, ha="right")
        if is_geometric(across):
            axes.set_xscale("log")
        axes.set_xlabel(x_label)
        axes.set_ylabel(value_label, color=INK)
        if title:
            axes.set_title(title, loc="left")
    return axes
