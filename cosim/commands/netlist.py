"""`cosim netlist`: the deck of a mapped network with its test bench."""

from __future__ import annotations

from pathlib import Path

import click

from cosim.commands.console import note
from cosim.commands.options import (
    Quantity,
    examples,
    map_network,
    mapping_options,
    network_options,
    output_option,
    quiet_option,
    read_network,
)
from cosim.commands.patterns import patterns_option, read_patterns


@click.command(
    short_help="Write the SPICE deck of a mapped network.",
    epilog=examples(
        "cosim netlist xor.nir -o xor.cir",
        "cosim netlist xor.nir --patterns transitions --parasitics -o xor.cir",
        "cosim netlist xor.nir --dialect ngspice -o xor.sp",
        "cosim netlist xor.nir --patterns 00,11,11 | less",
    ),
)
@click.argument("network", type=click.Path(path_type=Path))
@output_option("Write the deck here; without it the deck is printed.")
@click.option(
    "--dialect",
    type=click.Choice(["josim", "ngspice"], case_sensitive=False),
    default="josim",
    show_default=True,
    help="josim: JoSIM and `cosim run`; ngspice: junctions as sub-circuits.",
)
@patterns_option
@click.option(
    "--probes/--no-probes", default=True, show_default=True, help="Print inputs, neurons and outputs."
)
@click.option("--step", type=Quantity(), default="0.05p", show_default=True, help="Step of the .tran card.")
@mapping_options
@network_options
@quiet_option
def netlist(
    network: Path,
    output: Path | None,
    dialect: str,
    patterns: str,
    probes: bool,
    step: float,
    period: float,
    parasitics: bool,
    nearest: bool,
    time_step: float | None,
    reset: str | None,
) -> None:
    """Write the SPICE deck of a trained NETWORK (.nir) on SFQ cells, with sources and sinks.

    The deck is hierarchical, its global factors SIC, SL, SR, SK and SIB are .param cards, and
    JoSIM runs it as it is.
    """
    from cosim.mapping import bench
    from cosim.netlist import josim_problems, render_ngspice, write
    from cosim.results import require_writable, write_bytes

    if output is not None:
        require_writable(output, any_format=True)
    trained = read_network(network, time_step, reset)
    rows = read_patterns(patterns, trained)
    design = map_network(trained, period, parasitics, nearest)
    desk = bench(design, rows, waveforms=probes, step=step)
    if dialect == "ngspice":
        text = render_ngspice(desk.deck, maximum_step=step).text
    else:
        text = write(desk.deck)
        for problem in josim_problems(desk.deck):
            note(f"JoSIM: {problem}")
    if output is None:
        click.echo(text, nl=False)
        return
    write_bytes(output, text.encode("utf-8"))
    run = f"cosim run {output}" if dialect == "josim" else f"ngspice -b {output}"
    note(f"wrote {output}: {len(rows)} slots of {period * 1e12:g} ps; `{run}` simulates it")
