"""What a probe's names mean in a flat circuit: elements, nodes, ports of instances.

Names read inside out (`B1|X1`). JSIM's spelling with `_` for the level (`B1_X1`, and `X1_B1`
as its users also write it) is understood where no name has that spelling itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property

from cosim.errors import did_you_mean
from cosim.netlist.circuit import GROUND, Element, Probe
from cosim.netlist.deck import ProbeStatement
from cosim.netlist.scope import error_at


class ProbeTargets:
    """The names of one flat circuit; `aliases` are ports of instances and the nodes they stand for."""

    def __init__(self, elements: Mapping[str, Element], aliases: Mapping[str, str]) -> None:
        self.elements = elements
        self.aliases = aliases

    def resolve(self, statement: ProbeStatement) -> Probe:
        """Raises `NetlistError` with a suggestion for what is not there."""
        label = f"{statement.kind}({','.join(statement.targets)})"
        file = statement.file or None
        elements = [self._element(target) for target in statement.targets]
        if elements[0] is not None and all(elements):
            minus = elements[1] if len(elements) > 1 else None
            return Probe(kind=statement.kind, label=label, element=elements[0], minus=minus, file=file)
        if statement.kind == "I":
            name = statement.targets[0]
            hint = did_you_mean(name, self.elements) or self._outside_in(name)
            raise error_at(f"{label}: there is no element {name!r}{hint}", statement.location)
        nodes = tuple(self._node(target, label, statement) for target in statement.targets)
        return Probe(kind=statement.kind, label=label, nodes=nodes, file=file)

    @cached_property
    def nets(self) -> set[str]:
        return {node for element in self.elements.values() for node in element.nodes} | {GROUND}

    def _element(self, target: str) -> str | None:
        if target in self.elements:
            return target
        if "_" not in target or target in self.nets or target in self.aliases:
            return None
        return self._flat_elements.get(target)

    def _node(self, target: str, label: str, statement: ProbeStatement) -> str:
        name = GROUND if target == "GND" else target
        net = name if name in self.nets else self.aliases.get(name)
        if net is None and "_" in target:
            net = self._flat_nodes.get(target)
        if net is not None:
            return net
        if self._element(target) is not None:
            raise error_at(
                f"{label}: a difference is of two nodes or of two elements; {target!r} is an element",
                statement.location,
            )
        known = self.nets | self.elements.keys() | self.aliases.keys()
        hint = self._outside_in(target) or did_you_mean(target, known)
        raise error_at(f"{label}: there is no element or node {target!r}{hint}", statement.location)

    def _outside_in(self, name: str) -> str:
        turned = "|".join(reversed(name.split("|")))
        known = turned in self.elements or turned in self.aliases
        return f"; names read inside out, did you mean {turned!r}?" if known and turned != name else ""

    @cached_property
    def _flat_elements(self) -> dict[str, str]:
        return _underscored((name, name) for name in self.elements)

    @cached_property
    def _flat_nodes(self) -> dict[str, str]:
        return _underscored([*((net, net) for net in self.nets), *self.aliases.items()])


def _underscored(names: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Both spellings with `_` of each name to what it means; those of several names are left out."""
    found: dict[str, set[str]] = {}
    for name, meaning in names:
        levels = name.split("|")
        for spelling in {"_".join(levels), "_".join(reversed(levels))}:
            found.setdefault(spelling, set()).add(meaning)
    return {spelling: meanings.pop() for spelling, meanings in found.items() if len(meanings) == 1}
