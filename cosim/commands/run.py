"""`cosim run`: simulate a deck."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cosim.commands.console import note
from cosim.commands.options import (
    Quantity,
    engine_option,
    examples,
    output_option,
    parameter_option,
    quiet_option,
)
from cosim.commands.progress import Stages

if TYPE_CHECKING:
    from cosim.netlist import Circuit, Deck
    from cosim.results import Result

_MOST_ROWS = 20
_JUNCTION_MODEL = re.compile(r"^\s*\.model\s+\S+\s+jj\b", re.IGNORECASE | re.MULTILINE)


@click.command(
    short_help="Simulate a deck in either engine.",
    epilog=examples(
        "cosim run jtl.cir                      pulses of the printed junctions",
        "cosim run jtl.cir -o out.csv           JoSIM's columns; .h5 keeps everything",
        "cosim run jtl.cir --engine ngspice     the same circuit in ngspice",
        "cosim run amplifier.cir --engine ngspice -o out.raw",
        "cosim run jtl.cir --param SIC=1.1 --stop 500p",
    ),
)
@click.argument("deck", type=click.Path(path_type=Path))
@output_option("Write the waveforms: .h5, .csv (JoSIM's columns) or .raw (ngspice).")
@engine_option("josephson", "ngspice")
@parameter_option
@click.option("--stop", type=Quantity(), help="End of the run in s, in place of the deck's .tran.")
@click.option("--step", type=Quantity(), help="Equal steps (josephson), or the largest step (ngspice), in s.")
@click.option("--tolerance", type=Quantity(), help="Error of a phase in one step, relative (josephson).")
@click.option(
    "--time-limit", type=Quantity(), default="600", show_default=True, help="Seconds that ngspice may take."
)
@click.option(
    "-a", "--analysis", type=click.Choice(["0", "1"]), help="As JoSIM has it; both give the same here."
)
@quiet_option
def run(
    deck: Path,
    output: Path | None,
    engine: str,
    parameters: tuple[tuple[str, float], ...],
    stop: float | None,
    step: float | None,
    tolerance: float | None,
    time_limit: float,
    analysis: str | None,
) -> None:
    """Simulate a DECK over time and list the flux quanta that pass its junctions.

    A deck in JoSIM's dialect runs as it is, in our engine or, its junctions rendered as
    sub-circuits, in ngspice. A deck without Josephson junctions goes to ngspice unchanged with
    `--engine ngspice`; commands in it (.control) are refused.

    Exits with 1 when the run fails.
    """
    from cosim.results import require_writable, save_result

    if tolerance is not None and (step is not None or engine == "ngspice"):
        other = "--step" if step is not None else "--engine ngspice"
        raise click.UsageError(f"--tolerance does not go with {other}")
    if output is not None:
        require_writable(output)
    values = dict(parameters)
    with Stages() as stages:
        if engine == "josephson":
            result, circuit = _josephson(deck, values, stop, step, tolerance, stages)
        else:
            result, circuit = _ngspice(deck, values, stop, step, time_limit, stages)
    click.echo(_summary(deck, result, circuit))
    if not result.ok:
        kept = output is not None and output.suffix.lower() in (".h5", ".hdf5")
        if output is not None and kept:
            save_result(output, result)
        raise click.ClickException(f"{deck}: {result.message}" + (f" (kept in {output})" if kept else ""))
    if result.status != "completed":
        note(f"{result.status}: {result.message}")
    if output is not None:
        save_result(output, result)
        note(f"wrote {output}")


def _josephson(
    path: Path,
    values: dict[str, float],
    stop: float | None,
    step: float | None,
    tolerance: float | None,
    stages: Stages,
) -> tuple[Result, Circuit]:
    from dataclasses import replace

    from cosim.errors import NetlistError
    from cosim.josephson import simulate
    from cosim.netlist import flatten, parse_file
    from cosim.results import provenance

    try:
        deck = parse_file(path)
    except NetlistError as error:
        if path.is_file() and not _JUNCTION_MODEL.search(_text(path)):
            raise NetlistError(f"{error}; a deck written for ngspice runs with --engine ngspice") from error
        raise
    circuit = flatten(deck, values)
    end = stop if stop is not None else circuit.transient.stop if circuit.transient is not None else 0.0
    options: dict[str, Any] = {} if tolerance is None else {"tolerance": tolerance}

    def progress(time: float) -> None:
        stages("josephson", min(1.0, time / end))

    stages("josephson", 0.0)
    result = simulate(circuit, stop=stop, step=step, progress=progress, **options)
    origin = provenance(netlist=_text(path), extra={"deck": str(path), **_named(values)})
    return replace(result, provenance={**origin, **result.provenance}), circuit


def _ngspice(
    path: Path,
    values: dict[str, float],
    stop: float | None,
    step: float | None,
    time_limit: float,
    stages: Stages,
) -> tuple[Result, Circuit | None]:
    from dataclasses import replace

    from cosim import spice
    from cosim.netlist import flatten

    spice.require_executable()
    deck = josephson_deck(path)
    stages("ngspice", 0.0)
    result = spice.simulate(
        path if deck is None else deck,
        parameters=values or None,
        stop=stop,
        maximum_step=step,
        time_limit=time_limit,
        check=False,
    )
    stages("ngspice", 1.0)
    circuit = None if deck is None else flatten(deck, values)
    return replace(result, provenance={**result.provenance, "deck": str(path), **_named(values)}), circuit


def josephson_deck(path: Path) -> Deck | None:
    """The parsed deck when it models Josephson junctions; None for a deck that ngspice takes as it is.

    Raises `NetlistError`, with file and line, for a deck with junctions that cannot be read.
    """
    from cosim.errors import NetlistError
    from cosim.netlist import parse_file
    from cosim.netlist.deck import Body

    def models(body: Body) -> bool:
        return bool(body.models) or any(models(inner) for inner in body.subcircuits)

    try:
        deck = parse_file(path)
    except NetlistError:
        if not path.is_file() or _JUNCTION_MODEL.search(_text(path)):
            raise
        return None
    return deck if models(deck) else None


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def _named(values: dict[str, float]) -> dict[str, float]:
    return {f"parameter_{name}": value for name, value in values.items()}


def _summary(path: Path, result: Result, circuit: Circuit | None) -> str:
    from cosim.commands.tables import table

    junctions = len(result.pulses.names)
    end = _duration(float(result.time[-1])) if result.time.size else "nothing"
    lines = [
        f"{path}: {result.status}, {end} simulated in {float(result.stats.get('wall_time', 0.0)):.2f} s "
        f"({result.provenance.get('engine')}; {junctions} junctions, {len(result.signals)} signals, "
        f"{result.time.size} points)"
    ]
    shown = _shown(result, circuit)
    if shown:
        rows = []
        for name in shown[:_MOST_ROWS]:
            times, signs = result.pulses.of(name)
            first, last = (f"{times[0] * 1e12:.3f}", f"{times[-1] * 1e12:.3f}") if times.size else ("-", "-")
            rows.append((name, int((signs > 0).sum()), int((signs < 0).sum()), first, last))
        header = ("junction", "slips +", "slips −", "first (ps)", "last (ps)")
        lines.append(table(header, rows, right=(1, 2, 3, 4)))
        if len(shown) > _MOST_ROWS:
            lines.append(f"… and {len(shown) - _MOST_ROWS} more junctions")
    elif result.signals:
        rows = [
            (name, f"{values.min():.6g}", f"{values.max():.6g}", f"{values[-1]:.6g}", result.units[name])
            for name, values in list(result.signals.items())[:_MOST_ROWS]
            if values.size
        ]
        lines.append(table(("signal", "least", "most", "at the end", "unit"), rows, right=(1, 2, 3)))
        if len(result.signals) > _MOST_ROWS:
            lines.append(f"… and {len(result.signals) - _MOST_ROWS} more signals")
    return "\n".join(lines)


def _duration(seconds: float) -> str:
    for factor, unit in ((1e12, "ps"), (1e9, "ns"), (1e6, "µs"), (1e3, "ms")):
        if seconds * factor < 10_000.0:
            return f"{seconds * factor:.6g} {unit}"
    return f"{seconds:.6g} s"


def _shown(result: Result, circuit: Circuit | None) -> list[str]:
    """Junctions that the deck prints, or all of them when it prints none."""
    names = result.pulses.names
    if circuit is not None:
        printed = [probe.element for probe in circuit.probes if probe.element in names]
        chosen = [name for name in dict.fromkeys(printed) if name is not None]
        if chosen:
            return chosen
    return list(names)
