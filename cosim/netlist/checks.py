"""Checks on flat circuits that need the whole picture."""

from __future__ import annotations

from cosim.netlist.circuit import GROUND, ControlledSource, Element
from cosim.netlist.scope import error_at


def check_connections(elements: list[Element]) -> None:
    """Raise `NetlistError` where nodes have no path to ground: their voltage means nothing.

    Windings of a transformer each need their own path; control inputs are no path.
    """
    parent: dict[str, str] = {GROUND: GROUND}

    def root(node: str) -> str:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    where: dict[str, Element] = {}
    for element in elements:
        for node in element.nodes:
            parent.setdefault(node, node)
            where.setdefault(node, element)
        for first, second in _paths(element):
            parent[root(first)] = root(second)
    ground = root(GROUND)
    floating = [node for node in parent if root(node) != ground]
    if floating:
        shown = ", ".join(repr(node) for node in floating[:5]) + (" …" if len(floating) > 5 else "")
        element = where[floating[0]]
        raise error_at(
            f"no path leads to ground from {len(floating)} node(s): {shown} (see {element.name}); "
            "connect one of them to 0",
            element.location,
        )


def _paths(element: Element) -> list[tuple[str, str]]:
    if len(element.nodes) == 2:
        return [(element.nodes[0], element.nodes[1])]
    if isinstance(element, ControlledSource) and element.kind in ("E", "G"):
        return [(element.nodes[0], element.nodes[1])]
    return [(element.nodes[0], element.nodes[1]), (element.nodes[2], element.nodes[3])]
