"""Margins as bars around nominal, with what gives way at each end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from cosim.errors import CosimError
from cosim.plotting.reasons import short_reason
from cosim.plotting.style import BLUE, GREY, INK, PAGE, SHADE, VERMILION, new_figure, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from cosim.analysis import MarginTable

_COLUMNS = ("parameter", "margin_low", "margin_high")


def margin_bars(
    table: MarginTable | Mapping[str, ArrayLike], axes: Axes | None = None, *, title: str = ""
) -> Axes:
    """Draw a bar for each parameter, in percent of nominal, and return the axes.

    `table` is a `MarginTable` or its `arrays()` as a file holds them: `parameter`, `margin_low`,
    `margin_high` (relative, k each) and, where there are, `limited_by_…` and `reason_…`. An end
    that was still working where the search stopped ends in an arrow; the parameter with the
    critical margin is set off, and dotted lines mark that margin on both sides.

    Raises `CosimError` when a column is missing or the table is empty.
    """
    columns = table if isinstance(table, Mapping) else table.arrays()
    missing = [name for name in _COLUMNS if name not in columns]
    if missing:
        raise CosimError(
            f"a table of margins needs the columns {', '.join(_COLUMNS)}; no {', '.join(missing)}"
        )
    names = [str(name) for name in np.asarray(columns["parameter"])]
    if not names:
        raise CosimError("the table of margins has no rows")
    low, high = (100.0 * np.asarray(columns[c], dtype=np.float64) for c in _COLUMNS[1:])
    open_low, open_high = _open(columns, "low", len(names)), _open(columns, "high", len(names))
    smallest = np.minimum(-low, high)
    critical = int(np.argmin(smallest))
    from matplotlib.ticker import MultipleLocator

    with style():
        if axes is None:
            axes = new_figure(PAGE, margin_height(len(names))).subplots()
        rows = np.arange(len(names))
        _stripes(axes, len(names))
        shades = [VERMILION if row == critical else BLUE for row in rows]
        axes.barh(rows, high - low, left=low, height=0.5, color=shades, linewidth=0, zorder=2)
        axes.axvline(0.0, color=INK, linewidth=0.8, zorder=4)
        for side in (-1.0, 1.0):
            axes.axvline(side * smallest[critical], color=VERMILION, linewidth=0.7, linestyle=":", zorder=1)
        reach = max(float(np.max(np.abs([low, high]))), 1.0)
        for row, shade in enumerate(shades):
            for end, is_open, side in ((low[row], open_low[row], -1), (high[row], open_high[row], 1)):
                _end(axes, float(end), row, bool(is_open), side, shade)
        axes.xaxis.set_major_locator(MultipleLocator(25 if reach > 60.0 else 10 if reach > 15.0 else 5))
        axes.set_xlim(-1.3 * reach, 1.3 * reach)
        axes.set_ylim(len(names) - 0.4, -0.6)
        axes.set_yticks(rows, names)
        for label, row in zip(axes.get_yticklabels(), rows, strict=True):
            label.set_fontweight("bold" if row == critical else "normal")
            label.set_color(VERMILION if row == critical else INK)
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        axes.set_xlabel("change from nominal (%)")
        _reasons(axes, columns, len(names))
        subtitle = f"critical margin ±{smallest[critical]:.1f} % ({names[critical]})"
        axes.set_title(f"{title}: {subtitle}" if title else subtitle, loc="left", pad=8)
    return axes


def margin_height(rows: int) -> float:
    """Height of a figure of so many rows in inches."""
    return 0.8 + 0.29 * rows


def _open(columns: Mapping[str, ArrayLike], side: str, count: int) -> np.ndarray:
    """True where the criterion did not limit: the search, or physics, did."""
    values = columns.get(f"limited_by_{side}")
    if values is None:
        return np.zeros(count, dtype=bool)
    return np.array([str(v) != "criterion" for v in np.asarray(values)], dtype=bool)


def _stripes(axes: Axes, count: int) -> None:
    for row in range(0, count, 2):
        axes.axhspan(row - 0.5, row + 0.5, color=SHADE, linewidth=0, zorder=0)


def _end(axes: Axes, end: float, row: int, is_open: bool, side: int, colour: str) -> None:
    """The number beside an end; an open one gets an arrow and a `>`."""
    if is_open:
        axes.plot(
            [end], [row], marker="<" if side < 0 else ">", color=colour, markersize=6,
            markeredgewidth=0, clip_on=False, zorder=3,
        )  # fmt: skip
    sign = "−" if side < 0 else "+"
    axes.annotate(
        f"{('<' if side < 0 else '>') if is_open else ''}{sign}{abs(end):.1f}",
        xy=(end, row),
        xytext=(side * (7 if is_open else 3), 0),
        textcoords="offset points",
        ha="right" if side < 0 else "left",
        va="center",
        fontsize=6.5,
        color=INK,
    )


def _reasons(axes: Axes, columns: Mapping[str, ArrayLike], count: int) -> None:
    """What fails first, right of the bars: the lower end above, the upper below."""
    if "reason_low" not in columns or "reason_high" not in columns:
        return
    pairs = [[short_reason(str(t)) for t in np.asarray(columns[c])] for c in ("reason_low", "reason_high")]
    limits = [
        [str(t) for t in np.asarray(columns[c])] if c in columns else ["criterion"] * count
        for c in ("limited_by_low", "limited_by_high")
    ]
    place = axes.get_yaxis_transform()
    axes.text(1.02, -0.62, "what fails first", transform=place, fontsize=6.5, color=GREY, va="bottom")
    for row in range(count):
        for line, (sign, offset) in enumerate((("−", -0.2), ("+", 0.2))):
            text = pairs[line][row] or _limit(limits[line][row])
            axes.text(
                1.02, row + offset, f"{sign} {text}", transform=place, fontsize=6.0,
                color=INK if pairs[line][row] else GREY, va="center", ha="left",
            )  # fmt: skip


def _limit(limited_by: str) -> str:
    return {"range": "works to the end of the search", "physics": "end of what can exist"}.get(limited_by, "")
