"""Yield: how many samples work, and what fails in those that do not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from cosim.errors import CosimError
from cosim.plotting.reasons import short_reason
from cosim.plotting.style import BLUE, COLUMN, GREY, INK, SHADE, VERMILION, new_figure, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from cosim.analysis import YieldEstimate


def yield_histogram(
    estimate: YieldEstimate | Sequence[str],
    samples: int | None = None,
    axes: Axes | None = None,
    *,
    interval: tuple[float, float] | None = None,
    most: int = 8,
    title: str = "",
) -> Axes:
    """Draw how many samples work and how many fail for each first cause; return the axes.

    `estimate` is a `YieldEstimate`, or the reason of each failing sample as a file holds them,
    with the number of `samples` and the confidence `interval` of the yield. Causes beyond the
    `most` frequent are put together.

    Raises `CosimError` without a number of samples.
    """
    if isinstance(estimate, Sequence):
        reasons, total = [str(reason) for reason in estimate], samples
    else:
        reasons, total = [str(reason) for _, reason in estimate.failures], estimate.samples
        interval = interval or estimate.interval
    if not total or total < len(reasons):
        raise CosimError(f"a yield needs its number of samples, got {total} for {len(reasons)} failures")
    counted = Counter(short_reason(reason) for reason in reasons).most_common()
    rest = sum(count for _, count in counted[most:])
    bars = [("works", total - len(reasons)), *counted[:most]]
    if rest:
        bars.append((f"{len(counted) - most} other causes", rest))
    with style():
        if axes is None:
            axes = new_figure(1.6 * COLUMN, 0.75 + 0.24 * len(bars)).subplots()
        rows = np.arange(len(bars))
        shares = np.array([100.0 * count / total for _, count in bars])
        axes.barh(rows, shares, height=0.62, color=[BLUE] + [VERMILION] * (len(bars) - 1), zorder=2)
        if interval is not None:
            low, high = (100.0 * end for end in interval)
            axes.errorbar(
                [shares[0]], [0], xerr=[[max(shares[0] - low, 0.0)], [max(high - shares[0], 0.0)]],
                color=INK, linewidth=0.9, capsize=3, zorder=3,
            )  # fmt: skip
        for row, ((_, count), share) in enumerate(zip(bars, shares, strict=True)):
            right = max(share, 100.0 * interval[1]) if interval is not None and row == 0 else share
            axes.annotate(
                f"{share:.1f} % ({count})", xy=(right, row), xytext=(4, 0), textcoords="offset points",
                va="center", fontsize=6.5, color=INK,
            )  # fmt: skip
        for row in range(0, len(bars), 2):
            axes.axhspan(row - 0.5, row + 0.5, color=SHADE, linewidth=0, zorder=0)
        axes.set_yticks(rows, [name for name, _ in bars])
        axes.set_ylim(len(bars) - 0.5, -0.5)
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        axes.set_xlim(0.0, 122.0)
        axes.set_xticks(range(0, 101, 25))
        axes.set_xlabel(f"share of {total} samples (%)", color=GREY)
        if title:
            axes.set_title(title, loc="left")
    return axes
