"""Controlled sources E, F, G, H as equations beside Kirchhoff's.

A G is a conductance from its control nodes to its output nodes. E and H set the voltage between
two nodes and so does the short that an F or H measures (0 V): each such branch brings one unknown,
the current through it, and one equation. The equations keep pivots without a search for them: of
the branches that set voltages every tree is rooted, at ground where it reaches it, and the equation
of a branch takes the row of its far node, whose own Kirchhoff equation takes the row of the current.
So `Topology.row` says in which row currents into a node count. Every diagonal entry is then there.

Not here: loops of voltage and phase sources, which are no unknowns (`topology.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cosim.errors import SimulationError
from cosim.netlist.circuit import Circuit, ControlledSource, Element

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Offsets = tuple[tuple[int, float], ...]

#: A rate of 1 rad/s of a current's unknown stands for κ times this conductance [S].
SCALE = 1.0
#: What comes after the name of a control element's inner node.
INNER = "~"


def with_senses(circuit: Circuit) -> Circuit:
    """The circuit with every F and H controlled by a short: in series with the element that they name."""
    if not any(isinstance(e, ControlledSource) and e.control for e in circuit.elements):
        return circuit
    elements = {element.name: element for element in circuit.elements}
    for name, source in list(elements.items()):
        if not isinstance(source, ControlledSource) or not source.control:
            continue
        measured = elements[source.control]
        outer, inner = measured.nodes[0], f"{measured.nodes[0]}{INNER}{name}"
        elements[measured.name] = replace(measured, nodes=(inner, *measured.nodes[1:]))
        own = elements[name]
        elements[name] = replace(source, nodes=(*own.nodes[:2], outer, inner), control=None)
    return replace(circuit, elements=tuple(elements.values()))


@dataclass(frozen=True, kw_only=True)
class Stamp:
    """`sign` times the gain of controlled source `gain` (1 for -1) at (row, column) of the conductances.

    `offsets` are the tied sources that add to the unknown of the column.
    """

    row: int
    column: int
    sign: float
    gain: int
    offsets: Offsets


@dataclass(frozen=True, kw_only=True)
class Controlled:
    """Controlled sources of a circuit: their stamps, and where their currents are."""

    elements: tuple[ControlledSource, ...]
    stamps: tuple[Stamp, ...]
    row: Index
    """(unknowns + 1,): the row in which currents into an unknown's node count; ground stays."""
    current: dict[tuple[str, bool], tuple[int, float]]
    """(name, False): the unknown of the current of an E or H, and its sign; (name, True): those of
    the short that an F or H measures."""

    @property
    def rigid(self) -> set[int]:
        """Unknowns that are currents."""
        return {unknown for unknown, _ in self.current.values()}

    def values(self, gains: Array) -> Array:
        """(variants, stamps) conductances [S]."""
        ones = np.ones((gains.shape[0], 1))
        every = np.concatenate([gains, ones], axis=1)
        signs = np.array([stamp.sign for stamp in self.stamps])
        return every[:, [stamp.gain for stamp in self.stamps]] * signs


@dataclass(frozen=True, kw_only=True)
class _Branch:
    """A branch that sets the voltage from `nodes[0]` to `nodes[1]`; `sense` for the short of an F or H."""

    position: int
    nodes: tuple[str, str]
    sense: bool


def currents(circuit: Circuit) -> list[str]:
    """Names of the sources whose currents are unknowns, an H twice: its own and its control's."""
    sources = tuple(e for e in circuit.elements if isinstance(e, ControlledSource))
    return [sources[branch.position].name for branch in _branches(sources)]


def lay_out(
    circuit: Circuit, first: int, unknown: Callable[[str], int], offsets: Callable[[str], Offsets]
) -> Controlled:
    """Stamps of all controlled sources; the currents are the unknowns from `first` on, then comes ground.

    `unknown` and `offsets` give a node's unknown and its tied sources. Raises SimulationError for
    branches that set the voltages of a loop.
    """
    sources = tuple(e for e in circuit.elements if isinstance(e, ControlledSource))
    branches = _branches(sources)
    far = _far_nodes(branches, sources, unknown)
    ground = first + len(branches)
    row = np.arange(ground + 1)
    current: dict[tuple[int, bool], tuple[int, float]] = {}
    for k, branch in enumerate(branches):
        row[far[k]] = first + k
        sign = 1.0 if unknown(branch.nodes[0]) == far[k] else -1.0
        current[branch.position, branch.sense] = (first + k, sign)
    stamps: list[Stamp] = []

    def add(where: int, node: str, sign: float, gain: int = -1) -> None:
        stamps.append(Stamp(row=where, column=unknown(node), sign=sign, gain=gain, offsets=offsets(node)))

    def kirchhoff(node: str) -> int:
        return int(row[unknown(node)])

    def flow(nodes: tuple[str, ...], column: int, sign: float, gain: int = -1) -> None:
        """The current of unknown `column` leaves the first node and enters the second."""
        for node, direction in zip(nodes[:2], (1.0, -1.0), strict=True):
            entry = Stamp(
                row=kirchhoff(node), column=column, sign=sign * direction * SCALE, gain=gain, offsets=()
            )
            stamps.append(entry)

    for k, branch in enumerate(branches):
        source, position = sources[branch.position], branch.position
        own, sign = current[position, branch.sense]
        flow(branch.nodes, own, sign)
        # The voltage's equation, turned so that its diagonal entry is positive.
        add(far[k], branch.nodes[0], sign * SCALE)
        add(far[k], branch.nodes[1], -sign * SCALE)
        if branch.sense:
            continue
        if source.kind == "E":
            add(far[k], source.nodes[2], -sign * SCALE, position)
            add(far[k], source.nodes[3], sign * SCALE, position)
        else:
            control, other = current[position, True]
            stamps.append(
                Stamp(
                    row=far[k], column=control, sign=-sign * other * SCALE * SCALE, gain=position, offsets=()
                )
            )
    for position, source in enumerate(sources):
        if source.kind == "F":
            control, other = current[position, True]
            flow(source.nodes, control, other, position)
        elif source.kind == "G":
            for node, sign in zip(source.nodes[:2], (1.0, -1.0), strict=True):
                add(kirchhoff(node), source.nodes[2], sign, position)
                add(kirchhoff(node), source.nodes[3], -sign, position)
    return Controlled(
        elements=sources,
        stamps=tuple(stamps),
        row=row,
        current={(sources[position].name, sense): found for (position, sense), found in current.items()},
    )


def _branches(sources: tuple[ControlledSource, ...]) -> list[_Branch]:
    branches = []
    for position, source in enumerate(sources):
        if source.kind in "EH":
            branches.append(_Branch(position=position, nodes=_pair(source.nodes[:2]), sense=False))
        if source.kind in "FH":
            branches.append(_Branch(position=position, nodes=_pair(source.nodes[2:]), sense=True))
    return branches


def _pair(nodes: tuple[str, ...]) -> tuple[str, str]:
    return nodes[0], nodes[1]


def _far_nodes(
    branches: list[_Branch], sources: tuple[Element, ...], unknown: Callable[[str], int]
) -> list[int]:
    """The unknown of each branch's node that lies farther from the root of its tree."""
    ends = [(unknown(b.nodes[0]), unknown(b.nodes[1])) for b in branches]
    links: dict[int, list[tuple[int, int]]] = {}
    for k, (a, b) in enumerate(ends):
        links.setdefault(a, []).append((k, b))
        links.setdefault(b, []).append((k, a))
    far = [-1] * len(branches)
    seen: set[int] = set()
    for root in sorted(links, reverse=True):  # ground has the largest number
        if root in seen:
            continue
        seen.add(root)
        reached = [root]
        while reached:
            here = reached.pop()
            for k, there in links[here]:
                if far[k] >= 0:
                    continue
                if there in seen:
                    source = sources[branches[k].position]
                    raise SimulationError(
                        f"{source.name} closes a loop of branches that set voltages between "
                        f"{branches[k].nodes[0]} and {branches[k].nodes[1]}; put a resistor into the loop"
                    )
                far[k] = there
                seen.add(there)
                reached.append(there)
    return far
