"""`Cell`, what every generator returns, and `Builder`, with which they put one together.

Values become expressions with the global factors (`sl`, `sr`, `sk`, `sib`; `sic` acts through
the junction model), rounded to four digits, so that a netlist is read as it was drawn.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from cosim.circuits.technology import NIOBIUM_10KA, Parasitics, Technology
from cosim.netlist.deck import ElementStatement, InstanceStatement, SourceStatement, Statement, Subcircuit
from cosim.netlist.expressions import as_expression
from cosim.netlist.units import format_number

#: Bias currents rise from zero in this time [s], before any input arrives.
BIAS_RAMP = 10e-12


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A sub-circuit and the cells that it is built of."""

    subcircuit: Subcircuit
    parts: tuple[Cell, ...] = ()

    @property
    def name(self) -> str:
        return self.subcircuit.name

    @property
    def ports(self) -> tuple[str, ...]:
        return self.subcircuit.ports

    def definitions(self) -> tuple[Subcircuit, ...]:
        """All sub-circuits needed, parts first, each once."""
        return definitions((self,))

    def instance(self, name: str, *nodes: str) -> InstanceStatement:
        """`X` card of this cell between `nodes`, one a port."""
        if len(nodes) != len(self.ports):
            raise ValueError(f"{self.name} has ports {' '.join(self.ports)}, got nodes {' '.join(nodes)}")
        return InstanceStatement(
            name=name.upper(), nodes=tuple(n.upper() for n in nodes), subcircuit=self.name
        )


def definitions(cells: Iterable[Cell]) -> tuple[Subcircuit, ...]:
    """Sub-circuits of all `cells`, parts before what uses them, each name once.

    Raises ValueError if two different cells have one name.
    """
    found: dict[str, Subcircuit] = {}

    def visit(cell: Cell) -> None:
        known = found.get(cell.name)
        if known is not None:
            if known != cell.subcircuit:
                raise ValueError(f"two different cells are named {cell.name}; give one of them another name")
            return
        for part in cell.parts:
            visit(part)
        found[cell.name] = cell.subcircuit

    for cell in cells:
        visit(cell)
    return tuple(found.values())


def rounded(value: float) -> str:
    """Four digits, as a person writes them: plain between a hundredth and a thousand, else `2.07p`."""
    if 1e-2 <= abs(value) < 1e3:
        return f"{value:.4g}"
    return format_number(float(f"{value:.4g}"))


@dataclass(kw_only=True)
class Builder:
    """Collects the cards of one cell. `scaled=False` leaves the global factors out (test benches)."""

    technology: Technology = NIOBIUM_10KA
    parasitics: Parasitics | None = None
    scaled: bool = True
    statements: list[Statement] = field(default_factory=list)
    parts: list[Cell] = field(default_factory=list)

    def _value(self, value: float, factor: str):
        return as_expression(rounded(value) + (f"*{factor}" if self.scaled else ""))

    def inductor(self, name: str, first: str, second: str, inductance: float) -> None:
        """`inductance` in henry."""
        self._two(name, first, second, inductance, "sl")

    def resistor(self, name: str, first: str, second: str, resistance: float) -> None:
        """`resistance` in ohm."""
        self._two(name, first, second, resistance, "sr")

    def _two(self, name: str, first: str, second: str, value: float, factor: str) -> None:
        nodes = (first.upper(), second.upper())
        self.statements.append(
            ElementStatement(name=name.upper(), nodes=nodes, value=self._value(value, factor))
        )

    def coupling(self, name: str, first: str, second: str, coupling: float) -> None:
        """Mutual inductance between two inductors, `coupling` = M/√(L1·L2)."""
        inductors = (first.upper(), second.upper())
        value = self._value(coupling, "sk")
        self.statements.append(ElementStatement(name=name.upper(), inductors=inductors, value=value))

    def junction(self, label: str, first: str, second: str, critical_current: float) -> None:
        """Junction `B<label>` of `critical_current` [A] with its shunt `R<label>`, and with
        parasitics their series inductances `LPB<label>` and `LPR<label>`."""
        area = float(f"{critical_current / self.technology.unit_current:.4g}")
        shunt = self.technology.shunt_resistance(self.technology.unit_current)
        junction_end = shunt_end = second
        if self.parasitics is not None:
            junction_end, shunt_end = f"pb{label}", f"pr{label}"
        self.statements.append(
            ElementStatement(
                name=f"B{label}".upper(),
                nodes=(first.upper(), junction_end.upper()),
                model="JJ" if self.scaled else "JJFIX",
                options=(("AREA", as_expression(rounded(area))),),
            )
        )
        resistance = as_expression(f"{rounded(shunt)}/{rounded(area)}" + ("*sr" if self.scaled else ""))
        nodes = (first.upper(), shunt_end.upper())
        self.statements.append(ElementStatement(name=f"R{label}".upper(), nodes=nodes, value=resistance))
        if self.parasitics is not None:
            self.inductor(f"LPB{label}", junction_end, second, self.parasitics.junction_inductance)
            self.inductor(f"LPR{label}", shunt_end, second, self.parasitics.of_shunt(shunt / area))

    def bias(self, name: str, node: str, current: float) -> None:
        """Ideal `current` [A] into `node`, risen in 10 ps."""
        self.statements.append(ramped_current(name, node, rounded(current) + ("*sib" if self.scaled else "")))

    def instance(self, name: str, cell: Cell, *nodes: str) -> None:
        """Another cell inside this one."""
        self.parts.append(cell)
        self.statements.append(cell.instance(name, *nodes))

    def cell(self, name: str, ports: Iterable[str], description: str) -> Cell:
        """Close the cell. `description` becomes the comment at its head."""
        subcircuit = Subcircuit(
            name=name.upper(),
            ports=tuple(port.upper() for port in ports),
            statements=tuple(self.statements),
            description=description,
        )
        return Cell(subcircuit=subcircuit, parts=tuple(self.parts))


def ramped_current(name: str, node: str, current: str) -> ElementStatement:
    """Source card of a dc current (an expression) from ground into `node`, risen in 10 ps."""
    points = ("0", "0", rounded(BIAS_RAMP), current)
    source = SourceStatement(kind="PWL", arguments=tuple(as_expression(point) for point in points))
    return ElementStatement(name=name.upper(), nodes=("0", node.upper()), source=source)
