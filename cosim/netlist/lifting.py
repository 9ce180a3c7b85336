"""A deck without what ngspice cannot take: nested definitions, scopes, JoSIM's overrides.

ngspice finds parameters by caller, not by definition, and supports nested `.subckt`
definitions hardly at all. So sub-circuits move to the top level under a path name, names
that they use from enclosing sub-circuits become parameters that instances pass, local names
that hide global ones are renamed, and instances that replace the value of an element
(`X1 … L1=3p`) get a variant of the sub-circuit in which that value is a parameter.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from cosim.netlist.deck import ElementStatement, InstanceStatement, ModelStatement, Parameter, Subcircuit
from cosim.netlist.expressions import Binary, Call, Expression, Name, Negation, Number, names
from cosim.netlist.hierarchy import Definition, overridden_option


@dataclass(slots=True, eq=False)
class Lifted:
    """One sub-circuit at the top level; `variant` is the set of overridden labels."""

    name: str
    definition: Definition
    variant: frozenset[str] = frozenset()
    passed: list[str] = field(default_factory=list)
    """Names from enclosing sub-circuits that instances must pass."""


def substitute(expression: Expression, values: dict[str, Expression]) -> Expression:
    """Replace names by expressions."""
    match expression:
        case Name(name):
            return values.get(name, expression)
        case Negation(operand):
            return Negation(substitute(operand, values))
        case Call(function, arguments):
            return Call(function, tuple(substitute(argument, values) for argument in arguments))
        case Binary(operator, left, right):
            return Binary(operator, substitute(left, values), substitute(right, values))
        case _:
            return expression


def statement_expressions(statement: ElementStatement | InstanceStatement) -> list[Expression]:
    """Return the expressions that a card holds."""
    if isinstance(statement, InstanceStatement):
        return [expression for _, expression in statement.parameters]
    found = [] if statement.value is None else [statement.value]
    found += [expression for _, expression in statement.options]
    if statement.source is not None:
        found += statement.source.arguments
    return found


def model_of(definition: Definition, name: str) -> tuple[ModelStatement, Definition] | None:
    """Return the model that a name means in a body, and the body that defines it."""
    level: Definition | None = definition
    while level is not None:
        if name in level.models:
            return level.models[name], level
        level = level.parent
    return None


def own_names(definition: Definition) -> set[str]:
    """Return the parameters that a body defines."""
    return {parameter.name for parameter in definition.ordered}


def foreign_names(expressions: list[Expression], definition: Definition) -> set[str]:
    """Return the names that come from a sub-circuit around `definition`, not from the top level."""
    found: set[str] = set()
    for name in frozenset().union(*(names(expression) for expression in expressions)):
        level: Definition | None = definition
        while level is not None and name not in own_names(level):
            level = level.parent
        if level is not None and level is not definition and level.parent is not None:
            found.add(name)
    return found


class Lifting:
    """All sub-circuits of a deck with their variants, flat names and passed parameters."""

    def __init__(self, top: Definition) -> None:
        self.top = top
        self.lifted: dict[tuple[int, frozenset[str]], Lifted] = {}
        self.globals = own_names(top)
        self.names: set[str] = set()
        for item in top.body.statements:
            if isinstance(item, InstanceStatement):
                self._visit(top, item)
        changed = True
        while changed:
            changed = False
            for lifted in self.lifted.values():
                needed = sorted(self._needs(lifted.definition))
                if needed != lifted.passed:
                    lifted.passed = needed
                    changed = True

    def _visit(self, caller: Definition, instance: InstanceStatement) -> None:
        target = caller.target(instance)
        variant = self.variant(target, instance)
        key = (id(target), variant)
        if key in self.lifted:
            return
        path = [target.name]
        level = target.parent
        while level is not None and level.parent is not None:
            path.insert(0, level.name)
            level = level.parent
        name = "__".join(path)
        while name in self.names:
            name += "_V"
        self.names.add(name)
        self.lifted[key] = Lifted(name, target, variant)
        for item in target.body.statements:
            if isinstance(item, InstanceStatement):
                self._visit(target, item)

    @staticmethod
    def variant(target: Definition, instance: InstanceStatement) -> frozenset[str]:
        """Return the names of an instance that the sub-circuit card itself does not offer."""
        subcircuit = target.body
        defaults = (
            {item.name for item in subcircuit.defaults} if isinstance(subcircuit, Subcircuit) else set()
        )
        return frozenset(name for name, _ in instance.parameters if name not in defaults)

    def _needs(self, definition: Definition) -> set[str]:
        expressions = [parameter.expression for parameter in definition.ordered]
        needed: set[str] = set()
        for statement in definition.body.statements:
            expressions += statement_expressions(statement)
            if isinstance(statement, InstanceStatement):
                target = definition.target(statement)
                inner = self.lifted[(id(target), self.variant(target, statement))]
                needed |= set(inner.passed) - own_names(definition)
            elif statement.model:
                found = model_of(definition, statement.model)
                if found is not None and found[1].parent is not None:
                    values = [item for _, items in found[0].parameters for item in items]
                    used = frozenset().union(*(names(value) for value in values))
                    inherited = foreign_names(values, found[1]) | (used & own_names(found[1]))
                    needed |= inherited - own_names(definition)
        return needed | foreign_names(expressions, definition)

    def of(self, caller: Definition, instance: InstanceStatement) -> Lifted:
        target = caller.target(instance)
        return self.lifted[(id(target), self.variant(target, instance))]

    def subcircuit(self, lifted: Lifted) -> Subcircuit:
        """Return the sub-circuit with its variant's parameters among the defaults."""
        body = lifted.definition.body
        if not isinstance(body, Subcircuit):
            raise TypeError("only sub-circuits are lifted")
        defaults = [*body.defaults, *(Parameter(name=name, expression=Number(0.0)) for name in lifted.passed)]
        statements = []
        labels = {label for label in lifted.variant if label in lifted.definition.elements}
        for statement in body.statements:
            if isinstance(statement, ElementStatement) and statement.name in labels:
                statement = _with_parameter(statement)
            statements.append(statement)
        defaults += [Parameter(name=override_name(label), expression=Number(0.0)) for label in sorted(labels)]
        local = lifted.variant - labels
        defaults += [Parameter(name=name, expression=Number(0.0)) for name in sorted(local)]
        return replace(
            body,
            name=lifted.name,
            defaults=tuple(defaults),
            parameters=tuple(item for item in body.parameters if item.name not in local),
            statements=tuple(statements),
            subcircuits=(),
        )

    def arguments(self, caller: Definition, instance: InstanceStatement) -> list[tuple[str, Expression]]:
        """Return what an instance passes: its own values, defaults that are no plain numbers, and
        names from enclosing sub-circuits."""
        lifted = self.of(caller, instance)
        subcircuit = lifted.definition.body
        given = dict(instance.parameters)
        labels = lifted.definition.elements
        passed: dict[str, Expression] = {}
        defaults = (
            {item.name for item in subcircuit.defaults} if isinstance(subcircuit, Subcircuit) else set()
        )
        for parameter in lifted.definition.ordered:
            own = substitute(parameter.expression, passed)
            passed[parameter.name] = given.get(parameter.name, own) if parameter.name in defaults else own
        plain = {
            item.name
            for item in lifted.definition.ordered
            if item.name not in defaults or (isinstance(item.expression, Number) and item.name not in given)
        }
        result = [(name, value) for name, value in passed.items() if name not in plain]
        for name in sorted(lifted.variant):
            is_element = name in labels
            result.append((override_name(name) if is_element else name, given[name]))
        return result + [(name, Name(name)) for name in lifted.passed]


def override_name(label: str) -> str:
    """Return the parameter that carries the replaced value of an element."""
    return f"{label}__VALUE"


def _with_parameter(statement: ElementStatement) -> ElementStatement:
    key = overridden_option(statement)
    value = Name(override_name(statement.name))
    if key == "value":
        return replace(statement, value=value)
    options = tuple((name, value if name == key else item) for name, item in statement.options)
    return replace(statement, options=options)
