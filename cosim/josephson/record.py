"""Which unknowns a run must keep for the probes of a deck, and their signals afterwards.

Column names are JoSIM's. What a probe means in phases is in `observe.py`; the same code finds out
which unknowns it needs and makes the signals.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cosim.josephson.dense import Dense
from cosim.josephson.observe import Observer, Trio
from cosim.josephson.system import System
from cosim.netlist.circuit import Circuit, Probe

Array = NDArray[np.float64]
Index = NDArray[np.int64]

UNITS = {"V": "V", "P": "rad", "I": "A"}


@dataclass(frozen=True, kw_only=True)
class Recorder:
    """The probes of a run; `nodes` are the unknowns to record."""

    system: System
    circuit: Circuit
    probes: tuple[Probe, ...]
    nodes: Index

    @classmethod
    def of(cls, system: System, circuit: Circuit, probes: Sequence[Probe]) -> Recorder:
        """Raise SimulationError for a probe of something that is not there."""
        needed: set[int] = set()
        nothing = np.empty(0)

        def note(unknown: int, since: float) -> Trio:
            needed.add(unknown)
            return nothing, nothing, nothing

        observer = Observer(system, circuit, nothing, note)
        for probe in probes:
            observer.signal(probe)
        nodes = np.array(sorted(needed), dtype=np.int64)
        return cls(system=system, circuit=circuit, probes=tuple(probes), nodes=nodes)

    def signals(self, dense: Dense, at: Array) -> dict[str, Array]:
        """Signals by label at the times `at` (n,) [s]."""
        column = {int(node): i for i, node in enumerate(self.nodes)}
        known: dict[float, tuple[Array, Array, Array]] = {}

        def look_up(unknown: int, since: float) -> Trio:
            if since not in known:
                known[since] = dense(np.maximum(at - since, dense.start))
            phase, rate, change = (part[:, column[unknown]] for part in known[since])
            return phase, rate, change

        observer = Observer(self.system, self.circuit, at, look_up, -dense.start)
        return {probe.label: observer.signal(probe) for probe in self.probes}
