"""Which definition a name means: sub-circuits and models, looked up from the inside out.

Shared by everything that walks a deck: a sub-circuit sees what is defined in it, in the
sub-circuits around its definition, and at the top level, never what its callers define.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from cosim.errors import did_you_mean
from cosim.netlist.circuit import Location
from cosim.netlist.deck import (
    Body,
    ElementStatement,
    InstanceStatement,
    ModelStatement,
    Parameter,
    Subcircuit,
)
from cosim.netlist.elements import ELEMENTS
from cosim.netlist.scope import dependency_order, error_at

MAXIMUM_DEPTH = 100


@dataclass(slots=True, eq=False)
class Definition:
    """A body with the definitions around it; made once per deck or sub-circuit."""

    body: Body
    parent: Definition | None = None
    ordered: list[Parameter] = field(default_factory=list)
    models: dict[str, ModelStatement] = field(default_factory=dict)
    inner: dict[str, Definition] = field(default_factory=dict)
    elements: dict[str, ElementStatement] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.body.name if isinstance(self.body, Subcircuit) else ""

    def subcircuit(self, name: str, location: Location | None = None) -> Definition:
        known: set[str] = set()
        level: Definition | None = self
        while level is not None:
            if name in level.inner:
                return level.inner[name]
            known |= level.inner.keys()
            level = level.parent
        raise error_at(f"there is no sub-circuit {name!r} here{did_you_mean(name, known)}", location)

    def target(self, instance: InstanceStatement) -> Definition:
        """Return the definition that an `X` card means, its ports checked against the nodes."""
        found = self.subcircuit(instance.subcircuit, instance.location)
        subcircuit = found.body
        if isinstance(subcircuit, Subcircuit) and len(subcircuit.ports) != len(instance.nodes):
            raise error_at(
                f"{instance.name}: {subcircuit.name!r} has {len(subcircuit.ports)} ports "
                f"({' '.join(subcircuit.ports)}), found {len(instance.nodes)} nodes",
                instance.location,
            )
        return found

    def override_kind(self, name: str, instance: InstanceStatement) -> str:
        """Say what `name=` of an instance sets here: "parameter" or "element".

        A default of the `.subckt` card comes first, then an element label (JoSIM's
        meaning), then a local `.param`.
        """
        subcircuit = self.body
        defaults = (
            {item.name for item in subcircuit.defaults} if isinstance(subcircuit, Subcircuit) else set()
        )
        if name in defaults:
            return "parameter"
        element = self.elements.get(name)
        if element is not None:
            if overridden_option(element) is None:
                raise error_at(
                    f"{instance.name}: the value of {name!r} in {self.name!r} cannot be replaced",
                    instance.location,
                )
            return "element"
        local = {item.name for item in subcircuit.parameters}
        if name in local:
            return "parameter"
        hint = did_you_mean(name, defaults | local | self.elements.keys())
        raise error_at(
            f"{instance.name}: {self.name!r} has no parameter or element {name!r}{hint}", instance.location
        )


_NAME = re.compile(r"[^\s.|=(){}\[\],;\"']+")


@lru_cache(maxsize=16384)
def _is_name(name: str) -> bool:
    return _NAME.fullmatch(name) is not None and name == name.upper()


def check_name(name: str, what: str, location: Location | None) -> None:
    """Raise `NetlistError` unless a name can stand on a card: one word, upper case, no separators."""
    if not _is_name(name):
        raise error_at(
            f"the {what} name {name!r} must be one upper-case word without . | = , and brackets", location
        )


def overridden_option(element: ElementStatement) -> str | None:
    """Return what a JoSIM override of this element replaces: "value", an option's name, or None."""
    for key in ELEMENTS[element.kind].overridden:
        if key == "value" or element.option(key) is not None:
            return key
    return None


def define_body(body: Body, parent: Definition | None = None, depth: int = 0) -> Definition:
    """Index a body and what is defined in it; raises `NetlistError` on what is defined twice."""
    location = body.location if isinstance(body, Subcircuit) else None
    if depth > MAXIMUM_DEPTH:
        raise error_at("sub-circuits are nested too deeply", location)
    defaults = body.defaults if isinstance(body, Subcircuit) else ()
    definition = Definition(body, parent, dependency_order((*defaults, *body.parameters)))
    for model in body.models:
        if definition.models.setdefault(model.name, model) is not model:
            raise error_at(f"model {model.name!r} is defined twice", model.location)
    names: set[str] = set()
    for port in body.ports if isinstance(body, Subcircuit) else ():
        check_name(port, "port", location)
    for statement in body.statements:
        check_name(statement.name, "element", statement.location)
        for node in statement.nodes:
            check_name(node, "node", statement.location)
        if statement.name in names:
            raise error_at(f"{statement.name!r} is defined twice", statement.location)
        names.add(statement.name)
        if isinstance(statement, ElementStatement):
            if statement.kind not in ELEMENTS:
                raise error_at(
                    f"no element begins with {statement.kind!r}: {statement.name!r}", statement.location
                )
            definition.elements[statement.name] = statement
    for subcircuit in body.subcircuits:
        if subcircuit.name in definition.inner:
            raise error_at(f"sub-circuit {subcircuit.name!r} is defined twice", subcircuit.location)
        definition.inner[subcircuit.name] = define_body(subcircuit, definition, depth + 1)
    return definition


def count_elements(top: Definition) -> int:
    """Count the elements after expansion without expanding.

    Raises `NetlistError` on sub-circuits that contain themselves.
    """
    counts: dict[int, int] = {}
    active: list[str] = []

    def count(definition: Definition, instance: InstanceStatement | None) -> int:
        key = id(definition)
        if key in counts:
            if counts[key] < 0:
                location = instance.location if instance is not None else None
                raise error_at(
                    f"sub-circuit {definition.name!r} contains itself ({' > '.join(active)})", location
                )
            return counts[key]
        if len(active) > MAXIMUM_DEPTH:
            raise error_at("instances are nested too deeply", None if instance is None else instance.location)
        counts[key] = -1
        active.append(definition.name or "deck")
        total = len(definition.elements)
        for statement in definition.body.statements:
            if isinstance(statement, InstanceStatement):
                total += count(definition.target(statement), statement)
        active.pop()
        counts[key] = total
        return total

    return count(top, None)


def overrides_of(values: Mapping[str, float] | None, definition: Definition) -> dict[str, float]:
    """Check a caller's parameter values against the top level's `.param` cards."""
    known = {parameter.name for parameter in definition.body.parameters}
    checked: dict[str, float] = {}
    for name, value in (values or {}).items():
        if name.upper() not in known:
            hint = did_you_mean(name, known)
            raise error_at(f"the deck has no top-level parameter {name!r}{hint}", None)
        number = float(value)
        if number != number or number in (float("inf"), float("-inf")):
            raise error_at(f"parameter {name!r} is {number}, not a finite number", None)
        checked[name.upper()] = number
    return checked
