"""The figures of an evaluation: waveforms of its patterns, and its margins."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from cosim.plotting.margins import margin_bars, margin_height
from cosim.plotting.style import PAGE, figure_of, new_figure, save, style
from cosim.plotting.waveforms import waveforms

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from cosim.analysis import MarginTable
    from cosim.evaluation import Evaluation


def evaluation_figures(evaluation: Evaluation, folder: str | os.PathLike[str]) -> tuple[Path, ...]:
    """Write `waveforms.png` and, where there are margins, `margins.png`; return their paths.

    Raises `ResultFileError` where the folder cannot be written.
    """
    written = [Path(folder) / "waveforms.png"]
    save(waveform_figure(evaluation), written[0])
    tables = {"ideal cells": evaluation.margins, "with parasitics": evaluation.margins_parasitic}
    kept = {name: table for name, table in tables.items() if table is not None and table.rows}
    if kept:
        written.append(Path(folder) / "margins.png")
        save(margin_figure(kept), written[1])
    return tuple(written)


def waveform_figure(evaluation: Evaluation) -> Figure:
    """Waveforms of the short sequence, panels named by input, neuron and output."""
    from cosim.mapping import slots_of

    slots = slots_of(evaluation.design, evaluation.shown, answers=True)
    network = evaluation.design.network
    shape = "-".join(str(n) for n in network.shape)
    panels = waveforms(evaluation.waveforms, slots=slots, title=f"{network.name}, {shape}, in SFQ cells")
    return figure_of(panels[0])


def margin_figure(tables: Mapping[str, MarginTable | Mapping[str, ArrayLike]]) -> Figure:
    """One table above the other, on one scale; the keys name them."""
    with style():
        rows = [
            len(np.asarray(table["parameter"])) if isinstance(table, Mapping) else len(table.rows)
            for table in tables.values()
        ]
        heights = [margin_height(count) for count in rows]
        figure = new_figure(PAGE, sum(heights))
        axes = figure.subplots(len(rows), 1, squeeze=False, height_ratios=heights)[:, 0]
        for axis, (name, table) in zip(axes, tables.items(), strict=True):
            margin_bars(table, axis, title=name)
        reach = max(max(axis.get_xlim()) for axis in axes)
        for axis in axes:
            axis.set_xlim(-reach, reach)
    return figure
