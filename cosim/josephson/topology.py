"""Which unknown each element touches: the part of a circuit that its variants share.

The unknowns are node phases φ = (2π/Φ0)∫V dt, one a node. Voltage and phase sources are
not unknowns: they tie the phase of one node to that of another plus a known function of
time, so every node is a *representative* plus a sum of sources along a tree. Inductors and
resistors of value 0 join their nodes in the same way. What is left is one system of the remaining
nodes, symmetric but for controlled sources (`controlled.py`), which needs no pivoting.

Not here: numbers (`values.py`), matrices (`matrices.py`).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cosim.errors import SimulationError
from cosim.josephson.controlled import Controlled, Offsets, currents, lay_out, with_senses
from cosim.netlist.circuit import (
    GROUND,
    Capacitor,
    Circuit,
    CurrentSource,
    Element,
    Inductor,
    Junction,
    PhaseSource,
    Resistor,
    TransmissionLine,
    VoltageSource,
)
from cosim.netlist.memory import without_collection

Index = NDArray[np.int64]

#: Smaller resistances [Ω] are shorts: 1 mA through this one turns a phase by 3e-5 in 10 ns.
SMALLEST_RESISTANCE = 1e-9


@dataclass(frozen=True, kw_only=True)
class Branches:
    """Elements of one kind. `pairs` (k, 2) are indices of unknowns, the last one is ground; `rows`
    (k, 2) are the equations in which the elements' currents count (`Controlled.row`)."""

    elements: tuple[Element, ...]
    pairs: Index
    rows: Index
    offsets: tuple[tuple[tuple[int, float], ...], ...]
    """For each element the tied sources that add to its phase: (source index, sign)."""

    def chosen(self, index: Index) -> Branches:
        """Some of them."""
        return Branches(
            elements=tuple(self.elements[k] for k in index),
            pairs=self.pairs[index],
            rows=self.rows[index],
            offsets=tuple(self.offsets[k] for k in index),
        )

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(element.name for element in self.elements)

    def __len__(self) -> int:
        return len(self.elements)


@dataclass(frozen=True, kw_only=True)
class Topology:
    """Index maps of a circuit with `size` unknowns; index `size` is ground."""

    size: int
    unknown_names: tuple[str, ...]
    """A node name for each unknown, for messages."""
    node_index: dict[str, int]
    node_offsets: dict[str, tuple[tuple[int, float], ...]]
    resistors: Branches
    inductors: Branches
    capacitors: Branches
    junctions: Branches
    current_sources: Branches
    tied_sources: tuple[Element, ...]
    """Voltage and phase sources, in the order that offsets count them."""
    lines: tuple[TransmissionLine, ...]
    line_ports: Branches
    """Two ports a line: near ends first, then far ends."""
    mutual_pairs: Index
    """(k, 2) positions in `inductors`."""
    kinetic: Index
    """(k,) positions in `inductors` of those that depend on their current."""
    shorts: tuple[Element, ...]
    """Inductors and resistors of no value (`is_short`); they are in no other list."""
    controlled: Controlled

    @classmethod
    @without_collection()
    def of(cls, circuit: Circuit) -> Topology:
        """Raise SimulationError for loops of sources."""
        circuit = with_senses(circuit)
        shorts = tuple(e for e in circuit.elements if is_short(e))
        joined = {e.name for e in shorts}
        tied = tuple(e for e in circuit.elements if isinstance(e, VoltageSource | PhaseSource))
        nodes = _node_names(circuit)
        root, offset = _tie(nodes, shorts, tied)
        roots = [node for node in nodes if root[node] == node and node != GROUND]
        names = (*roots, *currents(circuit))
        index = {node: i for i, node in enumerate(roots)}
        index[GROUND] = len(names)
        node_index = {node: index[root[node]] for node in nodes}

        controlled = lay_out(circuit, len(roots), node_index.__getitem__, offset.__getitem__)

        def branches(elements: list[Element], ports: Callable[[Element], tuple[str, str]]) -> Branches:
            pairs = np.array([[node_index[n] for n in ports(e)] for e in elements], dtype=np.int64)
            offsets = tuple(_difference(offset[ports(e)[0]], offset[ports(e)[1]]) for e in elements)
            pairs = pairs.reshape(-1, 2)
            rows = controlled.row[pairs]
            return Branches(elements=tuple(elements), pairs=pairs, rows=rows, offsets=offsets)

        def of_kind(kind: type[Element]) -> Branches:
            chosen = [e for e in circuit.elements if isinstance(e, kind) and e.name not in joined]
            return branches(chosen, lambda e: (e.nodes[0], e.nodes[1]))

        inductors = of_kind(Inductor)
        position = {name: i for i, name in enumerate(inductors.names)}
        lines = [e for e in circuit.elements if isinstance(e, TransmissionLine)]
        near = branches(list(lines), lambda e: (e.nodes[0], e.nodes[1]))
        far = branches(list(lines), lambda e: (e.nodes[2], e.nodes[3]))
        mutual = [[position[name] for name in m.inductors] for m in circuit.mutuals]
        return cls(
            size=len(names),
            unknown_names=names,
            node_index=node_index,
            node_offsets=offset,
            resistors=of_kind(Resistor),
            inductors=inductors,
            capacitors=of_kind(Capacitor),
            junctions=of_kind(Junction),
            current_sources=of_kind(CurrentSource),
            tied_sources=tied,
            lines=tuple(lines),
            line_ports=Branches(
                elements=near.elements + far.elements,
                pairs=np.concatenate([near.pairs, far.pairs]),
                rows=np.concatenate([near.rows, far.rows]),
                offsets=near.offsets + far.offsets,
            ),
            mutual_pairs=np.array(mutual, dtype=np.int64).reshape(-1, 2),
            kinetic=np.array([i for i, e in enumerate(inductors.elements) if _is_kinetic(e)], dtype=np.int64),
            shorts=shorts,
            controlled=controlled,
        )

    def signature(self) -> tuple:
        """Equal for two circuits if and only if they may share one batch."""
        kinds = (self.resistors, self.inductors, self.capacitors, self.junctions, self.current_sources)
        return (
            self.size,
            tuple((k.names, k.pairs.tobytes(), k.offsets) for k in (*kinds, self.line_ports)),
            tuple(e.name for e in self.tied_sources),
            self.mutual_pairs.tobytes(),
            self.kinetic.tobytes(),
            self.controlled.stamps,
        )


def is_short(element: Element) -> bool:
    """True for an inductor of value 0, and a resistor too small to tell (decks have some of 1 pΩ)."""
    if isinstance(element, Inductor):
        return element.inductance == 0.0
    return isinstance(element, Resistor) and abs(element.resistance) < SMALLEST_RESISTANCE


def _is_kinetic(element: Element) -> bool:
    return isinstance(element, Inductor) and math.isfinite(element.kinetic_current)


def _node_names(circuit: Circuit) -> list[str]:
    names = dict.fromkeys([GROUND])
    for element in circuit.elements:
        names.update(dict.fromkeys(element.nodes))
    return list(names)


def _difference(first: Offsets, second: Offsets) -> Offsets:
    total: dict[int, float] = {}
    for source, sign in first:
        total[source] = total.get(source, 0.0) + sign
    for source, sign in second:
        total[source] = total.get(source, 0.0) - sign
    return tuple((source, sign) for source, sign in total.items() if sign != 0.0)


def _tie(
    nodes: list[str], shorts: tuple[Element, ...], tied: tuple[Element, ...]
) -> tuple[dict[str, str], dict[str, Offsets]]:
    """Root and offset of every node: φ[node] = φ[root] + Σ sign · φ_source."""
    root = {node: node for node in nodes}
    offset: dict[str, Offsets] = {node: () for node in nodes}
    members = {node: [node] for node in nodes}
    for short in shorts:
        keep, drop = root[short.nodes[0]], root[short.nodes[1]]
        if keep != drop:
            if drop == GROUND:
                keep, drop = drop, keep
            for node in members.pop(drop):
                root[node] = keep
                members[keep].append(node)
    for k, source in enumerate(tied):
        plus, minus = source.nodes[0], source.nodes[1]
        if root[plus] == root[minus]:
            raise SimulationError(
                f"{source.name} closes a loop of voltage or phase sources between {plus} and {minus}; "
                "put a resistor or an inductor into the loop"
            )
        # φ[plus] - φ[minus] = s_k, written for the two roots.
        shift = _difference(((k, 1.0), *offset[minus]), offset[plus])
        keep, drop = root[minus], root[plus]
        if drop == GROUND:
            keep, drop, shift = drop, keep, tuple((s, -sign) for s, sign in shift)
        for node in members.pop(drop):
            root[node] = keep
            offset[node] = _difference(offset[node], tuple((s, -sign) for s, sign in shift))
            members[keep].append(node)
    return root, offset
