"""Figures: functions that take data and, if you like, axes, and return axes.

No window opens and no global setting changes; matplotlib is loaded when a figure is drawn.
"""

from __future__ import annotations

from cosim.plotting.style import ENDINGS, check_figure_path, figure_of, save, style
from cosim.plotting.waveforms import waveforms

__all__ = ["ENDINGS", "check_figure_path", "figure_of", "save", "style", "waveforms"]
