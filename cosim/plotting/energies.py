"""Energy of each inference: flux quanta moved, and static bias power."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from cosim.errors import CosimError
from cosim.plotting.style import BLUE, INK, ORANGE, PAGE, new_figure, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from cosim.analysis import Energy

#: Ratio of the largest to the smallest bar from which the scale is logarithmic.
_LOGARITHMIC = 30.0
_UNITS = ((1e18, "aJ"), (1e15, "fJ"), (1e12, "pJ"), (1e9, "nJ"))


def energy_bars(
    energy: Energy | ArrayLike,
    static: ArrayLike | None = None,
    axes: Axes | None = None,
    *,
    labels: Sequence[str] | None = None,
    title: str = "",
) -> Axes:
    """Draw dynamic and static energy of each window, side by side, and return the axes.

    `energy` is an `Energy`, or the dynamic energies (windows,) [J] with `static` (windows,) [J]
    beside them. `labels` (windows,) name the windows. Cooling is not in the bars.

    Raises `CosimError` for arrays of different lengths.
    """
    if hasattr(energy, "dynamic_per_window"):
        dynamic = np.asarray(energy.dynamic_per_window)  # type: ignore[union-attr]
        still = np.asarray(energy.static_per_window)  # type: ignore[union-attr]
    else:
        dynamic = np.atleast_1d(np.asarray(energy, dtype=np.float64))
        still = (
            np.zeros_like(dynamic) if static is None else np.atleast_1d(np.asarray(static, dtype=np.float64))
        )
    if dynamic.shape != still.shape or dynamic.ndim != 1 or not dynamic.size:
        raise CosimError(f"energies need one length, got shapes {dynamic.shape} and {still.shape}")
    names = [str(i) for i in range(len(dynamic))] if labels is None else [str(label) for label in labels]
    if len(names) != len(dynamic):
        raise CosimError(f"{len(names)} labels for {len(dynamic)} windows")
    largest = float(np.max([dynamic, still]))
    factor, unit = next(((f, u) for f, u in _UNITS if largest * f < 10_000.0), _UNITS[-1])
    positive = np.concatenate([values[values > 0.0] for values in (dynamic, still)])
    logarithmic = bool(positive.size) and float(positive.max()) > _LOGARITHMIC * float(positive.min())
    with style():
        if axes is None:
            axes = new_figure(PAGE, 2.4).subplots()
        where = np.arange(len(dynamic))
        parts = [(dynamic, BLUE, "flux quanta (Ic·Φ0 a slip)")]
        if np.any(still):
            parts.append((still, ORANGE, "static bias"))
        width = 0.8 / len(parts)
        for number, (values, colour, name) in enumerate(parts):
            x = where + (number - 0.5 * (len(parts) - 1)) * width
            axes.bar(x, factor * values, width=width, color=colour, label=name)
            if len(names) <= (8 if logarithmic else 20):
                for place, value in zip(x, factor * values, strict=True):
                    axes.annotate(
                        f"{value:.3g}", xy=(place, value), xytext=(0, 2), textcoords="offset points",
                        ha="center", fontsize=5.5, color=INK,
                    )  # fmt: skip
        # Static power can be hundreds of times the rest: then only a logarithm shows both.
        if logarithmic:
            axes.set_yscale("log")
            axes.set_ylim(0.3 * factor * positive.min(), 12.0 * factor * positive.max())
            axes.minorticks_off()
        else:
            axes.set_ylim(0.0, 1.28 * factor * largest or 1.0)
        step = max(1, len(names) // 40)
        axes.set_xticks(where[::step], names[::step], rotation=90 if len(names) > 20 else 0)
        axes.tick_params(axis="x", length=0)
        axes.set_ylabel(f"energy at 4 K ({unit})")
        axes.legend(loc="upper right", ncols=2)
        if title:
            axes.set_title(title, loc="left")
    return axes
