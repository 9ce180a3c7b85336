"""Phases of some junctions at some instants, of every variant of a batch.

A batch keeps slips; whether a phase has settled between them needs its value. These few are
kept from the steps, the rest is let go. Whole waveforms of one circuit: `record.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cosim.errors import SimulationError, did_you_mean
from cosim.josephson.dense import Dense
from cosim.josephson.matrices import loose_unknowns
from cosim.josephson.run import Trace
from cosim.josephson.system import System
from cosim.josephson.topology import Topology

Array = NDArray[np.float64]
Index = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Samples:
    """`junctions` whose phases are wanted, at ascending `times` (k,) [s]."""

    junctions: tuple[str, ...]
    times: Array

    @classmethod
    def of(cls, junctions: Sequence[str], times: ArrayLike) -> Samples:
        """Names in any spelling; raises SimulationError for times that do not ascend."""
        at = np.asarray(times, dtype=np.float64)
        if at.ndim != 1 or not at.size or np.any(np.diff(at) <= 0.0) or at[0] < 0.0:
            raise SimulationError(f"phases are sampled at ascending times from 0 on, got {at!r} s")
        return cls(junctions=tuple(name.upper().replace(".", "|") for name in junctions), times=at)

    def pairs(self, topology: Topology) -> Index:
        """(junctions, 2) unknowns between which each stands; ground is the number of unknowns.

        Raises SimulationError for a junction that is not there, or that a source ties.
        """
        known = {name: k for k, name in enumerate(topology.junctions.names)}
        for name in self.junctions:
            if name not in known:
                raise SimulationError(f"there is no junction {name}{did_you_mean(name, known)}")
            if topology.junctions.offsets[known[name]]:
                raise SimulationError(f"the phase of {name} is set by a source; batches do not sample it")
        return topology.junctions.pairs[[known[name] for name in self.junctions]]

    def nodes(self, topology: Topology) -> Index:
        """Unknowns to record."""
        used = np.unique(self.pairs(topology))
        return used[used < topology.size]

    def read(self, system: System, trace: Trace) -> Array:
        """(lanes, junctions, times) [rad]; not a number beyond the end of a run that broke off."""
        nodes, pairs = self.nodes(system.topology), self.pairs(system.topology)
        found = np.full((system.lanes, len(self.junctions), len(self.times)), np.nan)
        if len(trace.time) < 2:
            return found
        loose = loose_unknowns(system.matrices)[nodes]
        start = np.zeros((1, len(nodes)))
        time = np.concatenate([[trace.start], trace.time])
        place = np.searchsorted(nodes, np.minimum(pairs, nodes[-1] if len(nodes) else 0))
        inside = self.times <= time[-1] * (1.0 + 1e-9)
        for lane in range(system.lanes):
            state = [np.concatenate([start, part[:, :, lane]]) for part in (trace.phase, trace.rate)]
            if not all(np.all(np.isfinite(part)) for part in state):
                continue
            dense = Dense(time, state[0], state[1], trace.corners, loose)
            phase, _, _ = dense(self.times[inside])
            ends = [np.where(pairs[:, k] < system.topology.size, phase[:, place[:, k]], 0.0) for k in (0, 1)]
            found[lane][:, inside] = (ends[0] - ends[1]).T
        return found
