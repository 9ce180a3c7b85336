"""Cards that begin with a dot (or, inside `.control`, without): one handler each.

A new card is one entry in `DIRECTIVES`. Nothing in a deck is ever executed: a control
block may hold the cards below and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from cosim.errors import did_you_mean
from cosim.netlist.deck import (
    CurveStatement,
    ModelStatement,
    Parameter,
    ProbeStatement,
    Settings,
    TransientStatement,
)
from cosim.netlist.expressions import Expression, parse_expression
from cosim.netlist.lexer import LogicalLine, split_fields
from cosim.netlist.models import parse_model
from cosim.netlist.probes import parse_probes


@dataclass(slots=True)
class Block:
    """A deck or sub-circuit while it is being read; `cards` are elements and instances."""

    name: str = ""
    line: LogicalLine | None = None
    ports: tuple[str, ...] = ()
    defaults: tuple[Parameter, ...] = ()
    description: str = ""
    parameters: list[Parameter] = field(default_factory=list)
    models: list[ModelStatement] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    cards: list[tuple[list[str], LogicalLine]] = field(default_factory=list)
    begun: bool = False


@dataclass(slots=True)
class Globals:
    """What only the top level may hold."""

    transient: TransientStatement | None = None
    probes: list[ProbeStatement] = field(default_factory=list)
    curves: list[CurveStatement] = field(default_factory=list)
    settings: Settings = field(default_factory=Settings)
    file: str = ""


def _fields(line: LogicalLine) -> list[str]:
    return split_fields(line.text, line)[1:]


_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)\s*=(?!=)")


def parse_assignments(text: str, line: LogicalLine) -> tuple[Parameter, ...]:
    """Parse `a=1 b = 2*a`: each expression reaches to the next name before a `=`."""
    matches = list(_ASSIGNMENT.finditer(text))
    head = text[: matches[0].start()] if matches else text
    if head.strip(" ,"):
        raise line.error(f"expected name=expression, found {head.strip()!r}")
    found: list[Parameter] = []
    for index, match in enumerate(matches):
        end = matches[index + 1].start() if index + 1 < len(matches) else len(text)
        expression = parse_expression(text[match.end() : end].strip(" ,"), line.location)
        found.append(Parameter(name=match.group(1).upper(), expression=expression, location=line.location))
    return tuple(found)


def _param(line: LogicalLine, block: Block, deck: Globals) -> None:
    rest = line.text.split(None, 1)
    found = parse_assignments(rest[1] if len(rest) > 1 else "", line)
    if not found:
        raise line.error("expected .param name=expression")
    for parameter in found:
        earlier = next((known for known in block.parameters if known.name == parameter.name), None)
        if earlier is None:
            block.parameters.append(parameter)
        elif earlier != parameter:
            raise line.error(f"parameter {parameter.name!r} is defined twice, not alike")


def _model(line: LogicalLine, block: Block, deck: Globals) -> None:
    model = parse_model(line)
    earlier = next((known for known in block.models if known.name == model.name), None)
    if earlier is None:
        block.models.append(model)
    elif earlier != model:
        raise line.error(f"model {model.name!r} is defined twice, not alike")


def _transient(line: LogicalLine, block: Block, deck: Globals) -> None:
    if deck.transient is not None:
        raise line.error("there is a second .tran card")
    fields = [item for item in _fields(line) if item.upper() != "UIC"]
    startup = True
    if fields and fields[-1].upper() == "DST":
        startup = False
        fields.pop()
    if not 2 <= len(fields) <= 5:
        raise line.error(
            f".tran takes step stop [start [print_step [window]]] [DST], found {len(fields)} values"
        )
    values: list[Expression] = [parse_expression(item, line.location) for item in fields]
    optional: list[Expression | None] = [*values[2:], *[None] * (5 - len(values))]
    deck.transient = TransientStatement(
        step=values[0],
        stop=values[1],
        start=optional[0],
        print_step=optional[1],
        window=optional[2],
        startup=startup,
        location=line.location,
    )


def _print(line: LogicalLine, block: Block, deck: Globals) -> None:
    deck.probes.extend(parse_probes(line, deck.file))


def _file(line: LogicalLine, block: Block, deck: Globals) -> None:
    words = line.text.split(None, 1)
    deck.file = words[1].strip().strip("\"'") if len(words) > 1 else ""
    if not deck.file:
        raise line.error(".file needs the name of an output file")


def _curve(line: LogicalLine, block: Block, deck: Globals) -> None:
    fields = _fields(line)
    if len(fields) != 3:
        raise line.error(f".iv takes model maximum_current file, found {len(fields)} fields")
    model, *scope = re.split(r"[.|]", fields[0].upper())
    if len(scope) > 1:
        raise line.error(f".iv: expected model or model.subcircuit, found {fields[0]!r}")
    deck.curves.append(
        CurveStatement(
            model=model,
            scope=scope[0] if scope else "",
            maximum_current=parse_expression(fields[1], line.location),
            path=fields[2].strip("\"'"),
            location=line.location,
        )
    )


def _one_value(line: LogicalLine, what: str) -> Expression:
    fields = _fields(line)
    if len(fields) != 1:
        raise line.error(f"{what} takes one value, found {len(fields)}")
    return parse_expression(fields[0], line.location)


def _temperature(line: LogicalLine, block: Block, deck: Globals) -> None:
    value = _one_value(line, ".temp [K]")
    deck.settings = replace(deck.settings, temperature=value, location=line.location)


def _bandwidth(line: LogicalLine, block: Block, deck: Globals) -> None:
    value = _one_value(line, ".neb [Hz]")
    deck.settings = replace(deck.settings, noise_bandwidth=value, location=line.location)


def _spread(line: LogicalLine, block: Block, deck: Globals) -> None:
    spreads = dict(deck.settings.spreads)
    fields = _fields(line)
    if not fields:
        raise line.error(".spread takes a fraction, or L=… B=… C=… R=…")
    for item in fields:
        key, equals, value = item.partition("=")
        if not equals:
            key, value = "", item
        elif key.upper() not in ("L", "B", "C", "R"):
            raise line.error(f".spread knows L, B, C and R, found {key!r}")
        spreads[key.upper()] = parse_expression(value, line.location)
    deck.settings = replace(deck.settings, spreads=tuple(spreads.items()), location=line.location)


def _option(line: LogicalLine, block: Block, deck: Globals) -> None:
    fields = [part for item in _fields(line) for part in item.split("=")]
    if len(fields) != 2 or fields[0].upper() != "SEED":
        raise line.error(f"the only option is seed=…, found {' '.join(_fields(line))!r}")
    seed = None if fields[1].upper() == "AUTO" else parse_expression(fields[1], line.location)
    deck.settings = replace(deck.settings, seed=seed, location=line.location)


@dataclass(frozen=True, slots=True)
class Directive:
    """What reads a card; `everywhere`: also inside a sub-circuit."""

    read: Callable[[LogicalLine, Block, Globals], None]
    everywhere: bool = False


DIRECTIVES: dict[str, Directive] = {
    "PARAM": Directive(_param, everywhere=True),
    "MODEL": Directive(_model, everywhere=True),
    "TRAN": Directive(_transient),
    "PRINT": Directive(_print),
    "PLOT": Directive(_print),
    "SAVE": Directive(_print),
    "FILE": Directive(_file),
    "IV": Directive(_curve),
    "TEMP": Directive(_temperature),
    "NEB": Directive(_bandwidth),
    "SPREAD": Directive(_spread),
    "OPTION": Directive(_option),
    "OPTIONS": Directive(_option),
}


def read_directive(word: str, line: LogicalLine, block: Block, deck: Globals, *, top: bool) -> None:
    """Apply one card to what has been read so far; raises `NetlistError` on unknown ones."""
    directive = DIRECTIVES.get(word)
    if directive is None:
        hint = did_you_mean(word, DIRECTIVES)
        raise line.error(
            f".{word.lower()} is not supported{hint}; there are {', '.join(sorted(DIRECTIVES)).lower()}"
        )
    if not top and not directive.everywhere:
        raise line.error(f".{word.lower()} must stand at the top level, not in sub-circuit {block.name!r}")
    directive.read(line, block, deck)
