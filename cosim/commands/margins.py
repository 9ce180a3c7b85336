"""`cosim margins`: how far each parameter of a circuit may go."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cosim.commands.console import note
from cosim.commands.options import (
    Quantity,
    examples,
    is_network,
    map_network,
    mapping_options,
    network_options,
    output_option,
    parameter_option,
    quiet_option,
    read_network,
)
from cosim.commands.progress import Stages

if TYPE_CHECKING:
    from cosim.analysis import MarginTable, SpikeTable, Subject


@click.command(
    short_help="Find the margins of a network or a deck.",
    epilog=examples(
        "cosim margins xor.nir",
        "cosim margins xor.nir --parasitics -o margins.h5 && cosim plot margins.h5",
        "cosim margins shift_register.cir",
        "cosim margins shift_register.cir --spec shift_register.sp",
        "cosim margins shift_register.cir --window 100p --vary LSTORE --vary IBIAS",
    ),
)
@click.argument("source", type=click.Path(path_type=Path))
@output_option("Write the table: .h5 or .csv.")
@click.option(
    "--range",
    "reach",
    type=click.FloatRange(0.0, 1.0, min_open=True, max_open=True),
    default=0.9,
    show_default=True,
    help="How far to search, relative, on both sides.",
)
@click.option(
    "--resolution",
    type=click.FloatRange(0.0, 0.5, min_open=True),
    default=0.005,
    show_default=True,
    help="Width of the last bracket, relative.",
)
@click.option("--step", type=Quantity(), help="Step of the engine in s.")
@click.option("--jobs", type=click.IntRange(1), help="Threads; default: all cores.")
@click.option(
    "--window",
    type=Quantity(),
    help="Deck: count slips in windows of this length in s, not over the whole run.",
)
@click.option(
    "--spec",
    type=click.Path(path_type=Path),
    help="Deck: rules that say when it works (.toml, .sp), in place of what it does at nominal.",
)
@click.option(
    "--vary", multiple=True, metavar="NAME", help="Deck: a .param to vary besides the global factors."
)
@parameter_option
@mapping_options
@network_options
@quiet_option
def margins(
    source: Path,
    output: Path | None,
    reach: float,
    resolution: float,
    step: float | None,
    jobs: int | None,
    window: float | None,
    spec: Path | None,
    vary: tuple[str, ...],
    parameters: tuple[tuple[str, float], ...],
    period: float,
    parasitics: bool,
    nearest: bool,
    time_step: float | None,
    reset: str | None,
) -> None:
    """Find the margins of a trained network (.nir) on SFQ cells, or of a deck.

    Of a network, every neuron has to fire as mapped over a sequence that holds every ordered
    transition between patterns. Of a deck, the junctions that it prints (all, if it prints none)
    have to slip as often as they do at nominal, in each --window or in the whole run; with --spec
    it has to keep the rules of that file.

    Bias, critical current, inductance, resistance and coupling are varied over the whole
    circuit, one after the other. Exits with 1 when the circuit fails at nominal.
    """
    from cosim.results import require_writable

    if output is not None:
        _check_path(output)
        require_writable(output, any_format=True)
    settings: dict[str, Any] = {
        "low": 1.0 - reach,
        "high": 1.0 + reach,
        "resolution": resolution,
        "threads": jobs,
    }
    if is_network(source):
        if vary or parameters or window or spec:
            raise click.UsageError(
                "--vary, --param, --window and --spec are for decks; a .nir file has none of them"
            )
        trained = read_network(source, time_step, reset)
        table = _of_network(map_network(trained, period, parasitics, nearest), step, settings)
    else:
        if window is not None and spec is not None:
            raise click.UsageError("--window does not go with --spec, whose rules have windows of their own")
        table = _of_deck(source, dict(parameters), vary, window, spec, step, settings)
    click.echo(table.text())
    note(f"{table.runs} circuits in {table.wall_time:.1f} s")
    if output is not None:
        _write(output, source, table)
        note(f"wrote {output}")
    if table.nominal_failure is not None:
        click.get_current_context().exit(1)


def _of_network(design: Any, step: float | None, settings: dict[str, Any]) -> MarginTable:
    from cosim.analysis import margins as find_margins
    from cosim.evaluation import MARGIN_STEP, margin_parameters, spike_table, stimulus
    from cosim.mapping import bench
    from cosim.netlist import flatten

    played = stimulus(design.network)
    desk = bench(design, played.slots)
    kind = "all ordered transitions" if played.all_transitions else "a random walk over the patterns"
    note(f"{len(played.order)} slots of {design.period * 1e12:g} ps: {kind}")
    with Stages() as stages:
        return find_margins(
            flatten(desk.deck),
            spike_table(design, desk, played),
            margin_parameters(design),
            step=step or MARGIN_STEP,
            progress=lambda fraction: stages("margins", fraction),
            **settings,
        )


def _of_deck(
    path: Path,
    values: dict[str, float],
    vary: tuple[str, ...],
    window: float | None,
    spec: Path | None,
    step: float | None,
    settings: dict[str, Any],
) -> MarginTable:
    from cosim.analysis import DeckParameter, Subject, read_specification, standard_parameters
    from cosim.analysis import margins as find_margins
    from cosim.netlist import parse_file

    subject = Subject.of(parse_file(path), values)
    with Stages() as stages:
        criterion = _nominal(path, subject, window, stages) if spec is None else read_specification(spec)
        chosen = [*standard_parameters(subject.circuit), *(DeckParameter(name=name) for name in vary)]
        return find_margins(
            subject,
            criterion,
            chosen,
            step=step,
            progress=lambda fraction: stages("margins", fraction),
            **settings,
        )


def _nominal(path: Path, subject: Subject, window: float | None, stages: Stages) -> SpikeTable:
    """What the deck does at nominal, as a criterion."""
    import numpy as np

    from cosim.analysis import SpikeTable
    from cosim.errors import SimulationError
    from cosim.josephson import simulate

    stop = subject.stop
    nominal = simulate(subject.circuit, progress=lambda time: stages("nominal run", min(1.0, time / stop)))
    if not nominal.ok:
        raise SimulationError(f"{path}: the nominal run failed: {nominal.message}")
    edges = np.array([0.0, stop])
    if window is not None:
        inner = np.arange(0.0, stop * (1.0 - 1e-9), window)
        edges = np.append(inner, stop)
    printed = [p.element for p in subject.circuit.probes if p.element in nominal.pulses.names]
    criterion = SpikeTable.of(nominal, edges, [n for n in dict.fromkeys(printed) if n is not None] or None)
    if not np.any(criterion.expected):
        raise SimulationError(
            f"{path}: no junction that is printed slips in the nominal run, so margins would mean "
            "nothing; print junctions that pass pulses"
        )
    return criterion


def _check_path(path: Path) -> None:
    from cosim.errors import ResultFileError

    if path.suffix.lower() not in (".h5", ".hdf5", ".csv"):
        raise ResultFileError(
            f"{path}: a table of margins ends in .h5 or .csv, not in {path.suffix or 'nothing'!r}"
        )


def _write(path: Path, source: Path, table: MarginTable) -> None:
    import csv
    import io

    from cosim.results import Array, Group, provenance, write_bytes, write_file

    columns = table.arrays()
    if path.suffix.lower() == ".csv":
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(zip(*(column.tolist() for column in columns.values()), strict=True))
        write_bytes(path, text.getvalue().encode("utf-8"))
        return
    settings = {
        name: getattr(table, name) for name in ("resolution", "low", "high", "runs", "rounds", "step")
    }
    write_file(
        path,
        Group(
            arrays={
                name: Array(values=column, dimensions=("parameter",)) for name, column in columns.items()
            },
            attributes={**provenance(), "content": "margins", "source": str(source), **settings},
        ),
    )
