"""`cosim evaluate`: from a trained network to a verdict on its hardware, in one go."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cosim.commands.console import note
from cosim.commands.options import Quantity, misfits_reported, network_options, quiet_option, read_network
from cosim.commands.progress import Stages

if TYPE_CHECKING:
    from cosim.evaluation import Evaluation, Options
    from cosim.network import Network


def evaluation_options(command: Any) -> Any:
    """Options that `evaluate` and `demo` share."""
    for option in reversed(
        (
            click.option(
                "--period", type=Quantity(), default="300p", show_default=True, help="Length of a slot."
            ),
            click.option("--no-ngspice", is_flag=True, help="Leave the cross-check in ngspice out."),
            click.option("--no-margins", is_flag=True, help="Leave margins, yield and throughput out."),
            click.option("--no-parasitics", is_flag=True, help="Leave the second margin table out."),
            click.option("--yield-samples", type=click.IntRange(0), default=200, show_default=True),
            click.option(
                "--spread",
                type=float,
                default=0.05,
                show_default=True,
                help="Standard deviation of every element.",
            ),
            click.option(
                "--biasing",
                type=click.Choice(["rsfq", "ersfq"]),
                default="rsfq",
                show_default=True,
                help="RSFQ takes static power, ERSFQ none at first order.",
            ),
            click.option(
                "--cooling",
                type=float,
                default=400.0,
                show_default=True,
                help="Watts at 300 K for a watt at 4 K.",
            ),
            click.option("--seed", type=click.IntRange(0), default=0, show_default=True),
            click.option("--jobs", type=click.IntRange(1), default=None, help="Threads; default: all cores."),
        )
    ):
        command = option(command)
    return command


def options_of(values: dict[str, Any], *, nearest: bool = False) -> Options:
    """Turn what click parsed into `Options`."""
    from cosim.circuits import Parasitics
    from cosim.evaluation import Options

    margins = not values["no_margins"]
    return Options(
        period=values["period"],
        nearest=nearest,
        ngspice=not values["no_ngspice"],
        margins=margins,
        parasitics=None if values["no_parasitics"] else Parasitics(),
        yield_samples=values["yield_samples"] if margins else 0,
        spread=values["spread"],
        throughput=margins,
        biasing=values["biasing"],
        cooling_factor=values["cooling"],
        seed=values["seed"],
        threads=values["jobs"],
    )


@click.command(
    epilog="\b\nExamples:\n"
    "  cosim evaluate xor.nir --target sfq -o xor.h5 --figures figures\n"
    "  cosim evaluate snntorch.nir --time-step 1e-4 --data test.npz\n"
    "  cosim evaluate large.nir --no-margins --nearest"
)
@click.argument("network", type=click.Path(path_type=Path))
@click.option("--target", type=click.Choice(["sfq"]), default="sfq", show_default=True, help="Technology.")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="NPZ with `spikes` (samples, 1, inputs) and `labels`; default: all patterns and the ideal answers.",
)
@network_options
@click.option("--nearest", is_flag=True, help="Take the nearest neurons where weights do not fit.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="HDF5 file of everything.")
@click.option("--figures", type=click.Path(path_type=Path), help="Folder for waveforms.png and margins.png.")
@evaluation_options
@quiet_option
def evaluate(
    network: Path,
    target: str,
    data: Path | None,
    time_step: float | None,
    reset: str | None,
    nearest: bool,
    output: Path | None,
    figures: Path | None,
    **values: Any,
) -> None:
    """Map a trained NETWORK (.nir) to hardware; say if it works, by how much, how fast, at what energy.

    Runs the trained network, its behavioural twin, the circuit in the Josephson engine and the circuit in
    ngspice over the same patterns, then margins, yield, energy and latency.
    """
    trained = read_network(network, time_step, reset)
    spikes, labels = (None, None) if data is None else read_data(data)
    result = perform(
        trained,
        options_of(values, nearest=nearest),
        spikes,
        labels,
        output,
        figures,
        f"cosim evaluate {network}",
    )
    if not result.right:
        raise SystemExit(1)


def perform(
    trained: Network,
    options: Options,
    spikes: Any,
    labels: Any,
    output: Path | None,
    figures: Path | None,
    command: str,
) -> Evaluation:
    """Evaluate, print the summary, write file and figures; paths are checked before the work begins."""
    from cosim.evaluation import evaluate, summary, write_evaluation
    from cosim.mapping import mapping_report

    check_writable(output, figures)
    with misfits_reported(trained, options.period), Stages() as stages:
        result = evaluate(trained, spikes=spikes, labels=labels, options=options, progress=stages)
    click.echo(mapping_report(result.design))
    click.echo()
    click.echo(summary(result))
    if output is not None:
        write_evaluation(output, result, command=command)
        note(f"wrote {output}")
    if figures is not None:
        from cosim.plotting import evaluation_figures

        for path in evaluation_figures(result, figures):
            note(f"wrote {path}")
    return result


def check_writable(output: Path | None, figures: Path | None) -> None:
    """Raise ResultFileError at once for a place that cannot be written, not after a minute of work."""
    import os

    from cosim.errors import ResultFileError

    if figures is not None:
        try:
            figures.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ResultFileError(f"cannot make the folder {figures}: {error.strerror}") from error
    for folder in [figures] if figures is not None else []:
        if not os.access(folder, os.W_OK):
            raise ResultFileError(f"cannot write into the folder {folder}: permission denied")
    if output is not None:
        parent = output.absolute().parent
        if not parent.is_dir():
            raise ResultFileError(f"cannot write {output}: there is no folder {parent}")
        if output.is_dir() or not os.access(parent, os.W_OK):
            raise ResultFileError(f"cannot write {output}: it is a folder, or its folder is read-only")


def read_data(path: Path) -> tuple[Any, Any]:
    """`spikes` and `labels` of an NPZ; raises ResultFileError for anything else."""
    import zipfile

    import numpy as np

    from cosim.errors import ResultFileError

    try:
        with np.load(path, allow_pickle=False) as data:
            if "spikes" not in data:
                raise ResultFileError(
                    f"{path}: holds {', '.join(data) or 'nothing'}, expected `spikes` and `labels`"
                )
            return data["spikes"], data.get("labels")
    except FileNotFoundError:
        raise ResultFileError(f"{path}: no such file") from None
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise ResultFileError(f"{path}: not an NPZ file of plain arrays, or cut short") from error
