"""How sure decisions are: the same pulses at shifted thresholds.

A decision is *doubtful* at a guard g when the neuron, with its threshold current changed by g times
its soma's critical current either way, would spike where it did not, or not where it did, or at a
time that is more than `MOVED` away: near a threshold a soma hesitates, and its time is not sure either.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from cosim.spiking.trains import Spikes

#: Spikes of two runs this close [s] are the same spike.
SAME = 15e-12
#: A spike that a shifted threshold moves by more than this [s] is doubtful.
MOVED = 3e-12


@dataclass(frozen=True, kw_only=True)
class Decisions:
    """(d,) each: sample, neuron, time [s] of the spike, and whether it happened."""

    sample: NDArray[np.int64]
    neuron: NDArray[np.int64]
    time: NDArray[np.float64]
    fired: NDArray[np.bool_]

    def __len__(self) -> int:
        return int(self.time.size)

    @classmethod
    def joined(cls, parts: Sequence[Decisions]) -> Decisions:
        """All decisions of `parts`, sorted by sample, then time."""

        def join(name: str, kind: type) -> NDArray:
            return np.concatenate([np.empty(0, kind), *(getattr(part, name) for part in parts)])

        sample, time = join("sample", np.int64), join("time", np.float64)
        order = np.lexsort((time, sample))
        return cls(
            sample=sample[order], neuron=join("neuron", np.int64)[order], time=time[order],
            fired=join("fired", np.bool_)[order],
        )  # fmt: skip


def doubtful_decisions(neuron: int, nominal: Spikes, shifted: Sequence[Spikes]) -> Decisions:
    """Spikes of `nominal` that a shifted run lacks, and spikes of a shifted run that it lacks."""
    kept = np.ones(len(nominal.time), bool)
    extra_time, extra_sample = [], []
    samples = np.arange(len(nominal.offset) - 1)
    for other in shifted:
        in_nominal, in_other = _match(nominal.time, nominal.offset, other.time, other.offset, SAME, MOVED)
        kept &= in_nominal
        extra_time.append(other.time[~in_other])
        extra_sample.append(np.repeat(samples, other.counts)[~in_other])
    lost_sample = np.repeat(samples, nominal.counts)[~kept]
    lost_time = nominal.time[~kept]
    time = np.concatenate([lost_time, *extra_time])
    return Decisions(
        sample=np.concatenate([lost_sample, *extra_sample]).astype(np.int64),
        neuron=np.full(len(time), neuron, dtype=np.int64),
        time=time,
        fired=np.arange(len(time)) < len(lost_time),
    )


@njit(cache=True, nogil=True)
def _match(first, first_offset, second, second_offset, window, still):
    """Which times of the first train have a partner that hardly moved, and which of the second have any."""
    in_first, in_second = np.zeros(first.size, np.bool_), np.zeros(second.size, np.bool_)
    for sample in range(first_offset.size - 1):
        i, j = first_offset[sample], second_offset[sample]
        while i < first_offset[sample + 1] and j < second_offset[sample + 1]:
            apart = first[i] - second[j]
            if abs(apart) <= window:
                in_first[i] = abs(apart) <= still
                in_second[j] = True
                i += 1
                j += 1
            elif apart < 0.0:
                i += 1
            else:
                j += 1
    return in_first, in_second
