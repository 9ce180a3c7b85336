"""Element kinds: from the fields of a card to a statement, from a statement to an element.

A new kind is one entry in `ELEMENTS`. Instances (`X`) are hierarchy, not elements: the
parser and `flatten.py` handle them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from cosim.errors import did_you_mean
from cosim.netlist.circuit import (
    GROUND,
    CurrentSource,
    Element,
    Mutual,
    PhaseSource,
    VoltageSource,
)
from cosim.netlist.deck import ElementStatement
from cosim.netlist.element_builders import (
    Instance,
    build_capacitor,
    build_controlled,
    build_inductor,
    build_junction,
    build_line,
    build_mutual,
    build_resistor,
    source_builder,
)
from cosim.netlist.expressions import Binary, Call, Expression, Number, parse_expression
from cosim.netlist.lexer import LogicalLine
from cosim.netlist.sources import parse_source

#: Words that other tools append to cards, misspelt at times; they say nothing that a simulation needs.
MARKERS = {"FCHECK", "NFREE", "LOSSLESS"}


@dataclass(frozen=True, slots=True)
class ElementKind:
    """How one letter is read and built; `overridden` is what an instance's `label=value`
    replaces: "value", or the first of these options that the card has."""

    parse: Callable[[list[str], LogicalLine], ElementStatement]
    build: Callable[[ElementStatement, Instance], Element | Mutual]
    overridden: tuple[str, ...] = ()


#: Names that need no second look.
_CLEAN = re.compile(r"[^.|=(){}\[\],;\"']+")


@lru_cache(maxsize=16384)
def _clean_name(text: str) -> str | None:
    """The canonical name of a node or element, or None where it wants a closer look."""
    upper = text.upper()
    return upper if _CLEAN.fullmatch(upper) and "GND" not in upper else None


@lru_cache(maxsize=4096)
def _is_marker(field: str) -> bool:
    return field.upper() in MARKERS or bool(did_you_mean(field, MARKERS))


def node_name(text: str, line: LogicalLine) -> str:
    """Return the canonical node name: upper case, ground as `0`."""
    clean = _clean_name(text)
    if clean is not None:
        return clean
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
    clean = _clean_name(text)
    if clean is not None:
        return clean
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
        if field[0] == "*" and len(positional) > 3:
            break  # `RS1 7 8 7.06 *SHUNT=16.7`: what schematic editors append
        if "=" not in field:
            # The markers and their misspellings are words of letters.
            if len(field) < 4 or not field.isalpha() or not _is_marker(field):
                positional.append(field)
            continue
        key, _, value = field.partition("=")
        key = key.upper()
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


def _parse_inductor(fields: list[str], line: LogicalLine) -> ElementStatement:
    """`L n n value [istar=]`, or WRspice's `L n n poly c0 0 c2`, an inductance c0 + c2·i²."""
    if len(fields) < 4 or fields[3].upper() != "POLY":
        return _two_nodes("SPREAD", "ISTAR")(fields, line)
    positional, options = _split_options(fields, ("SPREAD",), line)
    terms = [parse_expression(field, line.location) for field in positional[4:]]
    even = len(terms) < 2 or (isinstance(terms[1], Number) and terms[1].value == 0.0)
    if not 1 <= len(terms) <= 3 or not even:
        raise line.error(
            f"{fields[0]!r}: of poly c0 c1 c2 … there are c0 and c2 here, with c1 = 0 (an inductance that "
            "grows with the square of its current)"
        )
    if len(terms) == 3:
        options = (("ISTAR", Call("SQRT", (Binary("/", terms[0], terms[2]),))), *options)
    return ElementStatement(
        name=local_name(fields[0], "element", line),
        nodes=(node_name(positional[1], line), node_name(positional[2], line)),
        value=terms[0],
        options=options,
        location=line.location,
    )


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


ELEMENTS: dict[str, ElementKind] = {
    "B": ElementKind(_parse_junction, build_junction, ("AREA", "IC")),
    "R": ElementKind(_two_nodes("TEMP", "NEB", "SPREAD"), build_resistor, ("value",)),
    "L": ElementKind(_parse_inductor, build_inductor, ("value",)),
    "C": ElementKind(_two_nodes("SPREAD"), build_capacitor, ("value",)),
    "K": ElementKind(_parse_mutual, build_mutual, ("value",)),
    "T": ElementKind(_parse_line, build_line, ("TD",)),
    "V": ElementKind(_parse_source, source_builder(VoltageSource)),
    "I": ElementKind(_parse_source, source_builder(CurrentSource)),
    "P": ElementKind(_parse_source, source_builder(PhaseSource)),
    "E": ElementKind(_parse_controlled, build_controlled, ("value",)),
    "F": ElementKind(_parse_controlled, build_controlled, ("value",)),
    "G": ElementKind(_parse_controlled, build_controlled, ("value",)),
    "H": ElementKind(_parse_controlled, build_controlled, ("value",)),
}


def parse_element(fields: list[str], line: LogicalLine) -> ElementStatement:
    """Parse an element card; raises `NetlistError` on unknown letters and wrong forms."""
    letter = fields[0][0].upper()
    if letter not in ELEMENTS:
        known = " ".join(sorted(ELEMENTS))
        raise line.error(f"{fields[0]!r}: no element begins with {letter!r}; there are {known} and X")
    return ELEMENTS[letter].parse(fields, line)
