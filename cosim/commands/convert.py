"""`cosim convert`: waveforms from one format to another, and the check of a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cosim.commands.console import note
from cosim.commands.options import examples, quiet_option

if TYPE_CHECKING:
    from cosim.results import Result


@click.command(
    short_help="Convert between .h5, .csv, .raw; check a file.",
    epilog=examples(
        "cosim convert run.h5 run.csv               JoSIM's columns, 17 digits",
        "cosim convert ngspice.raw run.h5",
        "cosim convert josim.csv.gz run.h5 --check",
        "cosim convert run.h5 --check               does the file keep the rules?",
        "cosim convert evaluation.h5 waves.csv --part waveforms",
        "cosim convert sweep.h5 sweep.parquet       a merged sweep as a table, a row a case",
    ),
)
@click.argument("source", type=click.Path(path_type=Path))
@click.argument("target", type=click.Path(path_type=Path), required=False)
@click.option("--check", is_flag=True, help="Check SOURCE, and that TARGET reads back the same, bit by bit.")
@click.option("--part", metavar="GROUP", help="The group of SOURCE (.h5) that holds the waveforms.")
@quiet_option
def convert(source: Path, target: Path | None, check: bool, part: str | None) -> None:
    """Convert waveforms from SOURCE to TARGET: .h5 (HDF5), .csv (JoSIM's columns), .raw (ngspice).

    Tables and raw files hold time and signals; slips of junctions are found again in the phases
    that they hold, and provenance stays in HDF5 alone. Exits with 1 when a check fails.
    """
    from cosim.results import format_of, require_writable, save_result

    if target is None and not check:
        raise click.UsageError("give a TARGET to convert to, or --check to look at the file")
    if target is not None and part is None and _is_sweep(source):
        if check:
            _check(source)
        _table_of_sweep(source, target)
        return
    if target is not None:
        require_writable(target)
        if target.exists() and source.exists() and target.samefile(source):
            raise click.UsageError("SOURCE and TARGET are one file")
    if check:
        _check(source)
    if target is None:
        return
    result = _load(source, part)
    save_result(target, result)
    if check:
        _compare(target, result)
        click.echo(f"{target}: reads back the same")
    lost = [] if format_of(target).keeps_all else _lost(result)
    note(
        f"wrote {target}: {len(result.signals)} signals, {result.time.size} points"
        + (f"; {', '.join(lost)} are not in it" if lost else "")
    )


def _check(source: Path) -> None:
    """Print what is wrong with a file, one sentence a line; raise `ResultFileError` when anything is."""
    from cosim.errors import ResultFileError
    from cosim.results import check_file

    problems = check_file(source)
    for problem in problems:
        click.echo(f"{source}: {problem}")
    if problems:
        raise ResultFileError(f"{source}: {len(problems)} of the rules are broken")
    click.echo(f"{source}: keeps all rules")


def _is_sweep(source: Path) -> bool:
    """True for a merged sweep; what cannot be read is for the caller to complain about."""
    from cosim.errors import ResultFileError
    from cosim.results import read_file

    if source.suffix.lower() not in (".h5", ".hdf5"):
        return False
    try:
        return read_file(source).attributes.get("content") == "sweep"
    except ResultFileError:
        return False


def _table_of_sweep(source: Path, target: Path) -> None:
    from cosim.errors import ResultFileError
    from cosim.results import read_file, require_writable
    from cosim.sweeps import write_table

    if target.suffix.lower() not in (".csv", ".parquet"):
        raise ResultFileError(f"{target}: a sweep becomes a table, .csv or .parquet")
    require_writable(target, any_format=True)
    write_table(target, read_file(source))
    note(f"wrote {target}")


def _load(source: Path, part: str | None) -> Result:
    from cosim.errors import ResultFileError
    from cosim.results import find_group, load_result, provenance, read_file, result_from_group

    if part is not None:
        tree = read_file(source)
        try:
            group = find_group(tree, part)
        except ResultFileError as error:
            raise ResultFileError(f"{source}: {error}") from error
        try:
            return result_from_group(group)
        except ResultFileError as error:
            raise ResultFileError(f"{source}: group {part!r} {error}") from error
    try:
        result = load_result(source)
    except ResultFileError as error:
        groups = _result_groups(source)
        if not groups:
            raise
        raise ResultFileError(f"{error}; choose a --part: {', '.join(groups)}") from error
    if "cosim_version" in result.provenance:
        return result
    import hashlib
    from dataclasses import replace

    origin = provenance(
        extra={"source": source.name, "source_sha256": hashlib.sha256(source.read_bytes()).hexdigest()}
    )
    return replace(result, provenance={**origin, **result.provenance})


def _result_groups(source: Path) -> list[str]:
    """Groups of an HDF5 file that hold waveforms."""
    from cosim.errors import ResultFileError
    from cosim.results import read_file

    try:
        groups = read_file(source).groups
    except ResultFileError:
        return []
    return [name for name, group in groups.items() if group.attributes.get("kind") == "result"]


def _compare(target: Path, result: Result) -> None:
    """Raise `ResultFileError` unless the file holds the same bits."""
    import numpy as np

    from cosim.errors import ResultFileError
    from cosim.results import load_result

    again = load_result(target)
    same = np.array_equal(again.time, result.time) and list(again.signals) == list(result.signals)
    if not same or any(
        not np.array_equal(again.signals[name], values, equal_nan=True)
        for name, values in result.signals.items()
    ):
        raise ResultFileError(f"{target}: does not read back as it was written; its disk may be failing")


def _lost(result: Result) -> list[str]:
    """What a table or a raw file leaves out, as far as the result has it."""
    phases = {name[2:-1] for name in result.signals if name.startswith("P(B")}
    slipped = {result.pulses.names[i] for i in set(result.pulses.element.tolist())}
    lost = [f"slips of {len(slipped - phases)} junctions"] if slipped - phases else []
    return [*lost, "provenance and statistics"] if result.provenance or result.stats else lost
