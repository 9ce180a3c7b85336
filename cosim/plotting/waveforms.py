"""Waveforms as stacked panels that share time, with slots, patterns and arrival times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cosim.errors import CosimError
from cosim.plotting.channels import Channel, channels, default_signals
from cosim.plotting.style import (
    BLUE,
    GREY,
    INK,
    PAGE,
    PALE,
    ROLE_COLOURS,
    SHADE,
    new_figure,
    style,
    time_unit,
)
from cosim.results import Result, Slots

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Arrival times are written beside the pulses up to so many slots.
_MOST_ARRIVALS = 6
_PANEL, _FRAME = 0.52, 0.75


def waveforms(
    result: Result,
    signals: Sequence[str] | None = None,
    axes: Sequence[Axes] | None = None,
    slots: ArrayLike | Slots | None = None,
    labels: Sequence[str] | None = None,
    *,
    captions: Mapping[str, str] | None = None,
    colours: Mapping[str, str] | None = None,
    title: str = "",
) -> tuple[Axes, ...]:
    """Draw signals of a run, one panel each, and return the panels' axes from top to bottom.

    `signals` are names of the result; a bare junction, or `V(B…)` where only the phase was
    kept, is drawn as the voltage (Φ0/2π)·dφ/dt. Without it: the junctions of `slots`, else all
    signals up to 12. `slots` (n + 1,) [s] are the edges between patterns and `labels` (n,) their
    names; a `Slots` object carries both, captions and roles. Slips are marked below their panel,
    and with few slots their time after the slot's beginning is written beside them. `axes` is one
    for each signal. `captions` and `colours` are by signal.

    Raises `UnknownNameError` for a signal that is not there, `CosimError` for a wrong number of axes.
    """
    known = slots if isinstance(slots, Slots) else None
    edges = None
    if slots is not None:
        edges = np.asarray(slots.edges if isinstance(slots, Slots) else slots, dtype=np.float64)
    texts = tuple(labels) if labels is not None else known.labels if known is not None else ()
    chosen = list(signals) if signals is not None else _default(result, known)
    panels = channels(result, chosen)
    if not panels:
        raise CosimError("nothing to draw: the run keeps no signal; add .print cards to the deck")
    names, shades = _names_and_colours(panels, known, captions or {}, colours or {}, chosen)
    with style():
        panes = list(axes) if axes is not None else _stack(len(panels))
        if len(panes) != len(panels):
            raise CosimError(f"{len(panels)} signals need as many axes, got {len(panes)}")
        factor, unit = time_unit(float(np.ptp(result.time)) if result.time.size else 0.0)
        for axis, panel, name, colour in zip(panes, panels, names, shades, strict=True):
            _panel(axis, panel, factor, name, colour)
            if edges is not None:
                _slots(axis, edges * factor)
            _slips(axis, result, panel, edges, factor, unit, colour)
        _limits(panes, panels)
        if edges is not None and texts:
            _labels(panes[0], edges * factor, texts)
        if title:
            panes[0].set_title(title, loc="left", pad=16 if texts else 6)
        for axis in panes[:-1]:
            axis.tick_params(labelbottom=False, bottom=False)
            axis.spines["bottom"].set_visible(False)
        panes[-1].set_xlabel(f"time ({unit})")
        panes[-1].set_xlim(*(factor * end for end in _span(result, edges)))
    return tuple(panes)


def _stack(count: int) -> list[Axes]:
    """Axes of a new figure, one above the other, that share time."""
    figure = new_figure(PAGE, _FRAME + _PANEL * count)
    figure.get_layout_engine().set(hspace=0.02, h_pad=0.03)  # type: ignore[union-attr, call-arg]
    return list(figure.subplots(count, 1, sharex=True, squeeze=False)[:, 0])


def _span(result: Result, edges: NDArray[np.float64] | None) -> tuple[float, float]:
    """The slots and a little before them, or the whole run."""
    first, last = (float(result.time[0]), float(result.time[-1])) if result.time.size > 1 else (0.0, 1.0)
    if edges is None:
        return first, last
    return max(first, float(edges[0] - 0.05 * (edges[1] - edges[0]))), min(last, float(edges[-1]))


def _default(result: Result, slots: Slots | None) -> list[str]:
    if slots is not None:
        kept = [name for name in slots.junctions if f"P({name})" in result or f"V({name})" in result]
        if kept:
            return [f"V({name})" for name in kept]
    return default_signals(result)


def _names_and_colours(
    panels: Sequence[Channel],
    slots: Slots | None,
    captions: Mapping[str, str],
    colours: Mapping[str, str],
    asked: Sequence[str],
) -> tuple[list[str], list[str]]:
    by_junction = {}
    if slots is not None:
        rows = zip(slots.junctions, slots.captions, slots.roles, strict=True)
        by_junction = {junction: (caption, ROLE_COLOURS.get(role, INK)) for junction, caption, role in rows}
    names, shades = [], []
    for panel, given in zip(panels, asked, strict=True):
        caption, colour = by_junction.get(panel.junction, (panel.signal.replace("|", "\n|"), BLUE))
        names.append(captions.get(given, caption))
        shades.append(colours.get(given, colour))
    return names, shades


def _panel(axis: Axes, panel: Channel, factor: float, name: str, colour: str) -> None:
    axis.plot(panel.time * factor, panel.values, color=colour, linewidth=0.9, zorder=3)
    if panel.unit == "mV":
        axis.fill_between(panel.time * factor, panel.values, color=colour, alpha=0.18, linewidth=0, zorder=2)
    axis.axhline(0.0, color=PALE, linewidth=0.5, zorder=1)
    axis.set_ylabel(
        name, rotation=0, ha="right", va="center", labelpad=6, color=colour, fontweight="bold", fontsize=7.5
    )
    axis.margins(x=0.0)


def _slots(axis: Axes, edges: NDArray[np.float64]) -> None:
    for number, (low, high) in enumerate(pairwise(edges)):
        if number % 2 == 0:
            axis.axvspan(low, high, color=SHADE, linewidth=0, zorder=0)
    for edge in edges:
        axis.axvline(edge, color=PALE, linewidth=0.5, zorder=1)


def _slips(
    axis: Axes,
    result: Result,
    panel: Channel,
    edges: NDArray[np.float64] | None,
    factor: float,
    unit: str,
    colour: str,
) -> None:
    """Mark slips of the junction, and write how long after the slot's edge they came."""
    if panel.junction not in result.pulses.names or panel.unit != "mV" or edges is None:
        return
    times = result.pulse_times(panel.junction)
    if len(edges) - 1 > _MOST_ARRIVALS:
        return
    for time in times:
        slot = int(np.searchsorted(edges, time, side="right")) - 1
        if not 0 <= slot < len(edges) - 1:
            continue
        axis.annotate(
            f"+{(time - edges[slot]) * factor:.1f} {unit}",
            xy=(time * factor, 0.62),
            xycoords=("data", "axes fraction"),
            xytext=(4, 0),
            textcoords="offset points",
            fontsize=6.0,
            color=GREY,
            va="center",
        )


def _labels(axis: Axes, edges: NDArray[np.float64], texts: Sequence[str]) -> None:
    dense = len(texts) > 10
    for text, low, high in zip(texts, edges[:-1], edges[1:], strict=True):
        axis.annotate(
            text,
            xy=(0.5 * (low + high), 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(0, 3),
            textcoords="offset points",
            ha="center",
            va="bottom",
            fontsize=6.0 if dense else 8.0,
            fontfamily="monospace" if dense else "sans-serif",
            color=INK,
        )


def _limits(axes: Sequence[Axes], panels: Sequence[Channel]) -> None:
    """Panels of one unit share their scale; the unit stands once a group, at its first panel."""
    for unit in dict.fromkeys(panel.unit for panel in panels):
        mine = [(axis, panel) for axis, panel in zip(axes, panels, strict=True) if panel.unit == unit]
        finite = [panel.values[np.isfinite(panel.values)] for _, panel in mine]
        low = min((float(v.min()) for v in finite if v.size), default=0.0)
        high = max((float(v.max()) for v in finite if v.size), default=1.0)
        room = 0.08 * (high - low) or 1.0
        for axis, _ in mine:
            axis.set_ylim(low - room, high + room)
            axis.locator_params(axis="y", nbins=2)
        mine[0][0].annotate(
            unit, xy=(0, 1), xycoords="axes fraction", xytext=(-4, 3), textcoords="offset points",
            ha="right", va="bottom", fontsize=7.0, color=GREY,
        )  # fmt: skip
