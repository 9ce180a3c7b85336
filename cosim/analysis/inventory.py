"""What a circuit is made of: counts, summed critical current, bias current."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cosim.analysis.parameters import ElementGroup
from cosim.analysis.sources import bias_currents
from cosim.netlist.circuit import Capacitor, Circuit, Element, Inductor, Junction, Resistor


@dataclass(frozen=True, kw_only=True)
class Inventory:
    """Counts of elements; currents in A."""

    junctions: int
    inductors: int
    resistors: int
    capacitors: int
    mutuals: int
    bias_sources: int
    critical_current: float
    """Sum over all junctions [A]."""
    bias_current: float
    """Sum over all bias sources [A], each without its sign."""

    def text(self) -> str:
        return (
            f"{self.junctions} junctions (sum of Ic {1e3 * self.critical_current:.3f} mA), "
            f"{self.inductors} inductors, {self.mutuals} couplings, {self.resistors} resistors, "
            f"{self.capacitors} capacitors, "
            f"bias {1e3 * self.bias_current:.3f} mA from {self.bias_sources} sources"
        )


def critical_current(junction: Junction) -> float:
    """Critical current [A] of one junction: that of its model times its area."""
    return junction.model.critical_current * junction.area


def inventory(circuit: Circuit, *, include: Iterable[str] = ("*",), exclude: Iterable[str] = ()) -> Inventory:
    """Count what matches `include` and not `exclude`, patterns as in `ElementGroup`."""
    chosen = ElementGroup(label="inventory", kind="source", include=tuple(include), exclude=tuple(exclude))
    elements = [e for e in circuit.elements if chosen.matches(e.name)]

    def count(kind: type[Element]) -> int:
        return sum(isinstance(e, kind) for e in elements)

    bias = [current for name, current in bias_currents(circuit).items() if chosen.matches(name)]
    return Inventory(
        junctions=count(Junction),
        inductors=count(Inductor),
        resistors=count(Resistor),
        capacitors=count(Capacitor),
        mutuals=sum(chosen.matches(m.name) for m in circuit.mutuals),
        bias_sources=len(bias),
        critical_current=sum(critical_current(e) for e in elements if isinstance(e, Junction)),
        bias_current=sum(bias),
    )
