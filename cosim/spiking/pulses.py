"""Pulse trains of a batch of samples, as flat arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cosim.errors import SimulationError

Array = NDArray[np.float64]
Index = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Pulses:
    """Pulse trains on some channels in b samples, sorted by sample, then time.

    `time` (k,) [s], `channel` (k,), `offset` (b+1,) bounds each sample.
    """

    time: Array
    channel: Index
    offset: Index

    @classmethod
    def of(cls, samples: Sequence[Sequence[ArrayLike]]) -> Pulses:
        """From `samples[sample][channel]`, times [s] each."""
        times, channels, sizes = [], [], [0]
        for sample in samples:
            parts = [np.atleast_1d(np.asarray(part, np.float64)) for part in sample]
            time = np.concatenate(parts) if parts else np.empty(0)
            channel = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
            order = np.argsort(time, kind="stable")
            times.append(time[order])
            channels.append(channel[order])
            sizes.append(len(time))
        return cls(
            time=np.concatenate(times) if times else np.empty(0),
            channel=np.concatenate(channels).astype(np.int64) if channels else np.empty(0, np.int64),
            offset=np.cumsum(sizes, dtype=np.int64),
        )

    @classmethod
    def slots(cls, patterns: ArrayLike, period: float, *, first: float = 0.0) -> Pulses:
        """From bits (samples, slots, channels): a pulse at `first` + slot · `period` [s] for each 1."""
        bits = np.asarray(patterns)
        if bits.ndim != 3:
            raise SimulationError(f"patterns need axes (samples, slots, channels), got shape {bits.shape}")
        sample, slot, channel = np.nonzero(bits)
        counts = np.bincount(sample, minlength=bits.shape[0])
        return cls(
            time=np.asarray(first + period * slot, dtype=np.float64),
            channel=channel.astype(np.int64),
            offset=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        )

    @property
    def samples(self) -> int:
        return len(self.offset) - 1

    @property
    def sample(self) -> Index:
        """(k,) sample of each pulse."""
        return np.repeat(np.arange(self.samples), np.diff(self.offset))
