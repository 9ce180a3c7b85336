"""`cosim run`: simulate a deck."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cosim.commands.console import Console, note
from cosim.commands.options import (
    Quantity,
    engine_option,
    examples,
    output_option,
    parameter_option,
    quiet_option,
)
from cosim.commands.progress import Stages
from cosim.commands.run_request import STANDARD, Request, circuit_of, run_josephson, run_ngspice

if TYPE_CHECKING:
    from cosim.analysis import Specification
    from cosim.netlist import Circuit
    from cosim.results import Result


def _specification(path: Path) -> Specification:
    from cosim.analysis import read_specification  # half a second of imports: only where there is one

    return read_specification(path)


@click.command(
    short_help="Simulate a deck in either engine.",
    epilog=examples(
        "cosim run jtl.cir                      pulses of the printed junctions",
        "cosim run jtl.cir -o out.csv           JoSIM's columns; .h5 keeps everything",
        "cosim run jtl.cir -o - | head          the same table on standard output",
        "cosim run dff.cir --spec dff.toml      pass or fail, rule by rule",
        "cosim run jtl.cir --engine ngspice     the same circuit in ngspice",
        "cosim run amplifier.cir --engine ngspice -o out.raw",
        "cosim run jtl.cir --param SIC=1.1 --stop 500p",
    ),
)
@click.argument("deck", type=click.Path(path_type=Path), required=False)
@output_option("Waveforms: .h5, .csv (JoSIM's columns), .dat, .raw (ngspice); - for standard output.")
@click.option("--spec", type=click.Path(path_type=Path), help="Rules to keep: .toml, or JoSIM-tools' .sp.")
@engine_option("josephson", "ngspice")
@parameter_option
@click.option("--stop", type=Quantity(), help="End of the run in s, in place of the deck's .tran.")
@click.option("--step", type=Quantity(), help="Equal steps (josephson), or the largest step (ngspice), in s.")
@click.option("--tolerance", type=Quantity(), help="Error of a phase in one step, relative (josephson).")
@click.option(
    "--time-limit", type=Quantity(), default="600", show_default=True, help="Seconds that ngspice may take."
)
@click.option(
    "-a",
    "--analysis",
    type=click.Choice(["0", "1"]),
    default="1",
    help="What -o holds where the deck prints nothing: voltages (0) or phases (1) of all nodes.",
)
@click.option("--seed", type=click.IntRange(0), help="Seed of noise and spread, for .option seed.")
@click.option("--sample", type=click.IntRange(0), default=0, help="Which sample of the deck's .spread.")
@click.option("--nominal", is_flag=True, help="Nominal values, whatever .spread says.")
@click.option("-i", "--input", "standard_input", is_flag=True, help="Read the deck from standard input.")
@click.option(
    "-V", "--Verbose", "detail", type=click.IntRange(1, 3), default=1, help="2: counts; 3: elements too."
)
@click.option("-m", "--minimal", type=click.IntRange(0, 1), default=0, help="1: as -q.")
@quiet_option
def run(
    deck: Path | None,
    output: Path | None,
    spec: Path | None,
    engine: str,
    parameters: tuple[tuple[str, float], ...],
    analysis: str,
    standard_input: bool,
    detail: int,
    minimal: int,
    **settings: Any,
) -> None:
    """Simulate a DECK over time and list the flux quanta that pass its junctions.

    A deck in JoSIM's dialect runs as it is, in our engine or, its junctions rendered as
    sub-circuits, in ngspice; JoSIM's own options mean what they mean there. Files that the deck
    asks for (.file, .iv) are written beside it. A deck without Josephson junctions goes to ngspice
    unchanged with `--engine ngspice`; commands in it (.control) are refused.

    Exits with 1 when the run fails or breaks a rule of --spec.
    """
    from cosim.results import require_writable

    if minimal:
        click.get_current_context().obj = Console(verbosity=-1)
    if settings["tolerance"] is not None and (settings["step"] is not None or engine == "ngspice"):
        other = "--step" if settings["step"] is not None else "--engine ngspice"
        raise click.UsageError(f"--tolerance does not go with {other}")
    path = STANDARD if standard_input else deck
    if path is None:
        raise click.UsageError("Missing argument 'DECK'; -i reads one from standard input")
    if output is not None and output != STANDARD:
        require_writable(output)
    request = Request(
        path=path,
        given=sys.stdin.read() if path == STANDARD else "",
        specification=None if spec is None else _specification(spec),
        all_nodes="" if output is None else "VP"[int(analysis)],
        parameters=dict(parameters),
        **settings,
    )
    _run(request, output, engine, detail)


def _run(request: Request, output: Path | None, engine: str, detail: int) -> None:
    from cosim.commands.deck_files import wanted_files, write_probe_files
    from cosim.commands.run_report import expanded, rules, statistics, summary

    with Stages() as stages:
        deck, circuit = circuit_of(request, engine)
        files = wanted_files(deck, request.folder) if deck is not None else {}
        if circuit is not None and detail >= 3:
            note(expanded(circuit))
        if circuit is not None and circuit.curves:
            _curves(circuit, files, stages)
            if circuit.transient is None and request.stop is None:
                return
        if engine == "josephson" and deck is not None and circuit is not None:
            result = run_josephson(request, deck, circuit, stages)
        else:
            result = run_ngspice(request, deck, stages)
    printed = result if request.specification is None else _printed(circuit, result)
    table_alone = output == STANDARD
    click.echo(summary(request.path, printed, circuit), err=table_alone)
    if circuit is not None and detail >= 2:
        note(statistics(circuit, result))
    if not result.ok:
        kept = output is not None and output.suffix.lower() in (".h5", ".hdf5")
        if output is not None and kept:
            _save(output, printed)
        raise click.ClickException(
            f"{request.path}: {result.message}" + (f" (kept in {output})" if kept else "")
        )
    if result.status != "completed":
        # Not a remark that --quiet may leave out: the numbers are not as good as was asked.
        click.echo(f"cosim: {request.path}: {result.status}: {result.message}", err=True)
    if output is not None:
        _save(output, printed)
    if circuit is not None:
        for target in write_probe_files(circuit, result, files):
            note(f"wrote {target}")
    if request.specification is not None:
        report = request.specification.check(result)
        click.echo(rules(report), err=table_alone)
        if not report.passed:
            click.get_current_context().exit(1)


def _save(output: Path, result: Result) -> None:
    from cosim.results import save_result, table_text

    if output == STANDARD:
        click.echo(table_text(result), nl=False)
        return
    save_result(output, result)
    note(f"wrote {output}")


def _printed(circuit: Circuit | None, result: Result) -> Result:
    """The result without the signals that only the specification looks at."""
    if circuit is None or not result.signals:
        return result
    return result.only(dict.fromkeys(probe.label for probe in circuit.probes))


def _curves(circuit: Circuit, files: dict[str, Path], stages: Stages) -> None:
    from cosim.commands.deck_files import write_curve
    from cosim.josephson import current_voltage_curve

    for wanted in circuit.curves:
        stages(f"curve of {wanted.model.name}", 0.0)
        write_curve(files[wanted.path], current_voltage_curve(wanted.model, wanted.maximum_current))
        note(f"wrote {files[wanted.path]}")
