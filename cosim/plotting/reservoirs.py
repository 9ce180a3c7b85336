"""Reservoirs: spikes in and out, states in two dimensions, separation of twins, early decisions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from cosim.errors import CosimError
from cosim.plotting.style import BLUE, COLUMN, INK, new_figure, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from cosim.encoding import Events
    from cosim.reservoir import EarlyDecision, Separation


def spike_dots(spikes: Events, axes: Axes | None = None, *, name: str = "neuron", colour: str = INK) -> Axes:
    """Draw a dot a spike: time to the right, channel or neuron upwards."""
    with style():
        axes = axes or new_figure(COLUMN, 2.2).subplots()
        axes.plot(spikes.time * 1e3, spikes.channel, ".", ms=1.5, mew=0, color=colour)
        axes.set(
            xlabel="time [ms]",
            ylabel=name,
            xlim=(0, spikes.duration * 1e3),
            ylim=(-0.5, spikes.channels - 0.5),
        )
    return axes


def liquid_states(states: ArrayLike, labels: ArrayLike, axes: Axes | None = None) -> Axes:
    """Draw (samples, features) states on their first two principal components, a colour a label."""
    array, names = np.asarray(states, dtype=np.float64), np.asarray(labels)
    if array.ndim != 2 or len(array) != len(names) or len(array) < 2:
        raise CosimError(
            f"liquid states: {array.shape} states for {names.shape} labels; expected two or more rows"
        )
    centred = array - array.mean(axis=0)
    _, size, directions = np.linalg.svd(centred, full_matrices=False)
    places = centred @ directions[:2].T
    share = size**2 / np.sum(size**2)
    with style():
        import matplotlib

        colours = matplotlib.colormaps["tab10"]
        axes = axes or new_figure(COLUMN, 2.8).subplots()
        for number, name in enumerate(np.unique(names)):
            x, y = places[names == name].T
            axes.plot(x, y, "o", ms=2.5, alpha=0.7, mew=0, color=colours(number % 10), label=str(name))
        axes.set(
            xlabel=f"first component ({share[0]:.0%} of the variance)",
            ylabel=f"second component ({share[1]:.0%})",
        )
        axes.legend(fontsize=6, loc="center left", bbox_to_anchor=(1.0, 0.5), handletextpad=0.1)
    return axes


def separation_curves(curves: dict[str, Separation], axes: Axes | None = None) -> Axes:
    """Draw the distance of perturbed twins over time, a line a reservoir."""
    with style():
        axes = axes or new_figure(COLUMN, 2.4).subplots()
        for name, curve in curves.items():
            shown = np.where(curve.distance > 0, curve.distance, np.nan)
            axes.semilogy(curve.time * 1e3, shown, label=name)
        axes.set(xlabel="time after the difference [ms]", ylabel="distance of filtered spikes")
        axes.legend(fontsize=6)
    return axes


def early_decisions(curve: EarlyDecision, axes: Axes | None = None) -> Axes:
    """Draw accuracy against mean latency as the confidence that is asked for rises."""
    with style():
        axes = axes or new_figure(COLUMN, 2.2).subplots()
        axes.plot(curve.latency * 1e3, curve.accuracy * 100, ".-", color=BLUE)
        axes.set(xlabel="mean time to decide [ms]", ylabel="accuracy [%]")
    return axes


def accuracy_curve(values: ArrayLike, accuracies: ArrayLike, name: str, axes: Axes | None = None) -> Axes:
    """Draw accuracy against an imperfection: (values,) and (values, seeds), mean with its standard error."""
    x, y = np.asarray(values, dtype=np.float64), np.asarray(accuracies, dtype=np.float64) * 100
    error = y.std(axis=1, ddof=1) / np.sqrt(y.shape[1]) if y.shape[1] > 1 else np.zeros(len(x))
    with style():
        axes = axes or new_figure(COLUMN, 2.2).subplots()
        axes.errorbar(x, y.mean(axis=1), error, fmt="o-", ms=3, capsize=2, color=BLUE)
        axes.set(xlabel=name, ylabel="accuracy [%]")
    return axes
