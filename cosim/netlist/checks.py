"""Checks on flat circuits that need the whole picture."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from cosim.netlist.circuit import GROUND, ControlledSource, Element, Mutual
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

    for element in elements:
        for node in element.nodes:
            if node not in parent:
                parent[node] = node
        for first, second in _paths(element):
            parent[root(first)] = root(second)
    ground = root(GROUND)
    floating = [node for node in parent if root(node) != ground]
    if floating:
        shown = ", ".join(repr(node) for node in floating[:5]) + (" …" if len(floating) > 5 else "")
        element = next(element for element in elements if floating[0] in element.nodes)
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


def check_couplings(mutuals: Iterable[Mutual]) -> None:
    """Raise `NetlistError` where coupling factors of several coils contradict each other.

    The matrix of factors (1 on its diagonal) of each group of coupled coils must be positive
    definite, or the coils would hold negative energy.
    """
    group: dict[str, set[str]] = {}
    factors: dict[frozenset[str], Mutual] = {}
    for mutual in mutuals:
        first, second = mutual.inductors
        factors[frozenset(mutual.inductors)] = mutual
        joined = group.get(first, {first}) | group.get(second, {second})
        for name in joined:
            group[name] = joined
    for coils in {id(names): sorted(names) for names in group.values() if len(names) > 2}.values():
        index = {name: position for position, name in enumerate(coils)}
        matrix = np.eye(len(coils))
        last: Mutual | None = None
        for pair, mutual in factors.items():
            if pair <= index.keys():
                first, second = (index[name] for name in mutual.inductors)
                matrix[first, second] = matrix[second, first] = mutual.coupling
                last = mutual
        if float(np.linalg.eigvalsh(matrix)[0]) <= 0.0:
            shown = ", ".join(coils[:8]) + (" …" if len(coils) > 8 else "")
            raise error_at(
                f"the couplings among {shown} contradict each other: "
                "their inductance matrix is not positive definite",
                None if last is None else last.location,
            )
