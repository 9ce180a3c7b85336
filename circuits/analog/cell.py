"""`AnalogCell`: a sub-circuit as ngspice text, its models and the cells that it is built of.

Cells of the analog side use what JoSIM does not know (transistors, switches, behavioural sources),
so they are ngspice text, unlike the superconducting `Cell` of `cosim.circuits.cell`.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from cosim.errors import NetlistError


@dataclass(frozen=True, kw_only=True)
class AnalogCell:
    """A sub-circuit for ngspice."""

    name: str
    ports: tuple[str, ...]
    cards: tuple[str, ...]
    parameters: Mapping[str, float] = field(default_factory=dict)
    """Names and defaults; an instance may set others."""
    models: tuple[str, ...] = ()
    """`.model` cards that it uses; equal ones are written once."""
    parts: tuple[AnalogCell, ...] = ()
    description: str = ""

    def text(self) -> str:
        """The `.subckt` block."""
        head = f".subckt {self.name} {' '.join(self.ports)}{assignments(self.parameters)}"
        comment = textwrap.wrap(self.description, 100, initial_indent="* ", subsequent_indent="* ")
        return "\n".join([wrapped(head), *comment, *map(wrapped, self.cards), f".ends {self.name}"])

    def definitions(self) -> str:
        """Models and sub-circuits that an instance needs, parts first, each once."""
        return definitions((self,))

    def instance(self, name: str, *nodes: str, parameters: Mapping[str, float] | None = None) -> str:
        """`X` card between `nodes`, one a port. Raises `NetlistError` for what the cell does not have."""
        if len(nodes) != len(self.ports):
            raise NetlistError(f"{self.name} has ports {' '.join(self.ports)}, got nodes {' '.join(nodes)}")
        unknown = sorted(set(parameters or ()) - set(self.parameters))
        if unknown:
            known = ", ".join(self.parameters) or "none"
            raise NetlistError(f"{self.name} has no parameter {unknown[0]!r}; it has {known}")
        return wrapped(f"X{name} {' '.join(nodes)} {self.name}{assignments(parameters or {})}")


def definitions(cells: Iterable[AnalogCell]) -> str:
    """Models and sub-circuits of all `cells`, parts before what uses them, each once.

    Raises `NetlistError` if two different cells have one name.
    """
    found: dict[str, AnalogCell] = {}
    models: dict[str, None] = {}

    def visit(cell: AnalogCell) -> None:
        for part in cell.parts:
            visit(part)
        known = found.setdefault(cell.name.lower(), cell)
        if known != cell:
            raise NetlistError(f"two different cells are named {cell.name}; give one of them another name")
        models.update(dict.fromkeys(cell.models))

    for cell in cells:
        visit(cell)
    return "\n".join([*map(wrapped, models), *(cell.text() for cell in found.values())])


def analog_deck(
    title: str,
    cells: Iterable[AnalogCell],
    cards: Sequence[str],
    *,
    stop: float,
    step: float | None = None,
    options: str = "",
) -> str:
    """ngspice text: `cells`, `cards` of the top level, a transient to `stop` in steps up to `step` [s]."""
    largest = f" 0 {step!r}" if step is not None else ""
    chosen = [f".options {options}"] if options else []
    lines = [title, definitions(cells), *map(wrapped, cards), *chosen]
    return "\n".join([*lines, f".tran {stop / 1000!r} {stop!r}{largest}", ".end", ""])


def assignments(parameters: Mapping[str, float]) -> str:
    """` name=value …`, numbers so that they read back exactly."""
    return "".join(f" {name}={number(value)}" for name, value in parameters.items())


def number(value: float) -> str:
    """A number as ngspice reads it back exactly."""
    return f"{float(value):.17g}" if repr(float(value)) in ("inf", "nan") else repr(float(value))


def wrapped(card: str) -> str:
    """A card in lines of about a hundred characters; a comment stays one line."""
    if card.startswith("*"):
        return card
    parts = textwrap.wrap(card, 100, break_long_words=False, break_on_hyphens=False)
    return "\n+ ".join(parts)
