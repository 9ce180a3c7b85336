"""The current of a voltage or phase source, or of a short, from those of everything that it feeds.

These are no unknowns (`topology.py`), so their current follows from Kirchhoff's current law: on the
nodes that hang on one side of them by others of their kind.
"""

from __future__ import annotations

from dataclasses import dataclass

from cosim.errors import SimulationError
from cosim.josephson.topology import Branches, Topology
from cosim.netlist.circuit import GROUND, Element


@dataclass(frozen=True)
class Term:
    """`sign` times the current of element `position` of a kind, or of a controlled source (`kind` None):
    its own, or with `sense` that of the short that it measures."""

    kind: Branches | None
    position: int
    sign: float
    sense: bool = False


def terms_of(topology: Topology, element: Element) -> list[Term]:
    """The currents that sum to that of a tied source or short.

    It counts as in SPICE: positive from the first node through the element to the second. Raises
    SimulationError where shorts and sources on both sides leave open what flows.
    """
    plus, minus = element.nodes[0], element.nodes[1]
    others = [s.nodes[:2] for s in (*topology.tied_sources, *topology.shorts) if s.name != element.name]
    side, sign = _hanging(plus, others), -1.0
    if minus in side:
        raise SimulationError(
            f"the current of {element.name} cannot be printed: shorts or sources beside it leave open how it "
            "divides; give one of them a small value"
        )
    if GROUND in side:
        side, sign = _hanging(minus, others), 1.0
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
                terms.append(Term(branches, i, sign * weight))
    count = len(topology.lines)
    for port, line in enumerate(topology.line_ports.elements):
        ends = line.nodes[2 * (port // count) :][:2]
        weight = (ends[0] in side) - (ends[1] in side)
        if weight:
            terms.append(Term(topology.line_ports, port, sign * weight))
    for i, source in enumerate(topology.controlled.elements):
        for sense in (False, True) if source.kind in "FH" else (False,):
            ends = source.nodes[2:] if sense else source.nodes[:2]
            weight = (ends[0] in side) - (ends[1] in side)
            if weight:
                terms.append(Term(None, i, sign * weight, sense))
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
