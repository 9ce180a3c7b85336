"""Spikes as ticks: one row a junction, time to the right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from cosim.errors import CosimError
from cosim.plotting.style import INK, PAGE, PALE, ROLE_COLOURS, SHADE, new_figure, style, time_unit
from cosim.results import Pulses, Result, Slots

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_ROWS = 60


def raster(
    pulses: Pulses | Result,
    junctions: Sequence[str] | None = None,
    axes: Axes | None = None,
    slots: ArrayLike | Slots | None = None,
    labels: Sequence[str] | None = None,
    *,
    captions: Mapping[str, str] | None = None,
    title: str = "",
) -> Axes:
    """Draw a tick for each slip and return the axes; slips backwards are dashed below the row.

    `junctions` defaults to those of `slots`, else to all that slipped, in the order of their
    first slip. `slots` and `labels` as in `waveforms`.

    Raises `UnknownNameError` for a junction that is not there, `CosimError` when there is none.
    """
    train = pulses.pulses if isinstance(pulses, Result) else pulses
    known = slots if isinstance(slots, Slots) else None
    edges = None
    if slots is not None:
        edges = np.asarray(slots.edges if isinstance(slots, Slots) else slots, dtype=np.float64)
    texts = tuple(labels) if labels is not None else known.labels if known is not None else ()
    chosen = list(junctions) if junctions is not None else _default(train, known)
    if not chosen:
        raise CosimError("nothing to draw: no junction slipped")
    names, roles = dict(captions or {}), {}
    if known is not None:
        names = dict(zip(known.junctions, known.captions, strict=True)) | names
        roles = dict(zip(known.junctions, known.roles, strict=True))
    with style():
        if axes is None:
            axes = new_figure(PAGE, 0.8 + 0.2 * len(chosen)).subplots()
        last = float(edges[-1]) if edges is not None else _end(pulses)
        factor, unit = time_unit(last)
        if edges is not None:
            for number, (low, high) in enumerate(pairwise(edges * factor)):
                if number % 2 == 0:
                    axes.axvspan(low, high, color=SHADE, linewidth=0, zorder=0)
                axes.axvline(low, color=PALE, linewidth=0.5, zorder=1)
            for text, low, high in zip(texts, edges[:-1], edges[1:], strict=True):
                axes.annotate(
                    text, xy=(0.5 * (low + high) * factor, 1.0), xycoords=("data", "axes fraction"),
                    xytext=(0, 3), textcoords="offset points", ha="center", va="bottom",
                    fontsize=6.0 if len(texts) > 10 else 8.0,
                )  # fmt: skip
        for row, name in enumerate(chosen):
            times, signs = train.of(name)
            colour = ROLE_COLOURS.get(roles.get(name, "other"), INK)
            axes.vlines(
                times[signs > 0] * factor, row - 0.36, row + 0.36, color=colour, linewidth=1.4, zorder=3
            )
            axes.vlines(
                times[signs < 0] * factor,
                row,
                row + 0.36,
                color=colour,
                linewidth=1.0,
                linestyle=":",
                zorder=3,
            )
        axes.set_yticks(range(len(chosen)), [names.get(name, name) for name in chosen])
        axes.set_ylim(len(chosen) - 0.5, -0.5)
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        axes.set_xlabel(f"time ({unit})")
        axes.hlines(range(len(chosen)), 0.0, last * factor, color=PALE, linewidth=0.4, zorder=1)
        first = float(edges[0]) if edges is not None else 0.0
        axes.set_xlim(first * factor, last * factor)
        if title:
            axes.set_title(title, loc="left", pad=16 if texts else 6)
    return axes


def _end(pulses: Pulses | Result) -> float:
    """End of the run [s]; where only slips are known, a little beyond the last of them."""
    train = pulses.pulses if isinstance(pulses, Result) else pulses
    beyond = 1.02 * float(train.time[-1]) if len(train) else 1e-12
    return float(pulses.time[-1]) if isinstance(pulses, Result) and pulses.time.size else beyond


def _default(train: Pulses, slots: Slots | None) -> list[str]:
    if slots is not None and slots.junctions:
        return [name for name in slots.junctions if name in train.names]
    order = [train.names[i] for i in dict.fromkeys(train.element.tolist())]
    return order[:_MOST_ROWS]
