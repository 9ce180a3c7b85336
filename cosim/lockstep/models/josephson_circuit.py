r"""A Josephson circuit in our own engine, inside an ngspice deck: picoseconds here, nanoseconds there.

            R                                 R
    deck o--/\/\--o node of the circuit =     node o--/\/\--o deck
                                              mean voltage, an interval late

The two meet at fixed intervals. The circuit sees the deck's mean voltage over an interval through the
port's resistance, at its own steps; the deck sees the node's mean voltage behind the same
resistance. A mean voltage is a difference of phases: every flux quantum arrives, whatever the step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from cosim.errors import SimulationError, did_you_mean
from cosim.josephson.live import LiveCircuit
from cosim.josephson.settings import DEFAULT_TOLERANCE
from cosim.lockstep.model import Array
from cosim.lockstep.models.exchanged import Exchanged
from cosim.lockstep.ports import Port, VoltageOutput
from cosim.netlist import Circuit, flatten, parse_file

_NOTHING = (np.zeros(0), np.zeros(0))


@dataclass(kw_only=True)
class JosephsonCircuit(Exchanged):
    """Ports: those of `nodes`, in order. Slips of the junction `watch` are its spikes."""

    files = ("circuit",)

    circuit: Circuit
    """Flat: `flatten(parse_file("cell.cir"))`."""
    nodes: Mapping[str, float]
    """Resistance [Ω] through which each node meets the deck, by node."""
    sampling: float
    """Interval of exchange [s]; 0.1 … 10 ns are usual."""
    stop: float
    """The run ends by then [s]; the circuit's own sources are tabulated as far."""
    watch: str = ""
    """Junction whose 2π slips count as spikes; none if empty."""
    tolerance: float = DEFAULT_TOLERANCE
    """Of a phase in one step."""
    _live: LiveCircuit | None = field(default=None, init=False, repr=False, compare=False)
    _offered: tuple[Array, Array] = field(default=_NOTHING, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        wrong = [node for node, resistance in self.nodes.items() if not resistance > 0.0]
        if wrong or not self.nodes:
            raise SimulationError(f"every node needs a resistance above 0 Ω, {wrong or 'and there is none'}")
        names = {element.name for element in self.circuit.elements}
        if self.watch and self.watch.upper() not in names:
            raise SimulationError(
                f"the circuit has no junction {self.watch!r}{did_you_mean(self.watch.upper(), names)}"
            )

    @classmethod
    def value_from_text(cls, name: str, text: str) -> Any:
        """`circuit=cell.cir` is a file, `nodes=a:50,q:10` nodes with resistances, `watch=B1` a junction."""
        if name == "circuit":
            return flatten(parse_file(Path(text)))
        if name == "nodes":
            pairs = [part.partition(":") for part in text.split(",")]
            return {node: super(JosephsonCircuit, cls).value_from_text(name, ohms) for node, _, ohms in pairs}
        return text if name == "watch" else super().value_from_text(name, text)

    @property
    def interval(self) -> float:
        """Between two exchanges [s]."""
        return self.sampling

    @property
    def ports(self) -> tuple[Port, ...]:
        """The nodes."""
        return tuple(VoltageOutput(node, resistance) for node, resistance in self.nodes.items())

    def begin(self) -> Sequence[float]:
        """At rest, sources ramped up."""
        ports = [(node.upper(), resistance) for node, resistance in self.nodes.items()]
        self._live = LiveCircuit(
            self.circuit, ports, interval=self.sampling, stop=self.stop, tolerance=self.tolerance
        )
        self._offered = (np.zeros(len(ports)), np.zeros(len(ports)))
        return [0.0] * len(ports)

    def exchange(
        self, start: float, end: float, mean: Array, emit: Callable[[float], None]
    ) -> Sequence[float]:
        """Currents delivered were read; the voltages outside follow from them."""
        assert self._live is not None
        # What was offered over the interval goes in a straight line between its ends.
        offered = 0.5 * (self._offered[0] + self._offered[1])
        outside = offered - np.array(list(self.nodes.values())) * mean
        voltages = self._live.advance(outside)
        self._offered = (self._offered[1], voltages)
        times, junctions, signs = self._live.slips()
        if self.watch:
            watched = self._live.junctions.index(self.watch.upper())
            for time in times[(junctions == watched) & (signs > 0) & (times >= 0.0)]:
                emit(float(time))
        return voltages.tolist()
