"""Spikes of one sample as flat arrays: when, and on which channel."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cosim.errors import NetworkError


@dataclass(frozen=True, kw_only=True)
class Events:
    """Spikes of one sample, sorted by time, then by channel."""

    time: NDArray[np.float64]
    """(spikes,) [s], from 0 to `duration`"""
    channel: NDArray[np.int32]
    """(spikes,) from 0 to channels − 1"""
    channels: int
    duration: float
    """[s], above 0"""

    def __post_init__(self) -> None:
        if self.time.shape != self.channel.shape or self.time.ndim != 1:
            raise NetworkError(
                f"events: time {self.time.shape} and channel {self.channel.shape} must be equal lists"
            )
        if not (self.duration > 0 and math.isfinite(self.duration)):
            raise NetworkError(f"events: duration = {self.duration} s; expected a finite time above 0")
        if self.time.size == 0:
            return
        if not np.all(np.isfinite(self.time)):
            raise NetworkError("events: a time is not finite")
        if np.any(np.diff(self.time) < 0):
            raise NetworkError("events: times are not sorted; `events(...)` sorts them")
        if self.time[0] < 0 or self.time[-1] > self.duration:
            raise NetworkError(
                f"events: times from {self.time[0]:g} to {self.time[-1]:g} s; expected 0 to "
                f"{self.duration:g} s"
            )
        if self.channel.min() < 0 or self.channel.max() >= self.channels:
            raise NetworkError(
                f"events: channels from {self.channel.min()} to {self.channel.max()}; expected 0 "
                f"to {self.channels - 1}"
            )

    @property
    def count(self) -> int:
        """Number of spikes."""
        return self.time.size

    def counts(self) -> NDArray[np.int64]:
        """Return (channels,) the number of spikes on each channel."""
        return np.bincount(self.channel, minlength=self.channels)

    def steps(self, step: float) -> NDArray[np.int64]:
        """Return (spikes,) the number of the step in which each spike falls."""
        return np.floor(self.time / step + 1e-9).astype(np.int64)

    def dense(self, step: float) -> NDArray[np.int32]:
        """Return (steps, channels) numbers of spikes; those at the very end count in the last step."""
        length = max(1, math.ceil(self.duration / step - 1e-9))
        grid = np.zeros((length, self.channels), dtype=np.int32)
        np.add.at(grid, (np.minimum(self.steps(step), length - 1), self.channel), 1)
        return grid


def events(time: ArrayLike, channel: ArrayLike, channels: int, duration: float) -> Events:
    """Sort spikes into `Events`: `time` [s] and `channel`, one entry a spike, in any order."""
    times = np.asarray(time, dtype=np.float64)
    where = np.asarray(channel)
    if where.size and not np.all(where == np.floor(where)):
        raise NetworkError("events: a channel is not a whole number")
    if times.shape != where.shape or times.ndim != 1:
        raise NetworkError(f"events: time {times.shape} and channel {where.shape} must be equal lists")
    order = np.lexsort((where, times))
    return Events(
        time=times[order], channel=where[order].astype(np.int32), channels=channels, duration=float(duration)
    )


def from_dense(grid: ArrayLike, step: float) -> Events:
    """Read (steps, channels) spikes, numbers of spikes a step, as events at the starts of the steps."""
    array = np.asarray(grid)
    if array.ndim != 2:
        raise NetworkError(f"events: a grid of shape {array.shape}; expected (steps, channels)")
    if array.size and (np.any(array < 0) or np.any(array != np.floor(array))):
        raise NetworkError("events: a grid of spikes holds whole numbers from 0 on")
    row, channel = np.nonzero(array)
    repeats = array[row, channel].astype(np.int64)
    return events(
        np.repeat(row * step, repeats), np.repeat(channel, repeats), array.shape[1], array.shape[0] * step
    )
