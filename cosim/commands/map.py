"""`cosim map`: what hardware a trained network becomes."""

from __future__ import annotations

from pathlib import Path

import click

from cosim.commands.console import note
from cosim.commands.options import (
    examples,
    map_network,
    mapping_options,
    network_options,
    output_option,
    quiet_option,
    read_network,
)


@click.command(
    short_help="Map a network to SFQ cells, errors listed.",
    epilog=examples(
        "cosim map xor.nir",
        "cosim map xor.nir --period 200p --parasitics -o design.h5",
        "cosim map large.nir --nearest           and see which weights are off by how much",
    ),
)
@click.argument("network", type=click.Path(path_type=Path))
@output_option("Write weights, neurons and synapses: .h5 or .json.")
@mapping_options
@network_options
@quiet_option
def map_(
    network: Path,
    output: Path | None,
    period: float,
    parasitics: bool,
    nearest: bool,
    time_step: float | None,
    reset: str | None,
) -> None:
    """Map a trained NETWORK (.nir) to SFQ cells and report every weight that is not exact.

    Lists neurons with their synapses and thresholds, then junctions, inductors, resistors and
    bias current of the whole circuit without its test bench.
    """
    from cosim.analysis import inventory
    from cosim.evaluation import BENCH_ELEMENTS
    from cosim.mapping import bench, check_design_path, mapping_report, write_design
    from cosim.netlist import flatten
    from cosim.results import require_writable

    if output is not None:
        check_design_path(output)
        require_writable(output, any_format=True)
    design = map_network(read_network(network, time_step, reset), period, parasitics, nearest)
    circuit = flatten(bench(design, [[0] * design.network.inputs]).deck)
    parts = inventory(circuit, exclude=BENCH_ELEMENTS)
    click.echo(mapping_report(design))
    click.echo(f"\n{parts.text()}")
    if output is not None:
        write_design(output, design)
        note(f"wrote {output}")
