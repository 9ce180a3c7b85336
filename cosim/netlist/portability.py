"""What JoSIM itself would not take, or would read otherwise, in a deck that we take.

Facts read from JoSIM 2.7's source; each check names the card and what to do.
"""

from __future__ import annotations

from collections.abc import Iterator

from cosim.netlist.deck import Body, Deck, ElementStatement, InstanceStatement, Subcircuit
from cosim.netlist.expressions import Binary, Call, Expression, Name, Negation, names
from cosim.netlist.lifting import statement_expressions

#: Functions of JoSIM that work (its LOG10 gives 0).
_FUNCTIONS = {
    *("SIN", "COS", "TAN", "ASIN", "ACOS", "ATAN", "SINH", "COSH", "TANH"),
    *("ASINH", "ACOSH", "ATANH", "EXP", "LOG", "SQRT", "CBRT"),
}


def josim_problems(deck: Deck) -> list[str]:
    """Return what keeps JoSIM from running the written deck as we do; empty when it should run.

    Found here: parameters and nested definitions of sub-circuits, functions that JoSIM lacks,
    nodes named like sub-circuits, kinetic inductances, F and H controlled by name, differences of
    devices, and global names inside a sub-circuit that do not end their expression (JoSIM finds
    them only there).
    """
    found = list(_of_body(deck, deck, {item.name for item in deck.parameters}))
    elements = _element_names(deck)
    for probe in deck.probes:
        if len(probe.targets) > 1 and all(target.split("|")[0] in elements for target in probe.targets):
            shown = ",".join(target.replace("|", ".") for target in probe.targets)
            found.append(f"{probe.kind.lower()}({shown}): of two elements JoSIM prints the first alone")
    return found


def _element_names(body: Body) -> set[str]:
    own = {statement.name for statement in body.statements if isinstance(statement, ElementStatement)}
    return own.union(*(_element_names(inner) for inner in body.subcircuits))


def _of_body(body: Body, deck: Deck, outer: set[str]) -> Iterator[str]:
    inside = isinstance(body, Subcircuit)
    where = f"sub-circuit {body.name}" if isinstance(body, Subcircuit) else "the top level"
    if isinstance(body, Subcircuit):
        if body.defaults:
            listed = ", ".join(item.name for item in body.defaults)
            yield f"{where} has parameters ({listed}); JoSIM takes them for ports"
        for inner in body.subcircuits:
            yield f"{where} defines {inner.name} inside itself; JoSIM ends both at the first .ends"
    local = {item.name for item in body.parameters}
    for label, expression in _expressions(body):
        for function in sorted(_functions(expression) - _FUNCTIONS):
            yield f"{where}, {label}: JoSIM has no function {function.lower()}()"
        if inside:
            hidden = _names_before_the_end(expression) & outer - local
            for name in sorted(hidden):
                yield f"{where}, {label}: JoSIM finds the global {name} only at the end of an expression"
    known = {item.name for item in body.subcircuits} | {item.name for item in deck.subcircuits}
    for statement in body.statements:
        if isinstance(statement, ElementStatement):
            if statement.option("ISTAR") is not None:
                yield f"{where}, {statement.name}: JoSIM has no kinetic inductance and drops istar"
            if statement.control:
                yield f"{where}, {statement.name}: JoSIM's F and H have two control nodes, no name"
        if isinstance(statement, InstanceStatement):
            for node in statement.nodes:
                if node in known:
                    yield f"{where}, {statement.name}: JoSIM takes the node {node} for a sub-circuit"
    for inner in body.subcircuits:
        yield from _of_body(inner, deck, outer)


def _expressions(body: Body) -> Iterator[tuple[str, Expression]]:
    for parameter in body.parameters:
        yield f".param {parameter.name}", parameter.expression
    for model in body.models:
        for key, values in model.parameters:
            for value in values:
                yield f".model {model.name} {key.lower()}", value
    for statement in body.statements:
        for expression in statement_expressions(statement):
            yield statement.name, expression


def _functions(expression: Expression) -> set[str]:
    match expression:
        case Call(function, arguments):
            return {function}.union(*(_functions(argument) for argument in arguments))
        case Negation(operand):
            return _functions(operand)
        case Binary(_, left, right):
            return _functions(left) | _functions(right)
        case _:
            return set()


def _names_before_the_end(expression: Expression) -> frozenset[str]:
    match expression:
        case Name():
            return frozenset()
        case Binary(operator, left, right):
            bracketed = isinstance(right, Binary) and operator in ("*", "/", "^", "-")
            return names(left) | (names(right) if bracketed else _names_before_the_end(right))
        case Negation(operand):
            return _names_before_the_end(operand)
        case _:
            return names(expression)
