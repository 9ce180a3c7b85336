"""Figures: functions that take data and, if you like, axes, and return axes.

No window opens and no global setting changes; matplotlib is loaded when a figure is drawn.
"""

from __future__ import annotations

from cosim.plotting.arrays import cell_map, interval_curves, interval_dots
from cosim.plotting.distributions import curve, histogram
from cosim.plotting.energies import energy_bars
from cosim.plotting.evaluations import evaluation_figures
from cosim.plotting.files import PICTURES, figure_of_file, pictures_of
from cosim.plotting.junction_curves import current_voltage
from cosim.plotting.margins import margin_bars
from cosim.plotting.raster import raster
from cosim.plotting.shmoo import shmoo
from cosim.plotting.style import (
    DOTS_PER_INCH,
    ENDINGS,
    check_figure_path,
    engineering,
    figure_of,
    save,
    style,
)
from cosim.plotting.sweeps import figures_of_sweep, sweep_figure
from cosim.plotting.waveforms import waveforms
from cosim.plotting.yields import yield_histogram

__all__ = [
    "DOTS_PER_INCH",
    "ENDINGS",
    "PICTURES",
    "cell_map",
    "check_figure_path",
    "current_voltage",
    "curve",
    "energy_bars",
    "engineering",
    "evaluation_figures",
    "figure_of",
    "figure_of_file",
    "figures_of_sweep",
    "histogram",
    "interval_curves",
    "interval_dots",
    "margin_bars",
    "pictures_of",
    "raster",
    "save",
    "shmoo",
    "style",
    "sweep_figure",
    "waveforms",
    "yield_histogram",
]
