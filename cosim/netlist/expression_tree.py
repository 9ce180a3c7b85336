"""Arithmetic of decks as a tree: what nodes there are, their value, and their text.

Trees keep the spelling of numbers, so that a deck is written back as it was read. Parsing
lives in `expressions.py`. Nothing here calls Python's `eval`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from cosim.constants import (
    BOLTZMANN,
    ELECTRIC_CONSTANT,
    ELEMENTARY_CHARGE,
    FLUX_QUANTUM,
    MAGNETIC_CONSTANT,
    PLANCK,
    SPEED_OF_LIGHT,
)
from cosim.netlist.units import format_number


@dataclass(frozen=True, slots=True)
class Number:
    value: float
    text: str = field(default="", compare=False)
    """As the user wrote it; empty for numbers made in Python."""


@dataclass(frozen=True, slots=True)
class Name:
    name: str


@dataclass(frozen=True, slots=True)
class Negation:
    operand: Expression


@dataclass(frozen=True, slots=True)
class Binary:
    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Call:
    function: str
    arguments: tuple[Expression, ...]


Expression = Number | Name | Negation | Binary | Call

#: Names that mean a number wherever no parameter has that name (upper case).
CONSTANTS: dict[str, float] = {
    "PI": math.pi,
    "PHI_ZERO": FLUX_QUANTUM,
    "BOLTZMANN": BOLTZMANN,
    "EV": ELEMENTARY_CHARGE,
    "HBAR": PLANCK / (2.0 * math.pi),
    "C": SPEED_OF_LIGHT,
    "MU0": MAGNETIC_CONSTANT,
    "EPS0": ELECTRIC_CONSTANT,
    "SIGMA": FLUX_QUANTUM / (2.0 * math.pi),
}

#: Functions: number of arguments (None: one or more) and meaning. `log` is natural.
FUNCTIONS: dict[str, tuple[int | None, Callable[..., float]]] = {
    "SIN": (1, math.sin),
    "COS": (1, math.cos),
    "TAN": (1, math.tan),
    "ASIN": (1, math.asin),
    "ACOS": (1, math.acos),
    "ATAN": (1, math.atan),
    "ARCTAN": (1, math.atan),
    "SINH": (1, math.sinh),
    "COSH": (1, math.cosh),
    "TANH": (1, math.tanh),
    "ASINH": (1, math.asinh),
    "ACOSH": (1, math.acosh),
    "ATANH": (1, math.atanh),
    "EXP": (1, math.exp),
    "LOG": (1, math.log),
    "LN": (1, math.log),
    "LOG10": (1, math.log10),
    "SQRT": (1, math.sqrt),
    "CBRT": (1, math.cbrt),
    "SQR": (1, lambda x: x * x),
    "ABS": (1, math.fabs),
    "SGN": (1, lambda x: float((x > 0) - (x < 0))),
    "INT": (1, lambda x: float(math.trunc(x))),
    "NINT": (1, lambda x: float(round(x))),
    "FLOOR": (1, lambda x: float(math.floor(x))),
    "CEIL": (1, lambda x: float(math.ceil(x))),
    "POW": (2, math.pow),
    "PWR": (2, lambda x, y: math.copysign(math.pow(abs(x), y), x)),
    "MIN": (None, min),
    "MAX": (None, max),
    "TERNARY_FCN": (3, lambda condition, yes, no: yes if condition else no),
}


def evaluate(expression: Expression, lookup: Callable[[str], float]) -> float:
    """Evaluate a tree. `lookup` returns a name's value or raises `NetlistError`.

    Raises `ArithmeticError` or `ValueError` where the arithmetic has no finite result.
    """
    if isinstance(expression, Number):
        return expression.value
    if isinstance(expression, Name):
        return lookup(expression.name)
    if isinstance(expression, Negation):
        return -evaluate(expression.operand, lookup)
    if isinstance(expression, Call):
        arguments = [evaluate(argument, lookup) for argument in expression.arguments]
        return float(FUNCTIONS[expression.function][1](*arguments))
    left = evaluate(expression.left, lookup)
    right = evaluate(expression.right, lookup)
    match expression.operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/":
            return left / right
        case _:
            return math.pow(left, right)


def names(expression: Expression) -> frozenset[str]:
    """Return the names that the tree refers to, constants included."""
    if isinstance(expression, Number):
        return frozenset()
    if isinstance(expression, Name):
        return frozenset((expression.name,))
    if isinstance(expression, Negation):
        return names(expression.operand)
    if isinstance(expression, Call):
        return frozenset().union(*(names(argument) for argument in expression.arguments))
    return names(expression.left) | names(expression.right)


_PRECEDENCE = {"+": 1, "-": 1, "*": 2, "/": 2, "^": 4}


def write_expression(
    expression: Expression,
    number: Callable[[Number], str] = lambda item: item.text or format_number(item.value),
    call: Callable[[str, list[str]], str] = lambda function, arguments: (
        f"{function.lower()}({','.join(arguments)})"
    ),
    name: Callable[[str], str] = lambda item: item,
) -> str:
    """Write a tree without blanks and with no more brackets than its shape needs.

    The three callables render the leaves, for dialects that spell them differently.
    """

    def write(tree: Expression, outer: int) -> str:
        if isinstance(tree, Number):
            return number(tree)
        if isinstance(tree, Name):
            return name(tree.name)
        if isinstance(tree, Call):
            return call(tree.function, [write(argument, 0) for argument in tree.arguments])
        if isinstance(tree, Negation):
            text = "-" + write(tree.operand, 3)
            return f"({text})" if outer > 0 else text
        rank = _PRECEDENCE[tree.operator]
        left = write(tree.left, rank + 1 if tree.operator == "^" else rank)
        right = write(tree.right, rank if tree.operator == "^" else rank + 1)
        text = f"{left}{tree.operator}{right}"
        return f"({text})" if rank < outer else text

    return write(expression, 0)
