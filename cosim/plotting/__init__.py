"""Figures: functions that take data and, if you like, axes, and return axes.

No window opens and no global setting changes; matplotlib is loaded when a figure is drawn.
"""

from __future__ import annotations

from cosim.plotting.energies import energy_bars
from cosim.plotting.evaluations import evaluation_figures
from cosim.plotting.files import PICTURES, figure_of_file, pictures_of
from cosim.plotting.margins import margin_bars
from cosim.plotting.raster import raster
from cosim.plotting.style import ENDINGS, check_figure_path, figure_of, save, style
from cosim.plotting.waveforms import waveforms
from cosim.plotting.yields import yield_histogram

__all__ = [
    "ENDINGS",
    "PICTURES",
    "check_figure_path",
    "energy_bars",
    "evaluation_figures",
    "figure_of",
    "figure_of_file",
    "margin_bars",
    "pictures_of",
    "raster",
    "save",
    "style",
    "waveforms",
    "yield_histogram",
]
