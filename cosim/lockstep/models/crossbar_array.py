"""A whole resistive crossbar with line resistance, as seen from its terminals.

`cosim.crossbar.transfer_matrix` eliminates every inner node once; what is left between T terminals is a
full matrix of conductances, exact for cells that stay as they are. It reaches ngspice in one of two ways:

- coupling="deck": as T (T - 1)/2 resistors between the ports. ngspice solves them with everything else,
  whatever the terminals are attached to. The default, good to about a hundred terminals.
- coupling="lockstep": the currents Y v are computed here, by one product a step, from the voltages that
  the terminals are expected to have; the diagonal of Y is a resistor at each port. For large arrays
  whose terminals are driven by, and read into, less than the array's own impedance, as they usually are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cosim.crossbar import Crossbar, TransferMatrix, transfer_matrix
from cosim.errors import SimulationError
from cosim.lockstep.model import Array, Functions, Model
from cosim.lockstep.ports import CurrentOutput, Port, Probe

_SIDES = ("left", "right", "top", "bottom")
_COUPLINGS = ("deck", "lockstep")
#: Conductances below this part of the largest are left out of the deck.
_NEGLIGIBLE = 1e-15


def _output(time, state, reading, parameters, out):
    count = int(parameters[0])
    for k in range(count):
        current = 0.0
        row = 1 + k * count
        for j in range(count):
            current += parameters[row + j] * reading[j]
        out[k] = current


@dataclass(frozen=True, kw_only=True)
class CrossbarArray(Model):
    """Ports: the attached terminals, `left0` …, `right0` …, `top0` …, `bottom0` …, in this order.

    So an array of M × N cells that is driven from the left and sensed at the bottom has M + N nodes on
    its card, and voltages there are against ground, or against one more node.
    """

    array: Crossbar
    """Its ends that are attached (finite resistance) are ports."""
    coupling: str = "deck"
    """"deck" or "lockstep"."""

    spiking = False
    functions = Functions(output=_output)

    def __post_init__(self) -> None:
        if self.coupling not in _COUPLINGS:
            raise SimulationError(f"coupling {self.coupling!r} is none of {', '.join(_COUPLINGS)}")

    @cached_property
    def matrix(self) -> TransferMatrix:
        """Conductances between the terminals."""
        return transfer_matrix(self.array)

    @property
    def _names(self) -> list[str]:
        sides = zip(_SIDES, self.matrix.attached, strict=True)
        return [f"{side}{line}" for side, lines in sides for line in lines]

    @property
    def ports(self) -> tuple[Port, ...]:
        """The attached terminals."""
        if self.coupling == "deck":
            return tuple(Probe(name) for name in self._names)
        loads = self.matrix.conductance.sum(axis=1)
        return tuple(CurrentOutput(name, float(g)) for name, g in zip(self._names, loads, strict=True))

    @property
    def network(self) -> Sequence[tuple[int, int, float]]:
        """Conductances between ports that stand in the deck."""
        if self.coupling != "deck":
            return ()
        g = self.matrix.conductance
        first, second = np.nonzero(np.triu(g, 1) > _NEGLIGIBLE * g.max(initial=0.0))
        return [(int(i), int(j), float(g[i, j])) for i, j in zip(first, second, strict=True)]

    def parameters(self) -> Array:
        """Number of terminals, conductances among them."""
        if self.coupling == "deck":
            return np.zeros(1)
        g = self.matrix.conductance
        return np.concatenate([[len(g)], g.ravel()])
