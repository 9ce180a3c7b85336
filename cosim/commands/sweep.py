"""`cosim sweep`: plan, run, status, retry, merge, slurm."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cosim.commands.console import console, detail, note
from cosim.commands.options import examples, output_option, quiet_option

if TYPE_CHECKING:
    from cosim.sweeps import Plan, Status

_FOLDER = click.argument("folder", type=click.Path(path_type=Path))


class Part(click.ParamType):
    """`i/n`: the i-th of n parts, from 1."""

    name = "i/n"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if isinstance(value, tuple):
            return value
        which, slash, parts = str(value).partition("/")
        if not (slash and which.isdigit() and parts.isdigit() and 1 <= int(which) <= int(parts)):
            self.fail(f"{value!r} is not of the form i/n with 1 ≤ i ≤ n, e.g. 3/10", param, ctx)
        return int(which), int(parts)


def _run_options(command: Any) -> Any:
    for option in (
        click.option("--any-version", is_flag=True, help="Run even where versions differ from the plan's."),
        click.option("--jobs", type=click.IntRange(0), help="Processes; default: all cores; 0: this one."),
        click.option("--part", type=Part(), help="Run only the i-th of n parts, e.g. 3/10."),
    ):
        command = option(command)
    return command


@click.group(
    short_help="Run thousands of cases; nothing is lost.",
    epilog=examples(
        "cosim sweep plan sweep.toml -o sweep        decide what is run",
        "cosim sweep run sweep                       again after a crash: only what is missing",
        "cosim sweep status sweep",
        "cosim sweep merge sweep -o sweep.h5 && cosim plot sweep.h5",
    ),
)
def sweep() -> None:
    """Run a deck, a network, an array or a function for thousands of parameters.

    A plan is a folder that never changes; each bundle of cases becomes one file in it. Any number
    of processes or machines may run one folder, and whatever dies, what is done stays.
    """


@sweep.command(
    "plan",
    epilog=examples(
        "cosim sweep plan sweep.toml -o sweep",
        "cosim sweep plan sweep.toml -o sweep && cosim sweep run sweep",
    ),
)
@click.argument("specification", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="Folder of the plan; default: SPECIFICATION's name.",
)
@quiet_option
def plan_(specification: Path, output: Path | None) -> None:
    """Make the plan of a SPECIFICATION (.toml): what is run, with all its inputs, in a folder."""
    from cosim.sweeps import make_plan, read_specification

    wanted = read_specification(specification)
    folder = output or specification.with_suffix("")
    made = make_plan(wanted, folder, base=specification.parent)
    shape = " × ".join(f"{axis.dimension} {len(axis)}" for axis in made.space.axes) or "one case"
    click.echo(f"{folder}: {len(made.space)} cases ({shape}), {made.bundles} files, plan {made.digest[:12]}")
    note(f"cosim sweep run {folder}")


@sweep.command(
    "run",
    epilog=examples(
        "cosim sweep run sweep",
        "cosim sweep run sweep --jobs 4",
        "cosim sweep run sweep --part 3/10           one of ten machines",
    ),
)
@_FOLDER
@_run_options
@quiet_option
def run_(folder: Path, jobs: int | None, part: tuple[int, int] | None, any_version: bool) -> None:
    """Run what is missing of the sweep in FOLDER.

    Exits with 1 when cases failed; they are listed by `cosim sweep status`.
    """
    _run(folder, jobs, part, any_version, retry=False)


@sweep.command("retry", epilog=examples("cosim sweep retry sweep"))
@_FOLDER
@_run_options
@quiet_option
def retry_(folder: Path, jobs: int | None, part: tuple[int, int] | None, any_version: bool) -> None:
    """Run the failed cases of FOLDER once more, and what is missing."""
    _run(folder, jobs, part, any_version, retry=True)


@sweep.command(
    "status", epilog=examples("cosim sweep status sweep", "cosim sweep status sweep --failures 100")
)
@_FOLDER
@click.option("--failures", type=click.IntRange(0), default=5, show_default=True, help="How many to list.")
@click.option("--words", is_flag=True, help="With the last words of each.")
@quiet_option
def status_(folder: Path, failures: int, words: bool) -> None:
    """Show what is done of the sweep in FOLDER. Exits with 1 when cases failed or are missing."""
    from cosim.sweeps import load_plan, status

    plan = load_plan(folder)
    found = status(plan, failures=failures)
    click.echo(f"{folder}: {found.text()}")
    _list_failures(plan, found, words)
    if found.failed or found.missing:
        click.get_current_context().exit(1)


@sweep.command(
    "merge",
    epilog=examples(
        "cosim sweep merge sweep -o sweep.h5         a dimension an axis, an array a measurement",
        "cosim sweep merge sweep -o sweep.csv        a row a case; .parquet as well",
        "cosim sweep merge sweep -o sweep.h5 --partial",
    ),
)
@_FOLDER
@output_option("File: .h5, .csv or .parquet; default: FOLDER.h5.")
@click.option("--partial", is_flag=True, help="Merge although cases are missing.")
@quiet_option
def merge_(folder: Path, output: Path | None, partial: bool) -> None:
    """Gather the shards of FOLDER in one file."""
    from cosim.errors import ResultFileError
    from cosim.results import require_writable, write_file
    from cosim.sweeps import load_plan, merge, write_table

    target = output or Path(f"{folder.resolve()}.h5")
    if target.suffix.lower() not in (".h5", ".hdf5", ".csv", ".parquet"):
        raise ResultFileError(f"{target}: a merged sweep ends in .h5, .csv or .parquet")
    require_writable(target, any_format=True)
    plan = load_plan(folder)
    with _bar(len(plan.space), "merge") as advance:
        tree = merge(plan, partial=partial, progress=advance)
    if target.suffix.lower() in (".csv", ".parquet"):
        write_table(target, tree)
    else:
        write_file(target, tree)
    note(f"wrote {target}: {len(plan.space)} cases")


@sweep.command(
    "slurm", epilog=examples("cosim sweep slurm sweep --parts 20 > sweep.sbatch && sbatch sweep.sbatch")
)
@_FOLDER
@click.option("--parts", type=click.IntRange(1), default=10, show_default=True, help="Tasks of the array.")
@click.option("--cpus", type=click.IntRange(1), default=4, show_default=True, help="Cores of a task.")
@click.option("--time", "limit", default="12:00:00", show_default=True, help="Time limit of a task.")
@click.option("--command", default="cosim", show_default=True, help="How cosim is called there.")
def slurm_(folder: Path, parts: int, cpus: int, limit: str, command: str) -> None:
    """Print a SLURM array script that runs FOLDER in parts."""
    from cosim.sweeps import array_script, load_plan

    click.echo(array_script(load_plan(folder), parts=parts, cpus=cpus, time=limit, command=command), nl=False)


def _run(
    folder: Path, jobs: int | None, part: tuple[int, int] | None, any_version: bool, *, retry: bool
) -> None:
    import time

    from cosim.sweeps import load_plan, run, status

    plan = load_plan(folder)
    began = time.monotonic()
    counts = {"failed": 0, "elsewhere": 0}
    again = f"cosim sweep {'retry' if retry else 'run'} {folder}"
    total = len(plan.space) if part is None else _cases_of_part(plan, part)
    try:
        with _bar(total, "retry" if retry else "run") as advance:

            def progress(report: Any) -> None:
                counts["failed"] += report.failed
                counts["elsewhere"] += report.state == "elsewhere"
                if report.aside:
                    note(f"bundle {report.bundle}: its file was unsound and was put aside: {report.aside}")
                detail(
                    f"bundle {report.bundle}: {report.state}, {report.completed} completed, "
                    f"{report.failed} failed"
                )
                advance(len(plan.cases_of(report.bundle)))

            run(plan, jobs=jobs, part=part, retry=retry, any_version=any_version, progress=progress)
    except KeyboardInterrupt:
        note(f"stopped; what is done stays. To go on: {again}")
        raise
    except Exception:
        note(f"what is done stays. To go on: {again}")
        raise
    found = status(plan, failures=3)
    click.echo(f"{folder}: {found.text()}")
    note(f"{time.monotonic() - began:.1f} s")
    if counts["elsewhere"]:
        note(f"{counts['elsewhere']} bundles are in the hands of another process")
    _list_failures(plan, found, words=False)
    if found.failed:
        note(f"cosim sweep status {folder} --words     what they said\ncosim sweep retry {folder}")
        click.get_current_context().exit(1)
    if found.finished:
        note(f"cosim sweep merge {folder} -o {folder.name}.h5")


def _cases_of_part(plan: Plan, part: tuple[int, int]) -> int:
    return sum(len(plan.cases_of(bundle)) for bundle in range(part[0] - 1, plan.bundles, part[1]))


def _list_failures(plan: Plan, found: Status, words: bool) -> None:
    from cosim.sweeps.plan import shown

    for failure in found.failures:
        parameters = shown(plan.space.case(failure.case).parameters)
        tries = f" ({failure.tries} tries)" if failure.tries > 1 else ""
        click.echo(f"  case {failure.case}, {parameters}: {failure.cause}{tries}")
        if words and failure.words:
            click.echo("\n".join(f"    | {line}" for line in failure.words.strip().splitlines()[-12:]))
    if found.failed > len(found.failures) > 0:
        click.echo(f"  … and {found.failed - len(found.failures)} more")


class _bar:
    """A bar with the remaining time on a terminal; elsewhere a line every tenth of the work."""

    def __init__(self, total: int, what: str) -> None:
        import sys

        self._total, self._what, self._done, self._told = total, what, 0, 0
        self._tqdm: Any = None
        self._plain = not console().quiet
        if self._plain and sys.stderr.isatty():
            from tqdm import tqdm

            self._tqdm = tqdm(total=total, desc=what, unit="case", file=sys.stderr)

    def __enter__(self) -> Any:
        return self._advance

    def __exit__(self, *_: object) -> None:
        if self._tqdm is not None:
            self._tqdm.close()

    def _advance(self, cases: int) -> None:
        self._done += cases
        if self._tqdm is not None:
            self._tqdm.update(cases)
        elif self._plain and self._total and 10 * self._done // self._total > self._told:
            self._told = 10 * self._done // self._total
            click.echo(f"{self._what}: {self._done} of {self._total} cases", err=True)
