"""A circuit that is advanced piece by piece, under currents that are known only as it goes.

For co-simulation: between two exchanges a driven source holds its value; what comes out are mean
voltages, which are differences of phase, so flux is handed over exactly.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from cosim.errors import SimulationError, did_you_mean
from cosim.josephson.layout import Feeds
from cosim.josephson.matrices import FLUX_PER_PHASE
from cosim.josephson.noise import with_thermal_noise
from cosim.josephson.run import _Run
from cosim.josephson.settings import DEFAULT_TOLERANCE, stepping_of, tableau_of
from cosim.josephson.system import build
from cosim.josephson.topology import Topology
from cosim.josephson.values import Values
from cosim.netlist.circuit import GROUND, Circuit, CurrentSource, Resistor
from cosim.netlist.waveforms import PiecewiseLinear

Array = NDArray[np.float64]


class LiveCircuit:
    """A Josephson circuit with ports to the outside.

    A port is a node behind a resistance, (node, [Ω]): the circuit sees the voltage outside through it, and
    loads the outside as its mean node voltage behind the same resistance. Both sides meet every `interval`
    [s], up to `stop` [s].

    Raises `SimulationError` for a node that is not there and for what `simulate` refuses.
    """

    def __init__(
        self,
        circuit: Circuit,
        ports: Sequence[tuple[str, float]],
        *,
        interval: float,
        stop: float,
        tolerance: float = DEFAULT_TOLERANCE,
    ) -> None:
        names = {node for element in circuit.elements for node in element.nodes}
        moments = interval * np.arange(math.ceil(stop / interval * (1.0 + 1e-12)) + 1)
        # A source that may change its value at every exchange.
        steps = PiecewiseLinear(tuple(moments.tolist()), (0.0,) * len(moments))
        elements = list(circuit.elements)
        for k, (node, resistance) in enumerate(ports):
            if node not in names or node == GROUND:
                raise SimulationError(f"the circuit has no node {node!r}{did_you_mean(node, names)}")
            elements.append(Resistor(name=f"RPORT{k}", nodes=(node, GROUND), resistance=resistance))
            elements.append(CurrentSource(name=f"IPORT{k}", nodes=(GROUND, node), waveform=steps))
        circuit = with_thermal_noise(replace(circuit, elements=tuple(elements), probes=()))
        topology = Topology.of(circuit)
        values = Values.of([circuit], [topology])
        system = build(topology, values)
        stepping = stepping_of(values, None, tolerance, stop)
        nothing = np.empty(0, dtype=np.int64)
        end = float(moments[-1])
        self._run = _Run(system, [circuit], tableau_of("ark4"), end, stepping, nothing, None)
        self._interval, self._done = interval, 0
        self._conductance = np.array([1.0 / resistance for _, resistance in ports])
        sources = topology.current_sources.names
        feeds = self._run.feeds
        self._pieces = [self._places(feeds, sources.index(f"IPORT{k}")) for k in range(len(ports))]
        self._rows = system.position[[topology.node_index[node] for node, _ in ports]]
        self.junctions = topology.junctions.names
        self._go(0.0)

    @staticmethod
    def _places(feeds: Feeds, source: int) -> NDArray[np.int64]:
        """Pieces of a source from t = 0 on."""
        return np.flatnonzero((feeds.piece_source == source) & (feeds.piece_time >= 0.0))

    def advance(self, voltages: Array) -> Array:
        """Go on by an interval under `voltages` outside (ports,) [V]; returns the mean voltages of the
        ports' nodes (ports,) [V] over it."""
        if self._done >= min(len(places) for places in self._pieces):
            raise SimulationError(
                f"the Josephson circuit was set up for {self._interval * self._done:.4g} s only"
            )
        for places, current in zip(self._pieces, voltages * self._conductance, strict=True):
            self._run.feeds.piece_value[places[self._done]] = current
        phase = self._run.state.phi[self._rows, 0].copy()
        self._done += 1
        self._go(self._interval * self._done)
        return (self._run.state.phi[self._rows, 0] - phase) * FLUX_PER_PHASE / self._interval

    def slips(self) -> tuple[Array, NDArray[np.int64], NDArray[np.int8]]:
        """Times [s], junctions and signs of the slips since the last call."""
        self._run._collect()
        events, self._run.events = self._run.events, []
        times = np.concatenate([np.empty(0), *(event[0] for event in events)])
        junctions = np.concatenate([np.empty(0, np.int64), *(event[1] for event in events)])
        signs = np.concatenate([np.empty(0, np.int8), *(event[3] for event in events)])
        return times, junctions, signs

    def _go(self, until: float) -> None:
        for _ in self._run.advance(until):
            pass
        if self._run.broken:
            raise SimulationError(f"the Josephson circuit cannot be followed up to {until:.4g} s")
