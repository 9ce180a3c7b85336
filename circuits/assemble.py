"""Cells and their connections to a whole deck."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from cosim.circuits.cell import Cell, definitions
from cosim.circuits.technology import NIOBIUM_10KA, Technology, scale_parameters
from cosim.netlist.deck import Deck, ProbeStatement, Statement, TransientStatement, parameters
from cosim.netlist.expressions import as_expression
from cosim.netlist.units import format_number


def assemble(
    cells: Iterable[Cell],
    statements: Iterable[Statement],
    *,
    stop: float,
    settings: Mapping[str, float | str] | None = None,
    probes: Sequence[str] = (),
    step: float = 0.05e-12,
    print_step: float = 0.2e-12,
    description: str = "",
    technology: Technology = NIOBIUM_10KA,
) -> Deck:
    """A deck of `statements` between instances of `cells`.

    `settings` are `.param` cards besides the global factors (threshold currents); `probes` are
    junctions whose phase is printed (`"B1.XZ"`); `stop`, `step` and `print_step` in seconds, `step`
    for engines that take it from the deck.
    """
    return Deck(
        description=description,
        parameters=(*scale_parameters(), *parameters(settings or {})),
        models=technology.models(),
        subcircuits=definitions(cells),
        statements=tuple(statements),
        transient=TransientStatement(
            step=as_expression(format_number(step)),
            stop=as_expression(format_number(float(f"{stop:.6g}"))),
            start=as_expression("0"),
            print_step=as_expression(format_number(print_step)),
        ),
        probes=tuple(ProbeStatement(kind="P", targets=(name.upper().replace(".", "|"),)) for name in probes),
    )
