"""Element kinds: from the fields of a card to a statement, from a statement to an element.

A new kind is one entry in `ELEMENTS`. Instances (`X`) are hierarchy, not elements: the
parser and `flatten.py` handle them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from cosim.errors import did_you_mean
from cosim.netlist.circuit import (
    GROUND,
    Capacitor,
    ControlledSource,
    CurrentSource,
    Element,
    Inductor,
    Junction,
    JunctionModel,
    Mutual,
    PhaseSource,
    Resistor,
    TransmissionLine,
    VoltageSource,
)
from cosim.netlist.deck import ElementStatement
from cosim.netlist.expressions import Expression, parse_expression
from cosim.netlist.lexer import LogicalLine
from cosim.netlist.scope import error_at
from cosim.netlist.sources import parse_source
from cosim.netlist.waveforms import Waveform

#: Words that other tools append to cards; they say nothing that a simulation needs.
MARKERS = {"FCHECK", "NFREE", "LOSSLESS"}


class Instance(Protocol):
    """What an element's builder may ask of the instance that it stands in."""

    def name(self, local: str) -> str: ...
    def nodes(self, statement: ElementStatement) -> tuple[str, ...]: ...
    def value(self, statement: ElementStatement) -> float: ...
    def option(self, statement: ElementStatement, key: str) -> float | None: ...
    def model(self, statement: ElementStatement) -> JunctionModel: ...
    def waveform(self, statement: ElementStatement) -> Waveform: ...
    def noise(self, statement: ElementStatement) -> tuple[float, float]: ...
    def spread(self, statement: ElementStatement) -> float: ...


@dataclass(frozen=True, slots=True)
class ElementKind:
    """How one letter is read and built; `overridden` is what an instance's `label=value`
    replaces: "value", or the first of these options that the card has."""

    parse: Callable[[list[str], LogicalLine], ElementStatement]
    build: Callable[[ElementStatement, Instance], Element | Mutual]
    overridden: tuple[str, ...] = ()


def node_name(text: str, line: LogicalLine) -> str:
    """Return the canonical node name: upper case, ground as `0`."""
    upper = text.upper()
    if upper in (GROUND, "GND"):
        return GROUND
    if "GND" in upper:
        raise line.error(
            f"JoSIM takes the node {text!r} for ground because its name contains 'gnd'; write 0 or rename it"
        )
    return local_name(text, "node", line)


def local_name(text: str, what: str, line: LogicalLine) -> str:
    """Return the canonical name of a node, element or instance: upper case, `.` as `_`.

    Dots separate levels of hierarchy; JoSIM takes them in labels too, but then cannot print them.
    """
    name = text.upper().replace(".", "_")
    for character in "|=(){}[],;\"'":
        if character in name:
            raise line.error(f"the {what} name {text!r} must not contain {character!r}")
    return name


def _split_options(
    fields: list[str], allowed: tuple[str, ...], line: LogicalLine
) -> tuple[list[str], tuple[tuple[str, Expression], ...]]:
    positional: list[str] = []
    options: dict[str, Expression] = {}
    for field in fields:
        key, equals, value = field.partition("=")
        key = key.upper()
        if not equals:
            if field.upper() not in MARKERS:
                positional.append(field)
            continue
        if key not in allowed:
            hint = did_you_mean(key, allowed)
            raise line.error(
                f"{fields[0]!r} has no option {key.lower()!r}{hint}; it takes {_listed(allowed)}"
            )
        if key in options:
            raise line.error(f"{fields[0]!r} gives {key.lower()} twice")
        options[key] = parse_expression(value, line.location)
    return positional, tuple(options.items())


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(name.lower() for name in names) if names else "none"


def _expect(positional: list[str], count: int, form: str, line: LogicalLine) -> None:
    if len(positional) != count:
        raise line.error(f"expected {form!r}, found {len(positional)} fields in {' '.join(positional)!r}")


def _two_nodes(*allowed: str) -> Callable[[list[str], LogicalLine], ElementStatement]:
    def parse(fields: list[str], line: LogicalLine) -> ElementStatement:
        positional, options = _split_options(fields, allowed, line)
        _expect(positional, 4, f"{fields[0]} node node value", line)
        return ElementStatement(
            name=local_name(fields[0], "element", line),
            nodes=(node_name(positional[1], line), node_name(positional[2], line)),
            value=parse_expression(positional[3], line.location),
            options=options,
            location=line.location,
        )

    return parse


def _parse_junction(fields: list[str], line: LogicalLine) -> ElementStatement:
    positional, options = _split_options(fields, ("AREA", "IC", "TEMP", "NEB", "SPREAD"), line)
    if len(positional) == 5:
        node_name(positional[3], line)
        del positional[3]
    _expect(positional, 4, f"{fields[0]} node node [phase_node] model", line)
    if {"AREA", "IC"} <= {key for key, _ in options}:
        raise line.error(f"{fields[0]!r} gives both area and ic; one scales the junction")
    return ElementStatement(
        name=local_name(fields[0], "element", line),
        nodes=(node_name(positional[1], line), node_name(positional[2], line)),
        model=positional[3].upper(),
        options=options,
        location=line.location,
    )


def _parse_mutual(fields: list[str], line: LogicalLine) -> ElementStatement:
    positional, _ = _split_options(fields, (), line)
    _expect(positional, 4, f"{fields[0]} inductor inductor coupling", line)
    return ElementStatement(
        name=local_name(fields[0], "element", line),
        inductors=(
            local_name(positional[1], "inductor", line),
            local_name(positional[2], "inductor", line),
        ),
        value=parse_expression(positional[3], line.location),
        location=line.location,
    )


def _parse_line(fields: list[str], line: LogicalLine) -> ElementStatement:
    positional, options = _split_options(fields, ("TD", "Z0"), line)
    _expect(positional, 5, f"{fields[0]} node node node node td=… z0=…", line)
    if {"TD", "Z0"} != {key for key, _ in options}:
        raise line.error(f"{fields[0]!r} needs both td= and z0=")
    nodes = tuple(node_name(field, line) for field in positional[1:5])
    return ElementStatement(
        name=local_name(fields[0], "element", line), nodes=nodes, options=options, location=line.location
    )


def _parse_source(fields: list[str], line: LogicalLine) -> ElementStatement:
    if len(fields) < 4:
        raise line.error(f"expected '{fields[0]} node node waveform', found {' '.join(fields)!r}")
    return ElementStatement(
        name=local_name(fields[0], "element", line),
        nodes=(node_name(fields[1], line), node_name(fields[2], line)),
        source=parse_source(" ".join(fields[3:]), line),
        location=line.location,
    )


def _parse_controlled(fields: list[str], line: LogicalLine) -> ElementStatement:
    positional, _ = _split_options(fields, (), line)
    control = ""
    if fields[0][0].upper() in "FH" and len(positional) == 5:
        control = local_name(positional.pop(3), "element", line)
        count = 2
    else:
        _expect(positional, 6, f"{fields[0]} out+ out- control+ control- gain", line)
        count = 4
    return ElementStatement(
        name=local_name(fields[0], "element", line),
        nodes=tuple(node_name(field, line) for field in positional[1 : 1 + count]),
        control=control,
        value=parse_expression(positional[-1], line.location),
        location=line.location,
    )


def _positive(statement: ElementStatement, instance: Instance, what: str) -> float:
    value = instance.value(statement)
    if value <= 0.0:
        hint = "" if value < 0.0 or what == "capacitance" else "; join its nodes, or give it a small value"
        raise error_at(
            f"{instance.name(statement.name)}: the {what} must be above 0, found {value:g}{hint}",
            statement.location,
        )
    return value


def _build_resistor(statement: ElementStatement, instance: Instance) -> Resistor:
    temperature, bandwidth = instance.noise(statement)
    return Resistor(
        name=instance.name(statement.name),
        nodes=instance.nodes(statement),
        location=statement.location,
        resistance=_positive(statement, instance, "resistance"),
        temperature=temperature,
        noise_bandwidth=bandwidth,
        spread=instance.spread(statement),
    )


def _build_inductor(statement: ElementStatement, instance: Instance) -> Inductor:
    return Inductor(
        name=instance.name(statement.name),
        nodes=instance.nodes(statement),
        location=statement.location,
        inductance=_positive(statement, instance, "inductance"),
        spread=instance.spread(statement),
    )


def _build_capacitor(statement: ElementStatement, instance: Instance) -> Capacitor:
    return Capacitor(
        name=instance.name(statement.name),
        nodes=instance.nodes(statement),
        location=statement.location,
        capacitance=_positive(statement, instance, "capacitance"),
        spread=instance.spread(statement),
    )


def _build_junction(statement: ElementStatement, instance: Instance) -> Junction:
    model = instance.model(statement)
    area = instance.option(statement, "AREA")
    critical_current = instance.option(statement, "IC")
    if critical_current is not None:
        if model.critical_current == 0.0:
            raise error_at(
                f"{statement.name}: ic= needs a model whose icrit is not 0 ({model.name!r})",
                statement.location,
            )
        area = critical_current / model.critical_current
    area = 1.0 if area is None else area
    if area <= 0.0:
        raise error_at(
            f"{instance.name(statement.name)}: the area must be above 0, found {area:g}", statement.location
        )
    temperature, bandwidth = instance.noise(statement)
    return Junction(
        name=instance.name(statement.name),
        nodes=instance.nodes(statement),
        location=statement.location,
        model=model,
        area=area,
        temperature=temperature,
        noise_bandwidth=bandwidth,
        spread=instance.spread(statement),
    )


def _build_mutual(statement: ElementStatement, instance: Instance) -> Mutual:
    coupling = instance.value(statement)
    first, second = (instance.name(inductor) for inductor in statement.inductors)
    name = instance.name(statement.name)
    if first == second:
        raise error_at(f"{name} couples {first} with itself", statement.location)
    if abs(coupling) >= 1.0:
        raise error_at(
            f"{name}: the coupling must lie between -1 and 1, found {coupling:g}", statement.location
        )
    return Mutual(name=name, inductors=(first, second), coupling=coupling, location=statement.location)


def _build_line(statement: ElementStatement, instance: Instance) -> TransmissionLine:
    delay, impedance = instance.option(statement, "TD"), instance.option(statement, "Z0")
    if delay is None or impedance is None or delay <= 0.0 or impedance <= 0.0:
        raise error_at(
            f"{instance.name(statement.name)}: td and z0 must be above 0, found td={delay} z0={impedance}",
            statement.location,
        )
    return TransmissionLine(
        name=instance.name(statement.name),
        nodes=instance.nodes(statement),
        location=statement.location,
        impedance=impedance,
        delay=delay,
    )


def _source_builder(
    kind: type[CurrentSource] | type[VoltageSource] | type[PhaseSource],
) -> Callable[[ElementStatement, Instance], Element]:
    def build(statement: ElementStatement, instance: Instance) -> Element:
        return kind(
            name=instance.name(statement.name),
            nodes=instance.nodes(statement),
            location=statement.location,
            waveform=instance.waveform(statement),
        )

    return build


def _build_controlled(statement: ElementStatement, instance: Instance) -> ControlledSource:
    return ControlledSource(
        name=instance.name(statement.name),
        nodes=instance.nodes(statement),
        location=statement.location,
        kind=statement.kind,
        gain=instance.value(statement),
        control=instance.name(statement.control) if statement.control else None,
    )


ELEMENTS: dict[str, ElementKind] = {
    "B": ElementKind(_parse_junction, _build_junction, ("AREA", "IC")),
    "R": ElementKind(_two_nodes("TEMP", "NEB", "SPREAD"), _build_resistor, ("value",)),
    "L": ElementKind(_two_nodes("SPREAD"), _build_inductor, ("value",)),
    "C": ElementKind(_two_nodes("SPREAD"), _build_capacitor, ("value",)),
    "K": ElementKind(_parse_mutual, _build_mutual, ("value",)),
    "T": ElementKind(_parse_line, _build_line, ("TD",)),
    "V": ElementKind(_parse_source, _source_builder(VoltageSource)),
    "I": ElementKind(_parse_source, _source_builder(CurrentSource)),
    "P": ElementKind(_parse_source, _source_builder(PhaseSource)),
    "E": ElementKind(_parse_controlled, _build_controlled, ("value",)),
    "F": ElementKind(_parse_controlled, _build_controlled, ("value",)),
    "G": ElementKind(_parse_controlled, _build_controlled, ("value",)),
    "H": ElementKind(_parse_controlled, _build_controlled, ("value",)),
}


def parse_element(fields: list[str], line: LogicalLine) -> ElementStatement:
    """Parse an element card; raises `NetlistError` on unknown letters and wrong forms."""
    letter = fields[0][0].upper()
    if letter not in ELEMENTS:
        known = " ".join(sorted(ELEMENTS))
        raise line.error(f"{fields[0]!r}: no element begins with {letter!r}; there are {known} and X")
    return ELEMENTS[letter].parse(fields, line)
