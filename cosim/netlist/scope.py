"""Parameter values of one instance: names to numbers, with the enclosing scope behind.

A scope is complete when it is made: its parameters are put in order of use first, so the
order of `.param` cards does not matter, long chains cost no recursion, and circles are
found and named.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from cosim.errors import NetlistError, did_you_mean
from cosim.netlist.circuit import Location
from cosim.netlist.deck import Parameter
from cosim.netlist.expressions import CONSTANTS, Expression, Number, evaluate, names, write_expression


def error_at(message: str, location: Location | None) -> NetlistError:
    """Return a `NetlistError` that points to a card, where it has a place in a file."""
    if location is None:
        return NetlistError(message)
    return NetlistError(message, file=location.file, line=location.line)


class Scope:
    """Values of the parameters that an expression sees."""

    def __init__(self, parent: Scope | None = None, values: Mapping[str, float] | None = None) -> None:
        self.parent = parent
        self.values: dict[str, float] = dict(values or {})

    def find(self, name: str) -> float | None:
        scope: Scope | None = self
        while scope is not None:
            if name in scope.values:
                return scope.values[name]
            scope = scope.parent
        return CONSTANTS.get(name)

    def known(self) -> set[str]:
        scope: Scope | None = self
        found: set[str] = set()
        while scope is not None:
            found.update(scope.values)
            scope = scope.parent
        return found

    def number(self, expression: Expression, location: Location | None, what: str = "the value") -> float:
        """Evaluate to a finite number, or raise `NetlistError` with the place."""
        if isinstance(expression, Number):
            return expression.value

        def lookup(name: str) -> float:
            value = self.find(name)
            if value is None:
                hint = did_you_mean(name, self.known() | set(CONSTANTS))
                raise error_at(f"{what}: there is no parameter {name!r}{hint}", location)
            return value

        try:
            value = evaluate(expression, lookup)
        except (ArithmeticError, ValueError) as reason:
            raise error_at(
                f"{what}: {write_expression(expression)} cannot be computed: {reason}", location
            ) from None
        if not math.isfinite(value):
            raise error_at(
                f"{what}: {write_expression(expression)} is {value}, not a finite number", location
            )
        return value


def dependency_order(parameters: Iterable[Parameter]) -> list[Parameter]:
    """Return the parameters so that each follows those it uses; circles raise `NetlistError`."""
    by_name: dict[str, Parameter] = {}
    for parameter in parameters:
        if parameter.name in by_name:
            raise error_at(f"parameter {parameter.name!r} is defined twice", parameter.location)
        by_name[parameter.name] = parameter
    ordered: list[Parameter] = []
    state: dict[str, int] = {}
    for root in by_name:
        stack = [(root, False)]
        while stack:
            name, leaving = stack.pop()
            if leaving:
                state[name] = 2
                ordered.append(by_name[name])
                continue
            if state.get(name) == 2:
                continue
            if state.get(name) == 1:
                continue
            state[name] = 1
            stack.append((name, True))
            for used in sorted(names(by_name[name].expression)):
                if used not in by_name:
                    continue
                if state.get(used) == 1:
                    circle = f"{used!r} and {name!r} use" if used != name else f"{name!r} uses"
                    raise error_at(
                        f"parameters go in a circle: {circle} each other"
                        if used != name
                        else f"parameter {circle} itself",
                        by_name[name].location,
                    )
                if state.get(used) is None:
                    stack.append((used, False))
    return ordered


def define(scope: Scope, ordered: Iterable[Parameter], overrides: Mapping[str, float]) -> None:
    """Evaluate parameters in their order into the scope; `overrides` win over expressions."""
    for parameter in ordered:
        if parameter.name in overrides:
            scope.values[parameter.name] = overrides[parameter.name]
        else:
            scope.values[parameter.name] = scope.number(
                parameter.expression, parameter.location, f"parameter {parameter.name!r}"
            )
