"""How numbers, names, expressions and waveforms are spelt for ngspice.

Its traps, each met here: `^` takes the magnitude of its base, `pwr` too; `2^3^2` runs from
the left; an edge of `pulse` or
a delay of `exp` that is 0 becomes the print step; names end at brackets and commas.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping

from cosim.errors import NetlistError
from cosim.netlist.circuit import Location, Transient
from cosim.netlist.deck import SourceStatement
from cosim.netlist.expressions import (
    CONSTANTS,
    Binary,
    Call,
    Expression,
    Negation,
    Number,
    write_expression,
)
from cosim.netlist.scope import error_at

#: Shortest edge [s] that is written; ngspice replaces an edge of 0 by its print step.
SHORTEST_EDGE = 1e-15

#: Straight lines that stand for one half-cosine of `pws`.
LINES_PER_COSINE = 64

_RESERVED = {
    "time",
    "temper",
    "hertz",
    "vt",
    "gmin",
    "pi",
    "e",
    "c",
    "i",
    "kelvin",
    "echarge",
    "boltz",
    "planck",
}


def safe(name: str) -> str:
    """Return a name that ngspice reads as one word: lower case, other characters by their code."""
    return re.sub(r"[^a-z0-9_]", lambda match: f"_{ord(match.group()):x}_", name.lower())


def path(flat: str) -> str:
    """Turn an inside-out name into ngspice's outside-in one: `5|X1|X2` is `x2.x1.5`."""
    return ".".join(safe(part) for part in reversed(flat.split("|")))


def device(flat: str, name: str = "") -> str:
    """Return how ngspice's vectors call an element: `l1`, in a sub-circuit `l.x1.l1`."""
    local, *instances = flat.split("|")
    own = name or safe(local)
    if not instances:
        return own
    return ".".join([own[0], *(safe(part) for part in reversed(instances)), own])


def parameter_name(name: str) -> str:
    lower = safe(name)
    return f"{lower}_" if lower in _RESERVED else lower


def number(item: Number) -> str:
    value = item.value
    return f"{value:.0f}" if value == int(value) and abs(value) < 1e6 else repr(value)


def _call(function: str, arguments: list[str]) -> str:
    match function:
        case "CBRT":
            return f"(sgn({arguments[0]})*pow(abs({arguments[0]}),1/3))"
        case "PWR":
            return f"(sgn({arguments[0]})*pow(abs({arguments[0]}),{arguments[1]}))"
        case "MIN" | "MAX" if len(arguments) != 2:
            text = arguments[0]
            for argument in arguments[1:]:
                text = f"{function.lower()}({text},{argument})"
            return text
        case _:
            return f"{function.lower()}({','.join(arguments)})"


class Speller:
    """Writes expressions of one body: `known` are the parameters that it sees, `renamed` those that
    hide a global one."""

    def __init__(self, known: set[str], renamed: Mapping[str, str]) -> None:
        self.known = known
        self.renamed = renamed

    def name(self, name: str) -> str:
        if name not in self.known and name in CONSTANTS:
            return repr(CONSTANTS[name])
        return parameter_name(self.renamed.get(name, name))

    def bare(self, expression: Expression) -> str:
        """Write an expression without braces."""
        return write_expression(_powers_as_calls(expression), number, _call, self.name)

    def value(self, expression: Expression) -> str:
        """Write a value of a card: a number as it is, anything else in braces."""
        if isinstance(expression, Number):
            return number(expression)
        return "{" + self.bare(expression) + "}"


def _powers_as_calls(expression: Expression) -> Expression:
    match expression:
        case Binary("^", left, right):
            return Call("POW", (_powers_as_calls(left), _powers_as_calls(right)))
        case Binary(operator, left, right):
            return Binary(operator, _powers_as_calls(left), _powers_as_calls(right))
        case Negation(operand):
            return Negation(_powers_as_calls(operand))
        case Call(function, arguments):
            return Call(function, tuple(_powers_as_calls(argument) for argument in arguments))
        case _:
            return expression


def waveform(
    source: SourceStatement,
    speller: Speller,
    transient: Transient | None,
    what: str,
    location: Location | None,
) -> str:
    """Write a waveform; raises `NetlistError` for kinds that ngspice has no counterpart for."""
    writer = _WAVEFORMS.get(source.kind)
    if writer is None:
        raise error_at(f"{what}: {source.kind.lower()}(…) cannot be rendered for ngspice", location)
    try:
        return writer(list(source.arguments), speller, transient)
    except NetlistError as reason:
        raise error_at(f"{what}: {reason}", location) from None


Writer = Callable[[list[Expression], Speller, Transient | None], str]


def _dc(arguments: list[Expression], speller: Speller, transient: Transient | None) -> str:
    return f"dc {speller.value(arguments[0])}"


def _pwl(arguments: list[Expression], speller: Speller, transient: Transient | None) -> str:
    return f"pwl({' '.join(speller.value(argument) for argument in arguments)})"


def _times(transient: Transient | None) -> tuple[float, float]:
    if transient is None:
        raise NetlistError("missing arguments default to times of the .tran card, and there is none")
    return transient.maximum_step or transient.print_step, transient.stop


def _pulse(arguments: list[Expression], speller: Speller, transient: Transient | None) -> str:
    words = list(arguments)
    if len(words) < 7:
        step, stop = _times(transient)
        defaults = (0.0, step, step, stop, stop)
        words += [Number(value) for value in defaults[len(words) - 2 :]]
    texts = [speller.value(word) for word in words]
    for index in (3, 4):
        texts[index] = _at_least(words[index], texts[index], speller)
    return f"pulse({' '.join(texts)})"


def _at_least(time: Expression, text: str, speller: Speller, least: float = SHORTEST_EDGE) -> str:
    """Keep a time off 0, for which ngspice puts its print step."""
    if not isinstance(time, Number):
        return "{" + f"max({speller.bare(time)},{least!r})" + "}"
    return text if time.value >= least else repr(least)


def _sin(arguments: list[Expression], speller: Speller, transient: Transient | None) -> str:
    words = list(arguments)
    if len(words) < 3:
        words.append(Number(1.0 / _times(transient)[1]))
    # What follows is 0 here: with a phase or a number of cycles it is written elsewhere.
    return f"sin({' '.join(speller.value(word) for word in words[:5])})"


def _exp(arguments: list[Expression], speller: Speller, transient: Transient | None) -> str:
    words = list(arguments)
    if len(words) < 6:
        step = Number(_times(transient)[0])
        words += [Number(0.0), step][len(words) - 2 :] if len(words) < 4 else []
        words += [Binary("+", words[2], step), step][len(words) - 4 :]
    texts = [speller.value(word) for word in words]
    texts[2] = _at_least(words[2], texts[2], speller, 1e-3 * SHORTEST_EDGE)
    return f"exp({' '.join(texts)})"


def _pws(arguments: list[Expression], speller: Speller, transient: Transient | None) -> str:
    texts = [speller.value(arguments[0]), speller.value(arguments[1])]
    bare = [speller.bare(argument) for argument in arguments]
    for index in range(2, len(bare), 2):
        t0, v0, t1, v1 = bare[index - 2 : index + 2]
        for step in range(1, LINES_PER_COSINE + 1):
            part = step / LINES_PER_COSINE
            height = 0.5 * (1.0 - math.cos(math.pi * part))
            texts.append("{" + f"({t0})+{part!r}*(({t1})-({t0}))" + "}")
            texts.append("{" + f"({v0})+{height!r}*(({v1})-({v0}))" + "}")
    return f"pwl({' '.join(texts)})"


_WAVEFORMS: dict[str, Writer] = {
    "DC": _dc,
    "PWL": _pwl,
    "PULSE": _pulse,
    "SIN": _sin,
    "EXP": _exp,
    "PWS": _pws,
}
