"""A deck back to text: hierarchical, readable, and read back as the same deck.

A new dialect is one entry in `DIALECTS`; ngspice, which needs other elements, has its own
module (`ngspice.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from cosim.errors import NetlistError, did_you_mean
from cosim.netlist.deck import (
    Body,
    Deck,
    ElementStatement,
    InstanceStatement,
    ModelStatement,
    Options,
    ProbeStatement,
    SourceStatement,
    Statement,
    Subcircuit,
    TransientStatement,
)
from cosim.netlist.expressions import write_expression
from cosim.netlist.hierarchy import define_body

LINE_WIDTH = 110
PROBES_PER_LINE = 6


def write(deck: Deck, dialect: str = "josim") -> str:
    """Return the deck as text in a dialect ("josim"). `parse` gives the same deck back.

    Raises `NetlistError` for a dialect that is not known, and for names that cannot be written.
    """
    if dialect not in DIALECTS:
        raise NetlistError(f"there is no dialect {dialect!r}{did_you_mean(dialect, DIALECTS)}")
    define_body(deck)
    return DIALECTS[dialect](deck)


def _josim(deck: Deck) -> str:
    lines = [f"* {line}".rstrip() for line in deck.description.split("\n")] if deck.description else []
    lines += _body(deck)
    lines += _settings(deck)
    if deck.transient is not None:
        lines.append(_transient(deck.transient))
    lines += _probes(deck.probes)
    for curve in deck.curves:
        model = f"{curve.model}.{curve.scope}" if curve.scope else curve.model
        lines.append(f".iv {model} {write_expression(curve.maximum_current)} {curve.path}")
    lines.append(".end")
    return "\n".join(wrap(line) for line in lines) + "\n"


def wrap(line: str, width: int = LINE_WIDTH) -> str:
    """Break a long card at blanks into continuation lines; comments stay whole."""
    if len(line) <= width or line.startswith("*"):
        return line
    lines: list[str] = []
    current = ""
    for word in line.split(" "):
        if current and len(current) + 1 + len(word) > width:
            lines.append(current)
            current = f"+ {word}"
        else:
            current = f"{current} {word}" if current else word
    return "\n".join([*lines, current])


def _body(body: Body) -> list[str]:
    lines = [f".param {item.name}={write_expression(item.expression)}" for item in body.parameters]
    lines += [_model(model) for model in body.models]
    for subcircuit in body.subcircuits:
        lines += _subcircuit(subcircuit)
    return lines + [_statement(statement) for statement in body.statements]


def _subcircuit(subcircuit: Subcircuit) -> list[str]:
    defaults = [f"{item.name}={write_expression(item.expression)}" for item in subcircuit.defaults]
    comments = (
        [f"* {line}".rstrip() for line in subcircuit.description.split("\n")]
        if subcircuit.description
        else []
    )
    return [
        " ".join([".subckt", subcircuit.name, *subcircuit.ports, *defaults]),
        *comments,
        *_body(subcircuit),
        f".ends {subcircuit.name}",
    ]


def _model(model: ModelStatement) -> str:
    items = []
    for key, expressions in model.parameters:
        values = [write_expression(expression) for expression in expressions]
        items.append(
            f"{key.lower()}={{{', '.join(values)}}}" if key == "CPR" else f"{key.lower()}={values[0]}"
        )
    return f".model {model.name} {model.kind.lower()}({', '.join(items)})"


def _options(options: Options) -> list[str]:
    return [f"{key.lower()}={write_expression(expression)}" for key, expression in options]


def _statement(statement: Statement) -> str:
    if isinstance(statement, InstanceStatement):
        parameters = [f"{key}={write_expression(expression)}" for key, expression in statement.parameters]
        return " ".join([statement.name, *statement.nodes, statement.subcircuit, *parameters])
    return _element(statement)


def _element(statement: ElementStatement) -> str:
    words = [statement.name, *statement.nodes, *statement.inductors]
    words += [word for word in (statement.control, statement.model) if word]
    if statement.source is not None:
        words.append(_source(statement.source))
    if statement.value is not None:
        words.append(write_expression(statement.value))
    return " ".join(words + _options(statement.options))


def _source(source: SourceStatement) -> str:
    arguments = [write_expression(argument) for argument in source.arguments]
    if source.kind == "DC":
        return f"dc {arguments[0]}"
    return f"{source.kind.lower()}({' '.join([source.file] * bool(source.file) + arguments)})"


def _settings(deck: Deck) -> list[str]:
    settings = deck.settings
    lines = []
    if settings.temperature is not None:
        lines.append(f".temp {write_expression(settings.temperature)}")
    if settings.noise_bandwidth is not None:
        lines.append(f".neb {write_expression(settings.noise_bandwidth)}")
    if settings.spreads:
        items = [f"{key}={write_expression(value)}".lstrip("=") for key, value in settings.spreads]
        lines.append(f".spread {' '.join(items)}")
    if settings.seed is not None:
        lines.append(f".option seed={write_expression(settings.seed)}")
    return lines


def _transient(card: TransientStatement) -> str:
    optional = [card.start, card.print_step, card.window]
    while optional and optional[-1] is None:
        optional.pop()
    values = [card.step, card.stop]
    words = [write_expression(value) for value in values]
    words += ["0" if value is None else write_expression(value) for value in optional]
    return " ".join([".tran", *words] + ([] if card.startup else ["DST"]))


def _probes(probes: Iterable[ProbeStatement]) -> list[str]:
    lines: list[str] = []
    file = ""
    row: list[str] = []

    def flush() -> None:
        if row:
            lines.append(f".print {' '.join(row)}")
            row.clear()

    for probe in probes:
        if probe.file != file:
            flush()
            file = probe.file
            lines.append(f".file {file}")
        row.append(f"{probe.kind.lower()}({','.join(target.replace('|', '.') for target in probe.targets)})")
        if len(row) == PROBES_PER_LINE:
            flush()
    flush()
    return lines


DIALECTS: dict[str, Callable[[Deck], str]] = {"josim": _josim}
