"""The current of a voltage or phase source, from those of everything that it feeds.

Sources are no unknowns (`topology.py`), so their current follows from Kirchhoff's current law:
on the nodes that hang on one side of the source by other such sources.
"""

from __future__ import annotations

from cosim.errors import SimulationError
from cosim.josephson.topology import Branches, Topology
from cosim.netlist.circuit import GROUND


def terms_of_source(topology: Topology, source: int) -> list[tuple[Branches, int, float]]:
    """Branches (kind, position, sign) whose currents sum to that of tied source `source`.

    It counts as in SPICE: positive from the first node through the source to the second.
    Raises SimulationError where a transmission line ends on the source.
    """
    element = topology.tied_sources[source]
    plus, minus = element.nodes[0], element.nodes[1]
    others = [s.nodes[:2] for k, s in enumerate(topology.tied_sources) if k != source]
    side, sign = _hanging(plus, others), -1.0
    if GROUND in side:
        side, sign = _hanging(minus, others), 1.0
    for line in topology.lines:
        if side & set(line.nodes):
            raise SimulationError(
                f"the current of {element.name} cannot be printed: line {line.name} ends on it; "
                "put a small resistor between them and print its current"
            )
    kinds = (
        topology.junctions,
        topology.inductors,
        topology.resistors,
        topology.capacitors,
        topology.current_sources,
    )
    terms = []
    for branches in kinds:
        for i, branch in enumerate(branches.elements):
            weight = (branch.nodes[0] in side) - (branch.nodes[1] in side)
            if weight:
                terms.append((branches, i, sign * weight))
    return terms


def _hanging(node: str, links: list[tuple[str, ...]]) -> set[str]:
    found, fresh = {node}, [node]
    while fresh:
        here = fresh.pop()
        for a, b in links:
            for near, far in ((a, b), (b, a)):
                if near == here and far not in found:
                    found.add(far)
                    fresh.append(far)
    return found
