"""Send on change: a channel speaks only when its signal has moved."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cosim.encoding.events import Events, events
from cosim.errors import NetworkError


def delta(signals: ArrayLike, *, step: float, threshold: float) -> Events:
    """Encode signals by their changes.

    Channel 2i fires each time that signal i has risen by `threshold` above its last sent value, channel
    2i + 1 each time that it has fallen by as much. A change of several thresholds within a step gives as many
    spikes, spread evenly over it. The first value is sent with the zero line as its past.

    Args:
        signals: (steps, signals), any unit.
        step: time between rows [s].
        threshold: change that is sent, unit of the signals, above 0.
    """
    array = np.asarray(signals, dtype=np.float64)
    if array.ndim != 2 or not np.all(np.isfinite(array)):
        raise NetworkError(f"delta: signals of shape {array.shape}; expected finite (steps, signals)")
    if not threshold > 0:
        raise NetworkError(f"delta: threshold = {threshold}; expected above 0")
    sent = np.zeros(array.shape[1])
    times, channels = [np.empty(0)], [np.empty(0, dtype=np.int64)]
    for row, values in enumerate(array):
        moves = np.trunc((values - sent) / threshold + np.sign(values - sent) * 1e-9).astype(np.int64)
        sent += moves * threshold
        signal = np.flatnonzero(moves)
        count = np.abs(moves[signal])
        ordinal = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        times.append((row + ordinal / np.repeat(count, count)) * step)
        channels.append(np.repeat(2 * signal + (moves[signal] < 0), count))
    return events(np.concatenate(times), np.concatenate(channels), 2 * array.shape[1], array.shape[0] * step)


def reconstruct(spikes: Events, *, step: float, threshold: float) -> NDArray[np.float64]:
    """Return (steps, signals): what a receiver of `delta` knows, off by less than `threshold` everywhere."""
    grid = spikes.dense(step).astype(np.float64)
    return np.cumsum(grid[:, 0::2] - grid[:, 1::2], axis=0) * threshold
