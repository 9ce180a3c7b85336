"""Shmoo plots: a measurement over two parameters, cell by cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cosim.errors import CosimError
from cosim.plotting.style import BLUE, COLUMN, GREY, INK, PALE, VERMILION, new_figure, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def shmoo(
    values: ArrayLike,
    x: ArrayLike,
    y: ArrayLike,
    axes: Axes | None = None,
    *,
    x_label: str = "",
    y_label: str = "",
    value_label: str = "",
    nominal: tuple[float, float] | None = None,
    title: str = "",
) -> Axes:
    """Draw `values` (y, x) as a cell for each pair of `x` (columns,) and `y` (rows,); return the axes.

    Where all values lie in 0..1 and some are 0 or 1, they are shares that pass: blue passes,
    vermilion fails, between them what passes now and then. Other numbers get a colour scale. Cells
    without a number (cases that failed or are missing) are crossed out. Texts on an axis become its
    labels. `nominal` marks a point. Raises `CosimError` for shapes that do not fit.
    """
    table = np.asarray(values, dtype=np.float64)
    across, up = np.asarray(x), np.asarray(y)
    if table.shape != (up.size, across.size) or not table.size:
        raise CosimError(f"a shmoo of {up.size} rows and {across.size} columns, but values {table.shape}")
    with style():
        if axes is None:
            axes = new_figure(1.35 * COLUMN, 1.05 * COLUMN).subplots()
        x_edges, y_edges = _edges(across), _edges(up)
        shares = is_share(table)
        mesh = axes.pcolormesh(
            x_edges, y_edges, np.ma.masked_invalid(table),
            cmap=_pass_fail() if shares else "viridis",
            vmin=0.0 if shares else None, vmax=1.0 if shares else None,
            edgecolors="white" if table.size <= 2500 else "none", linewidth=0.3, rasterized=table.size > 2500,
        )  # fmt: skip
        _cross_out(axes, table, x_edges, y_edges)
        if shares and np.all((table == 0.0) | (table == 1.0) | np.isnan(table)):
            _legend(axes, table)
        else:
            bar = axes.get_figure(root=True).colorbar(mesh, ax=axes, pad=0.02, aspect=30)  # type: ignore[union-attr]
            bar.outline.set_linewidth(0.4)  # type: ignore[operator]
            bar.set_label(value_label + (" (share that passes)" if shares else ""), color=GREY)
        if is_geometric(across):
            axes.set_xscale("log")
        if is_geometric(up):
            axes.set_yscale("log")
        for axis, given in ((axes.xaxis, across), (axes.yaxis, up)):
            if given.dtype.kind not in "biuf":
                axis.set_ticks(np.arange(given.size), [str(text) for text in given])
        if nominal is not None:
            axes.plot(*nominal, marker="+", color=INK, markersize=9, markeredgewidth=1.2, zorder=4)
        axes.set_xlabel(x_label)
        axes.set_ylabel(y_label)
        for side in ("left", "bottom"):
            axes.spines[side].set_visible(False)
        if title or (shares and value_label):
            axes.set_title(title or value_label, loc="left")
    return axes


def is_share(table: NDArray[np.float64]) -> bool:
    """True for pass-or-fail, or shares of passes: numbers in 0..1, some of them at an end."""
    known = table[np.isfinite(table)]
    return bool(
        known.size and known.min() >= 0.0 and known.max() <= 1.0 and np.any((known == 0) | (known == 1))
    )


def is_geometric(values: NDArray) -> bool:
    """True for three or more positive numbers of equal ratios, which want a logarithmic axis."""
    if values.dtype.kind not in "iuf" or values.size < 3 or np.any(values <= 0):
        return False
    ratios = np.diff(np.log(values.astype(np.float64)))
    return bool(abs(ratios[0]) > 0.05 and np.allclose(ratios, ratios[0], rtol=1e-6))


def _edges(values: NDArray) -> NDArray[np.float64]:
    """Borders of the cells: half-way between neighbours; texts stand at 0, 1, 2 …"""
    if is_geometric(values):
        return np.exp(_edges(np.log(values)))
    middle = values.astype(np.float64) if values.dtype.kind in "biuf" else np.arange(values.size, dtype=float)
    if middle.size == 1:
        half = 0.5 * abs(middle[0]) or 0.5
        return np.array([middle[0] - half, middle[0] + half])
    inner = 0.5 * (middle[:-1] + middle[1:])
    return np.concatenate([[2 * middle[0] - inner[0]], inner, [2 * middle[-1] - inner[-1]]])


def _pass_fail():
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("pass", [VERMILION, "#F3EBDD", BLUE])


def _cross_out(axes: Axes, table: NDArray, x_edges: NDArray, y_edges: NDArray) -> None:
    from matplotlib.patches import Rectangle

    for row, column in np.argwhere(~np.isfinite(table))[:2500]:
        low, high = (float(edge) for edge in y_edges[row : row + 2])
        left, right = (float(edge) for edge in x_edges[column : column + 2])
        look = {"facecolor": "white", "edgecolor": PALE, "hatch": "xxxx", "linewidth": 0.0, "zorder": 2}
        axes.add_patch(Rectangle((left, low), right - left, high - low, **look))  # type: ignore[arg-type]


def _legend(axes: Axes, table: NDArray) -> None:
    from matplotlib.patches import Patch

    known = np.isfinite(table)
    parts = [("passes", BLUE, int(np.sum(table == 1.0))), ("fails", VERMILION, int(np.sum(table == 0.0)))]
    handles = [Patch(color=colour, label=f"{name} ({count})") for name, colour, count in parts if count]
    if not known.all():
        missing = int(np.sum(~known))
        handles.append(Patch(facecolor="white", edgecolor=PALE, hatch="xxxx", label=f"no result ({missing})"))
    axes.legend(
        handles=handles, loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=len(handles), fontsize=6.5,
        borderaxespad=0.1, handlelength=1.0, handleheight=1.0, columnspacing=1.0,
    )  # fmt: skip
