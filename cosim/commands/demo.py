"""`cosim demo`: the main job on a network that comes along."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cosim.commands.console import note
from cosim.commands.evaluate import evaluation_options, options_of, perform, read_data
from cosim.commands.options import quiet_option


@click.command(epilog="\b\nExamples:\n  cosim demo\n  cosim demo -o results --no-margins")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), default=Path("cosim-demo"), show_default=True,
    help="Folder for xor.h5, xor.cir and the figures.",
)  # fmt: skip
@evaluation_options
@quiet_option
def demo(output: Path, **values: Any) -> None:
    """A trained XOR network becomes superconducting hardware, with margins and energy.

    Reads the network, maps it to SFQ cells, writes the netlist, simulates all patterns at four levels, and
    finds margins, yield, energy and latency. Takes about a minute.
    """
    from importlib.resources import as_file, files

    from cosim.commands.evaluate import check_writable
    from cosim.netlist import write
    from cosim.network import read_nir
    from cosim.results import write_bytes

    check_writable(None, output)
    folder = files("cosim.netlists").joinpath("networks")
    with as_file(folder.joinpath("xor_221.nir")) as network, as_file(folder.joinpath("xor_221.npz")) as data:
        trained = read_nir(network)
        spikes, labels = read_data(data)
    result = perform(trained, options_of(values), spikes, labels, output / "xor.h5", output, "cosim demo")
    deck = output / "xor.cir"
    write_bytes(deck, write(result.bench.deck).encode())
    note(f"wrote {deck}; `cosim run {deck}` simulates it again")
    if not result.right:
        raise SystemExit(1)
