"""The current-voltage curve of a junction, both ways."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from cosim.errors import CosimError
from cosim.plotting.style import BLUE, PALE, engineering, new_figure, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def current_voltage(
    voltage: ArrayLike, current: ArrayLike, axes: Axes | None = None, *, title: str = ""
) -> Axes:
    """Draw current over mean voltage, (points,) [V] and [A] in the order of the sweep; returns the axes.

    Where a hysteretic junction has two branches the way is seen from the line that joins them.
    Raises `CosimError` for arrays of different lengths.
    """
    volts, amperes = np.asarray(voltage, dtype=np.float64), np.asarray(current, dtype=np.float64)
    if volts.shape != amperes.shape or volts.ndim != 1 or not volts.size:
        raise CosimError(f"a curve needs one length, got shapes {volts.shape} and {amperes.shape}")
    with style():
        if axes is None:
            axes = new_figure(4.2, 3.2).subplots()
        (across, volt), (along, ampere) = engineering(volts, "V"), engineering(amperes, "A")
        axes.axhline(0.0, color=PALE, linewidth=0.5, zorder=0)
        axes.axvline(0.0, color=PALE, linewidth=0.5, zorder=0)
        axes.plot(volts * across, amperes * along, color=BLUE, linewidth=0.8)
        axes.plot(volts * across, amperes * along, ".", color=BLUE, markersize=2.0)
        axes.set_xlabel(f"mean voltage ({volt})")
        axes.set_ylabel(f"current ({ampere})")
        if title:
            axes.set_title(title, loc="left")
    return axes
