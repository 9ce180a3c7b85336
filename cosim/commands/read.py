"""`cosim read`: what a trained network is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cosim.commands.options import examples, network_options, quiet_option, read_network

if TYPE_CHECKING:
    from cosim.network import Layer, Network


@click.command(
    short_help="Show what a trained network holds.",
    epilog=examples("cosim read xor.nir", "cosim read snntorch.nir --time-step 1e-4 --reset subtract"),
)
@click.argument("network", type=click.Path(path_type=Path))
@network_options
@quiet_option
def read(network: Path, time_step: float | None, reset: str | None) -> None:
    """Show what a trained NETWORK (.nir) holds: layers, weights, thresholds, time step.

    Ends with what had to be assumed because the file does not say it.
    """
    click.echo(describe(read_network(network, time_step, reset)))


def describe(network: Network) -> str:
    """Lines for the terminal."""
    from cosim.commands.tables import table

    neurons = sum(layer.outputs for layer in network.layers)
    weights = sum(layer.weight.size for layer in network.layers)
    lines = [
        f"{network} ({neurons} neurons, {weights} weights, {network.precision} precision)",
        *(
            [f"file      {network.source}  sha256 {(network.source_sha256 or '')[:16]}…"]
            if network.source
            else []
        ),
        "",
        table(
            ("layer", "neurons", "inputs", "model", "weights", "zero", "bias", "threshold", "decay a step"),
            [_row(layer) for layer in network.layers],
            right=(1, 2),
        ),
    ]
    if network.notes:
        lines += ["", *(f"note: {text}" for text in network.notes)]
    return "\n".join(lines)


def _row(layer: Layer) -> tuple[str, ...]:
    decay = _range(layer.membrane_decay)
    if layer.synaptic_decay is not None:
        decay += f", synaptic {_range(layer.synaptic_decay)}"
    zero = int((layer.weight == 0.0).sum())
    return (
        layer.name,
        str(layer.outputs),
        str(layer.inputs),
        layer.model,
        _range(layer.weight),
        f"{zero} of {layer.weight.size}",
        _range(layer.bias),
        _range(layer.threshold),
        decay,
    )


def _range(values) -> str:
    low, high = float(values.min()), float(values.max())
    return f"{low:.4g}" if low == high else f"{low:.4g} … {high:.4g}"
