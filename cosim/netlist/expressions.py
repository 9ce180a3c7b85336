"""Arithmetic of decks: text to tree.

Operators `+ - * / ^ **` (power binds tightest and to the right: `-2^2` is -4), brackets
`( ) { } [ ]`, numbers with suffixes, the functions and constants of `expression_tree.py`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from functools import lru_cache

from cosim.errors import NetlistError, did_you_mean
from cosim.netlist.circuit import Location
from cosim.netlist.expression_tree import (
    CONSTANTS,
    FUNCTIONS,
    Binary,
    Call,
    Expression,
    Name,
    Negation,
    Number,
    evaluate,
    names,
    write_expression,
)
from cosim.netlist.units import NUMBER, scale

__all__ = [
    "CONSTANTS",
    "FUNCTIONS",
    "Binary",
    "Call",
    "Expression",
    "Name",
    "Negation",
    "Number",
    "as_expression",
    "evaluate",
    "names",
    "parse_expression",
    "plain_number",
    "write_expression",
]

#: Bounds of a tree's depth (long sums are deep trees) and of nested brackets, signs and powers.
MAXIMUM_DEPTH = 200
MAXIMUM_NESTING = 50

#: Functions of ngspice that draw random numbers; a deck's value must not depend on the hour.
RANDOM_FUNCTIONS = {"GAUSS", "AGAUSS", "UNIF", "AUNIF", "LIMIT"}

_TOKEN = re.compile(
    rf"\s*(?:(?P<number>{NUMBER.pattern})|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<operator>\*\*|[-+*/^(){}\[\],]))"
)
_BRACKETS = {"(": ")", "{": "}", "[": "]"}


def parse_expression(text: str, location: Location | None = None) -> Expression:
    """Parse one expression, bare or in braces or quotes; raises `NetlistError`."""
    number = plain_number(text)
    return number if number is not None else _Parser(_unquoted(text), location).parse()


def _unquoted(text: str) -> str:
    stripped = text.strip()
    if len(stripped) >= 2 and stripped[0] == stripped[-1] and stripped[0] in "'\"":
        return stripped[1:-1]
    if stripped[-1:] in "'\"" and stripped.count(stripped[-1:]) == 1:
        return stripped[:-1]  # `0.7'` stands in libraries in use; JoSIM takes it for a unit
    return stripped


@lru_cache(maxsize=16384)
def plain_number(text: str) -> Number | None:
    """The number that a text is, without a sign; None where it is more than that, or wrong."""
    stripped = _unquoted(text)
    match = NUMBER.fullmatch(stripped)
    if match is not None and not match.group(3).upper().startswith("E"):
        try:
            return Number(scale(*match.groups()), stripped)
        except ValueError:
            pass  # the parser says what is wrong, with the place
    return None


def as_expression(value: Expression | str | float) -> Expression:
    """Turn what a Python caller has at hand into an expression: text, a number, a tree."""
    if isinstance(value, str):
        return parse_expression(value)
    if isinstance(value, (int, float)):
        return Negation(Number(-float(value))) if value < 0 else Number(float(value))
    return value


class _Parser:
    """Recursive descent; each method returns a tree and its depth, which is bounded."""

    def __init__(self, text: str, location: Location | None) -> None:
        self.text = text
        self.location = location
        self.tokens: list[tuple[str, str]] = []
        self.position = 0
        self.nesting = 0
        start = 0
        end = len(text.rstrip())
        while start < end:
            match = _TOKEN.match(text, start)
            if match is None:
                raise self.error(f"{text[start:].strip()[:20]!r} is not part of an expression")
            kind = match.lastgroup or "number"
            self.tokens.append((kind, match.group(kind)))
            start = match.end()

    def error(self, message: str) -> NetlistError:
        shown = self.text if len(self.text) <= 60 else self.text[:57] + "..."
        where = {} if self.location is None else {"file": self.location.file, "line": self.location.line}
        return NetlistError(f"in the expression {shown!r}: {message}", **where)

    def peek(self) -> str:
        return self.tokens[self.position][1] if self.position < len(self.tokens) else ""

    def deeper(self, depth: int) -> int:
        if depth >= MAXIMUM_DEPTH:
            raise self.error(f"it is more than {MAXIMUM_DEPTH} operations deep; split it into parameters")
        return depth + 1

    def nest(self) -> None:
        self.nesting += 1
        if self.nesting > MAXIMUM_NESTING:
            raise self.error(
                f"it is nested more than {MAXIMUM_NESTING} levels deep; split it into parameters"
            )

    def parse(self) -> Expression:
        tree, _ = self.sum()
        if self.position < len(self.tokens):
            raise self.error(f"{self.peek()!r} stands where an operator or the end should")
        return tree

    def sum(self) -> tuple[Expression, int]:
        return self.chain(self.product, ("+", "-"))

    def product(self) -> tuple[Expression, int]:
        return self.chain(self.signed, ("*", "/"))

    def chain(
        self, operand: Callable[[], tuple[Expression, int]], operators: tuple[str, ...]
    ) -> tuple[Expression, int]:
        tree, depth = operand()
        while self.peek() in operators:
            operator = self.peek()
            self.position += 1
            right, right_depth = operand()
            tree, depth = Binary(operator, tree, right), self.deeper(max(depth, right_depth))
        return tree, depth

    def signed(self) -> tuple[Expression, int]:
        sign = self.peek()
        if sign not in ("+", "-"):
            return self.power()
        self.position += 1
        self.nest()
        tree, depth = self.signed()
        self.nesting -= 1
        return (Negation(tree), self.deeper(depth)) if sign == "-" else (tree, depth)

    def power(self) -> tuple[Expression, int]:
        tree, depth = self.primary()
        if self.peek() not in ("^", "**"):
            return tree, depth
        self.position += 1
        self.nest()
        exponent, exponent_depth = self.signed()
        self.nesting -= 1
        return Binary("^", tree, exponent), self.deeper(max(depth, exponent_depth))

    def primary(self) -> tuple[Expression, int]:
        if self.position >= len(self.tokens):
            raise self.error("it ends where a number, a name or '(' should stand")
        kind, text = self.tokens[self.position]
        self.position += 1
        if kind == "number":
            match = NUMBER.fullmatch(text)
            try:
                value = scale(*match.groups()) if match else math.nan
            except ValueError as reason:
                raise self.error(str(reason)) from None
            return Number(value, text), 1
        if kind == "name":
            if self.peek() == "(" and self.tokens[self.position][0] == "operator":
                return self.call(text.upper())
            return Name(text.upper()), 1
        if text in _BRACKETS:
            self.nest()
            tree, depth = self.sum()
            self.nesting -= 1
            if self.peek() != _BRACKETS[text]:
                raise self.error(f"expected {_BRACKETS[text]!r}, found {self.peek() or 'the end'!r}")
            self.position += 1
            return tree, depth
        raise self.error(f"{text!r} stands where a number, a name or '(' should")

    def call(self, function: str) -> tuple[Expression, int]:
        if function in RANDOM_FUNCTIONS:
            raise self.error(f"{function.lower()}() draws random numbers; use spread= or the yield analysis")
        if function not in FUNCTIONS:
            raise self.error(f"there is no function {function.lower()!r}{did_you_mean(function, FUNCTIONS)}")
        self.position += 1
        self.nest()
        arguments: list[Expression] = []
        deepest = 0
        while True:
            tree, depth = self.sum()
            arguments.append(tree)
            deepest = max(deepest, depth)
            if self.peek() != ",":
                break
            self.position += 1
        self.nesting -= 1
        if self.peek() != ")":
            raise self.error(f"expected ')' after the arguments of {function.lower()}()")
        self.position += 1
        count = FUNCTIONS[function][0]
        if count is not None and count != len(arguments):
            raise self.error(f"{function.lower()}() takes {count} arguments, found {len(arguments)}")
        return Call(function, tuple(arguments)), self.deeper(deepest)
