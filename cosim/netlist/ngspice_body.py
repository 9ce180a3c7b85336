"""Cards of one body for ngspice: a kind of element is one entry in `CARDS`."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from cosim.netlist.circuit import (
    Capacitor,
    Circuit,
    ControlledSource,
    CurrentSource,
    Element,
    Inductor,
    Junction,
    Probe,
    Resistor,
    TransmissionLine,
)
from cosim.netlist.deck import ElementStatement, InstanceStatement, ModelStatement, Statement
from cosim.netlist.expressions import Binary, Expression, Name, Number, names
from cosim.netlist.hierarchy import Definition
from cosim.netlist.lifting import Lifted, Lifting, model_of, own_names
from cosim.netlist.ngspice_flat import flat_sines
from cosim.netlist.ngspice_junction import PHASE_CAPACITANCE, junction_subcircuit
from cosim.netlist.ngspice_text import Speller, device, safe, waveform
from cosim.netlist.scope import error_at

#: Resistance [Ω] that stands for a short.
SHORT = 1e-6


def current_vector(element: Element) -> str:
    """Return the vector that holds an element's current, from its first node to its second."""
    if isinstance(element, Junction):
        local, *instances = element.name.split("|")
        inner = "|".join(["VS", f"XJ_{local}", *instances])
        return f"{device(inner)}#branch"
    if isinstance(element, TransmissionLine):
        return f"{device(element.name)}#i1"
    if isinstance(element, (Resistor, Capacitor)) or (
        isinstance(element, ControlledSource) and element.kind in ("F", "G")
    ):
        return f"@{device(element.name)}[i]"
    if isinstance(element, CurrentSource):
        return f"@{device(element.name)}[current]"
    if isinstance(element, Inductor) and element.kinetic_current < math.inf:
        local = element.name.split("|")[0]
        return f"@{device(element.name, f'b_{safe(local)}')}[i]"
    return f"{device(element.name)}#branch"


class BodyWriter:
    """Writes all bodies of a deck, and the junction sub-circuits that they need."""

    def __init__(self, lifting: Lifting, circuit: Circuit, probes: list[Probe]) -> None:
        self.lifting = lifting
        self.circuit = circuit
        junctions = {element.name for element in circuit.elements if isinstance(element, Junction)}
        self.sensed = {
            probe.element.split("|")[0]
            for probe in probes
            if probe.kind == "I" and probe.element in junctions
        }
        self.flat_sines = flat_sines(circuit)
        self.shorts = {
            element.name.split("|")[0]
            for element in circuit.elements
            if isinstance(element, Resistor) and element.resistance == 0.0
        }
        self.junctions: dict[tuple[int, bool], tuple[str, ModelStatement, Definition, list[str]]] = {}

    def top(self) -> list[str]:
        """Return the cards of the top level."""
        speller = Speller(self.lifting.globals, {})
        return self._statements(self.lifting.top, self.lifting.top.body.statements, speller)

    def subcircuits(self) -> list[str]:
        """Return all sub-circuits, junctions first; call it after `top`."""
        lines: list[str] = []
        for lifted in self.lifting.lifted.values():
            lines += self._subcircuit(lifted)
        junctions: list[str] = []
        for (_, sensed), (name, model, owner, inherited) in self.junctions.items():
            speller = self._speller(owner, inherited)
            passed = "".join(f" {speller.name(item)}=0" for item in inherited)
            junctions.append(f".subckt {name} p n jj_area=1{passed}")
            junctions += junction_subcircuit(name, model, speller, sensed=sensed)
        return junctions + lines

    def _speller(self, definition: Definition, extra: list[str]) -> Speller:
        """Return the speller of a body: its own and passed names that hide global ones are renamed."""
        local = own_names(definition) | set(extra) if definition.parent is not None else set(extra)
        renamed = {name: f"{name}_LOCAL" for name in local & self.lifting.globals}
        return Speller(local | self.lifting.globals, renamed)

    def _subcircuit(self, lifted: Lifted) -> list[str]:
        subcircuit = self.lifting.subcircuit(lifted)
        extra = [item.name for item in subcircuit.defaults]
        speller = self._speller(lifted.definition, extra)
        words = [".subckt", safe(lifted.name), *(safe(port) for port in subcircuit.ports if port != "0")]
        for default in subcircuit.defaults:
            value = speller.value(default.expression) if isinstance(default.expression, Number) else "0"
            words.append(f"{speller.name(default.name)}={value}")
        lines = [" ".join(words)]
        lines += [f"* {line}" for line in subcircuit.description.split("\n") if line]
        local = {item.name for item in subcircuit.parameters}
        lines += [
            f".param {speller.name(item.name)}={speller.value(item.expression)}"
            for item in lifted.definition.ordered
            if item.name in local
        ]
        lines += self._statements(lifted.definition, subcircuit.statements, speller)
        return [*lines, f".ends {safe(lifted.name)}"]

    def _statements(
        self, definition: Definition, statements: tuple[Statement, ...], speller: Speller
    ) -> list[str]:
        lines: list[str] = []
        controls = {item.control for item in statements if isinstance(item, ElementStatement)}
        measured = {name for name in controls if name and name[0] != "V"}
        for statement in statements:
            if isinstance(statement, InstanceStatement):
                lines.append(self._instance(definition, statement, speller))
            elif statement.name in measured:
                inner = f"SENSE_{statement.name}"
                lines.append(f"v_{safe(inner)} {safe(statement.nodes[0])} {safe(inner)} 0")
                statement = replace(statement, nodes=(inner, *statement.nodes[1:]))
                lines += self._element(definition, statement, speller, controls)
            else:
                lines += self._element(definition, statement, speller, controls)
        return lines

    def _element(
        self, definition: Definition, statement: ElementStatement, speller: Speller, controls: set[str]
    ) -> list[str]:
        cards = CARDS[statement.kind](self, definition, statement, speller)
        if not cards and statement.name in controls:
            raise error_at(
                f"{statement.name} controls another source, but goes to ngspice as straight lines, whose "
                "current cannot be measured there; put a resistor in series with it as the control",
                statement.location,
            )
        return cards

    def _instance(self, caller: Definition, statement: InstanceStatement, speller: Speller) -> str:
        lifted = self.lifting.of(caller, statement)
        target = self._speller(
            lifted.definition, [item.name for item in self.lifting.subcircuit(lifted).defaults]
        )
        ports = getattr(lifted.definition.body, "ports", ())
        nodes = [safe(node) for node, port in zip(statement.nodes, ports, strict=True) if port != "0"]
        words = [safe(statement.name), *nodes, safe(lifted.name)]
        for name, expression in self.lifting.arguments(caller, statement):
            words.append(f"{target.name(name)}={speller.value(expression)}")
        return " ".join(words)

    def junction(self, definition: Definition, statement: ElementStatement, speller: Speller) -> list[str]:
        found = model_of(definition, statement.model)
        if found is None:
            raise error_at(f"there is no model {statement.model!r}", statement.location)
        model, owner = found
        sensed = statement.name in self.sensed
        key = (id(model), sensed)
        if key not in self.junctions:
            values = [item for _, items in model.parameters for item in items]
            used = frozenset().union(*(names(value) for value in values))
            inherited = sorted(name for name in used if self._owned_locally(name, owner))
            taken = {entry[0] for entry in self.junctions.values()}
            name = f"jj_{safe(model.name)}" + ("_sensed" if sensed else "")
            while name in taken:
                name += "_v"
            self.junctions[key] = (name, model, owner, inherited)
        name, _, _, inherited = self.junctions[key]
        target = self._speller(owner, inherited)
        nodes = [safe(node) for node in statement.nodes]
        words = [
            f"xj_{safe(statement.name)}",
            *nodes,
            name,
            f"jj_area={self._area(model, statement, speller)}",
        ]
        words += [f"{target.name(item)}={speller.value(Name(item))}" for item in inherited]
        return [" ".join(words)]

    @staticmethod
    def _owned_locally(name: str, owner: Definition) -> bool:
        level: Definition | None = owner
        while level is not None and level.parent is not None:
            if name in own_names(level):
                return True
            level = level.parent
        return False

    @staticmethod
    def _area(model: ModelStatement, statement: ElementStatement, speller: Speller) -> str:
        area = statement.option("AREA")
        if area is not None:
            return speller.value(area)
        current = statement.option("IC")
        if current is None:
            return "1"
        fields = dict(model.parameters)
        unit = fields.get("ICRIT") or fields.get("IC") or (Number(1e-3),)
        return speller.value(Binary("/", current, unit[0]))


Card = Callable[[BodyWriter, Definition, ElementStatement, Speller], list[str]]


def _head(statement: ElementStatement, prefix: str = "") -> str:
    return " ".join([prefix + safe(statement.name), *(safe(node) for node in statement.nodes)])


def _two_terminal(
    writer: BodyWriter, definition: Definition, statement: ElementStatement, speller: Speller
) -> list[str]:
    return [f"{_head(statement)} {speller.value(statement.value or Number(0.0))}"]


def _resistor(
    writer: BodyWriter, definition: Definition, statement: ElementStatement, speller: Speller
) -> list[str]:
    """ngspice takes a resistance of 0 for its default; a short becomes 1 µΩ."""
    value = statement.value or Number(0.0)
    if statement.name not in writer.shorts:
        return _two_terminal(writer, definition, statement, speller)
    if isinstance(value, Number):
        return [f"{_head(statement)} {SHORT!r}"]
    bare = speller.bare(value)
    return [f"{_head(statement)} {{ternary_fcn(abs({bare})>{SHORT!r},{bare},{SHORT!r})}}"]


def _inductor(
    writer: BodyWriter, definition: Definition, statement: ElementStatement, speller: Speller
) -> list[str]:
    """A kinetic inductance is a current that follows its flux, which is the voltage of a capacitor."""
    star = statement.option("ISTAR")
    if star is None:
        return _two_terminal(writer, definition, statement, speller)
    name, nodes = safe(statement.name), " ".join(safe(node) for node in statement.nodes)
    value, limit = speller.bare(statement.value or Number(0.0)), speller.bare(star)
    return [
        f"g_{name} 0 flux_{name} {nodes} {{{PHASE_CAPACITANCE!r}/(({value})*({limit}))}}",
        f"c_{name} flux_{name} 0 {PHASE_CAPACITANCE!r}",
        f"b_{name} {nodes} i={{2*({limit})}}*sinh(asinh(1.5*v(flux_{name}))/3)",
    ]


def _junction(
    writer: BodyWriter, definition: Definition, statement: ElementStatement, speller: Speller
) -> list[str]:
    return writer.junction(definition, statement, speller)


def _mutual(
    writer: BodyWriter, definition: Definition, statement: ElementStatement, speller: Speller
) -> list[str]:
    first, second = (safe(name) for name in statement.inductors)
    return [f"{safe(statement.name)} {first} {second} {speller.value(statement.value or Number(0.0))}"]


def _line(
    writer: BodyWriter, definition: Definition, statement: ElementStatement, speller: Speller
) -> list[str]:
    options = dict(statement.options)
    return [f"{_head(statement)} z0={speller.value(options['Z0'])} td={speller.value(options['TD'])}"]


def _source(
    writer: BodyWriter, definition: Definition, statement: ElementStatement, speller: Speller
) -> list[str]:
    source = statement.source
    if source is None:
        raise error_at(f"{statement.name} has no waveform", statement.location)
    if source.kind in ("NOISE", "CUS") or (source.kind == "SIN" and statement.name in writer.flat_sines):
        return []
    transient = writer.circuit.transient
    shape = waveform(source, speller, transient, statement.name, statement.location)
    return [f"{_head(statement)} {shape}"]


def _written_flat(
    writer: BodyWriter, definition: Definition, statement: ElementStatement, speller: Speller
) -> list[str]:
    return []


def _voltage_controlled(
    writer: BodyWriter, definition: Definition, statement: ElementStatement, speller: Speller
) -> list[str]:
    return [f"{_head(statement)} {speller.value(statement.value or Number(0.0))}"]


def _current_controlled(
    writer: BodyWriter, definition: Definition, statement: ElementStatement, speller: Speller
) -> list[str]:
    gain: Expression = statement.value or Number(0.0)
    out = " ".join([safe(statement.name), *(safe(node) for node in statement.nodes[:2])])
    if statement.control:
        measured = statement.control if statement.control[0] == "V" else f"v_sense_{statement.control}"
        return [f"{out} {safe(measured)} {speller.value(gain)}"]
    sense = f"v_{safe(statement.name)}"
    inputs = " ".join(safe(node) for node in statement.nodes[2:])
    return [f"{sense} {inputs} 0", f"{out} {sense} {speller.value(gain)}"]


CARDS: dict[str, Card] = {
    "B": _junction,
    "R": _resistor,
    "L": _inductor,
    "C": _two_terminal,
    "K": _mutual,
    "T": _line,
    "V": _source,
    "I": _source,
    "P": _written_flat,
    "E": _voltage_controlled,
    "F": _current_controlled,
    "G": _voltage_controlled,
    "H": _current_controlled,
}
